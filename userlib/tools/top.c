// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/clock.h"
#include "lib/interrupt.h"
#include "lib/screen.h"
#include "lib/terminal.h"
#include "lib/top_table.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How often it is looked how long frames are kept, and for a new size of the terminal */
#define GLANCE_NS (NS_PER_SECOND / 50)

struct top {
	const struct options *options;
	uint64_t period_ns;
	bool live;		/* in place, on a terminal */
	struct top_streams streams;
	struct screen screen;
	struct line line;	/* not live: the one that is being made */
	struct terminal_size size;
	int terminal_err;
};

/* -------------------------------------------------------------------------------- show */

static struct line *next_on_screen(void *argument)
{
	return screen_line(argument);
}

static int draw(struct top *top)
{
	struct line *title;

	top->size = terminal_size(STDOUT_FILENO);
	screen_clear(&top->screen);
	title = screen_line(&top->screen);
	top_table_title(title, &top->streams);
	line_add(title, "  (q quits)");
	top_table_add(&top->streams, next_on_screen, &top->screen);
	top->terminal_err = screen_draw(&top->screen, top->size.columns, top->size.rows);
	return top->terminal_err;
}

static struct line *next_printed(void *argument)
{
	struct line *line = argument;

	if (line->used)
		puts(line->text);
	*line = (struct line){ .used = 0 };
	return line;
}

static void print(struct top *top)
{
	if (top->options->json) {
		top_table_json(&top->streams);
		return;
	}
	top_table_title(next_printed(&top->line), &top->streams);
	top_table_add(&top->streams, next_printed, &top->line);
	next_printed(&top->line);
	if (!top->options->once)
		putchar('\n');
}

/* Return: false if nobody can read it any more; main() tells why. */
static bool show(struct top *top)
{
	if (top->live)
		return !draw(top);
	print(top);
	return !fflush(stdout);
}

/* -------------------------------------------------------------------------------- wait */

static bool resized(const struct top *top)
{
	struct terminal_size size = terminal_size(STDOUT_FILENO);

	return size.columns != top->size.columns || size.rows != top->size.rows;
}

/* Return: false if that is to be the end. */
static bool wait_for(struct top *top, uint64_t ns)
{
	if (top->live && terminal_quit_within(ns))
		return false;
	if (!top->live)
		interrupt_sleep(ns);
	if (interrupt_signal())
		return false;
	return !top->live || !resized(top) || !draw(top);
}

static bool wait_until(struct top *top, uint64_t until_ns)
{
	uint64_t now_ns;

	for (now_ns = clock_ns(); now_ns < until_ns; now_ns = clock_ns()) {
		if (!wait_for(top, until_ns - now_ns < GLANCE_NS ? until_ns - now_ns :
								   GLANCE_NS))
			return false;
		top_streams_glance(&top->streams);
	}
	return true;
}

/* --------------------------------------------------------------------------------- all */

/* What is not live begins with the second look: the first one knows no rates. */
static void run(struct top *top)
{
	uint64_t begun_ns;
	bool first;

	for (first = true;; first = false) {
		begun_ns = clock_ns();
		top_streams_look(&top->streams);
		if ((top->live || !first) && !show(top))
			return;
		if (top->options->once && !first)
			return;
		if (!wait_until(top, begun_ns + top->period_ns))
			return;
	}
}

static int run_live(struct top *top)
{
	terminal_begin();
	run(top);
	terminal_end();
	if (!top->terminal_err)
		return EXIT_OK;
	warnx("cannot write to the terminal: %s", strerror(-top->terminal_err));
	return EXIT_ERROR;
}

int command_top(const struct options *options)
{
	struct top *top = calloc(1, sizeof(*top));
	int code = EXIT_OK;

	if (!top) {
		warnx("there is no memory");
		return EXIT_ERROR;
	}
	top->options = options;
	top->period_ns = options->period_ns ? options->period_ns : NS_PER_SECOND;
	top->live = !options->json && !options->once && terminal_usable();
	interrupt_catch();
	if (top->live)
		code = run_live(top);
	else
		run(top);
	top_streams_close(&top->streams);
	free(top);
	return code;
}
