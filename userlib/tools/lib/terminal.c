// SPDX-License-Identifier: MIT
#include "terminal.h"
#include "clock.h"
#include "interrupt.h"
#include "number.h"
#include "write_all.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define COLUMNS_DEFAULT 80
#define ROWS_DEFAULT 24
#define SIDE_MAX 4096

/* What terminals that emulate a VT340 have, whatever they are drawn with. */
#define CELL_WIDTH_DEFAULT 10
#define CELL_HEIGHT_DEFAULT 20
#define CELL_SIDE_MIN 6
#define CELL_SIDE_MAX 256

#define ENTER "\033[?1049h\033[?25l\033[2J\033[H"

/* Whatever was written last: the first sequence ends a picture that was cut off. */
#define LEAVE "\033\\\033[0m\033[?25h\033[?1049l"

/* Terminals that do not know the question may have printed it. */
#define CLEAR_LINE "\r\033[K"

static struct termios before;
static bool keyboard;		/* its settings were changed */
static struct keyboard keys;
static bool asked;

/* That came while an answer was waited for */
static struct {
	int key[64];
	unsigned int count, next;
} typed;

static unsigned int from_environment(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);
	uint64_t value;

	if (!text || number_parse(text, 1, SIDE_MAX, &value))
		return otherwise;
	return value;
}

/* Many do not know their pixels, and say 0. */
static bool is_cell_side(unsigned int pixels)
{
	return pixels >= CELL_SIDE_MIN && pixels <= CELL_SIDE_MAX;
}

struct terminal_size terminal_size(int fd)
{
	struct terminal_size known = {
		.cell_width = CELL_WIDTH_DEFAULT,
		.cell_height = CELL_HEIGHT_DEFAULT,
	};
	struct winsize size = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row) {
		known.columns = from_environment("COLUMNS", COLUMNS_DEFAULT);
		known.rows = from_environment("LINES", ROWS_DEFAULT);
		return known;
	}
	known.columns = size.ws_col;
	known.rows = size.ws_row;
	if (is_cell_side(size.ws_xpixel / size.ws_col) &&
	    is_cell_side(size.ws_ypixel / size.ws_row)) {
		known.cell_width = size.ws_xpixel / size.ws_col;
		known.cell_height = size.ws_ypixel / size.ws_row;
	}
	return known;
}

enum colours terminal_colours(void)
{
	const char *colours = getenv("COLORTERM"), *term = getenv("TERM");

	if (colours && (!strcmp(colours, "truecolor") ||
			!strcmp(colours, "24bit")))
		return COLOURS_24_BIT;
	if (term && strstr(term, "-direct"))
		return COLOURS_24_BIT;
	return COLOURS_256;
}

bool terminal_usable(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb");
}

static void restore_keyboard(void)
{
	if (keyboard)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

/* In a signal handler, and perhaps because the terminal takes nothing any more. */
static void restore_at_once(void)
{
	struct pollfd output = { .fd = STDOUT_FILENO, .events = POLLOUT };

	if (poll(&output, 1, 0) == 1)
		write_all(STDOUT_FILENO, LEAVE, strlen(LEAVE));
	restore_keyboard();
}

static void begin_keyboard(void)
{
	struct termios quiet;

	keyboard = !tcgetattr(STDIN_FILENO, &before);
	if (!keyboard)
		return;
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
	quiet.c_cc[VSUSP] = _POSIX_VDISABLE;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet);
}

static void end_keyboard(int action)
{
	if (keyboard)
		tcsetattr(STDIN_FILENO, action, &before);
	keyboard = false;
}

void terminal_begin(void)
{
	begin_keyboard();
	interrupt_last_act(restore_at_once);
	write_all(STDOUT_FILENO, ENTER, strlen(ENTER));
}

void terminal_end(void)
{
	interrupt_last_act(NULL);
	write_all(STDOUT_FILENO, LEAVE, strlen(LEAVE));
	/* An answer that comes as late as this is not for the shell. */
	end_keyboard(asked && !keys.answer.came ? TCSAFLUSH : TCSADRAIN);
}

static int read_byte(void)
{
	unsigned char byte;

	if (keyboard && read(STDIN_FILENO, &byte, 1) == 1)
		return byte;
	keyboard = false;
	return 0;
}

static int read_key(uint64_t ns)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	int key = 0;

	while (!key && interrupt_poll(&input, keyboard, ns)) {
		key = keyboard_take(&keys, read_byte());
		ns = 0;
	}
	return key;
}

static void remember(int key)
{
	const unsigned int most = sizeof(typed.key) / sizeof(typed.key[0]);

	if (key && typed.count < most)
		typed.key[typed.count++] = key;
}

static void await_answer(uint64_t ns)
{
	uint64_t begun_ns = clock_ns(), spent_ns = 0;

	while (keyboard && !keys.answer.came && spent_ns < ns &&
	       !interrupt_signal()) {
		remember(read_key(ns - spent_ns));
		spent_ns = clock_ns() - begun_ns;
	}
}

/* To touch it from the background would stop this program. */
static bool in_background(void)
{
	pid_t group = tcgetpgrp(STDIN_FILENO);

	return group >= 0 && group != getpgrp();
}

struct terminal_answer terminal_ask(uint64_t ns)
{
	keys.answer = (struct terminal_answer){ 0 };
	typed.count = 0;
	typed.next = 0;
	if (!terminal_usable() || in_background())
		return keys.answer;
	interrupt_last_act(restore_keyboard);
	begin_keyboard();
	if (keyboard && !write_all(STDOUT_FILENO, KEYBOARD_QUERY,
				   strlen(KEYBOARD_QUERY))) {
		asked = true;
		await_answer(ns);
		write_all(STDOUT_FILENO, CLEAR_LINE, strlen(CLEAR_LINE));
	}
	end_keyboard(TCSADRAIN);
	interrupt_last_act(NULL);
	return keys.answer;
}

int terminal_key_within(uint64_t ns)
{
	if (typed.next < typed.count)
		return typed.key[typed.next++];
	return read_key(ns);
}

bool terminal_quit_within(uint64_t ns)
{
	int key;

	while ((key = terminal_key_within(ns))) {
		if (key == 'q')
			return true;
		ns = 0;		/* but all that was typed */
	}
	return false;
}
