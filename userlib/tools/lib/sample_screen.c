// SPDX-License-Identifier: MIT
#include "sample_screen.h"
#include "clock.h"
#include "interrupt.h"
#include "names.h"
#include "sample_text.h"

#include <inttypes.h>
#include <unistd.h>

/* How soon a new size of the terminal is noticed. */
#define GLANCE_NS (NS_PER_SECOND / 5)

/* All that a terminal of one line has */
static void add_title(struct sample_screen *screen)
{
	const struct sample *now = screen->now, *before = screen->before;
	struct line *line = screen_line(&screen->screen);

	line_add(line, "%s  %s", screen->device,
		 name_of_stream_state(now->info.state));
	if (before)
		line_add(line, "  %.1f frames/s",
			 sample_per_second(now, before, now->stats.produced -
							before->stats.produced));
	line_add(line, "  %" PRIu64 " %s  (q quits)",
		 (uint64_t)now->stats.overruns,
		 sample_is_playback(now) ? "underruns" : "overruns");
}

static void add_counters(struct sample_screen *screen, bool that_matter)
{
	const struct counter *counter;

	for (counter = counters; counter < counters + COUNTERS; counter++)
		if (counter->matters == that_matter)
			sample_add_counter(screen_line(&screen->screen),
					   screen->now, screen->before,
					   counter);
}

static void add_consumers(struct sample_screen *screen)
{
	const struct sample *now = screen->now;
	unsigned int i;

	if (now->attached)
		sample_add_consumer_head(screen_line(&screen->screen), now);
	for (i = 0; i < now->attached; i++)
		sample_add_consumer(screen_line(&screen->screen), now,
				    screen->before, &now->of[i]);
}

static int draw(struct sample_screen *screen)
{
	screen->size = terminal_size(STDOUT_FILENO);
	screen_clear(&screen->screen);
	add_title(screen);
	add_counters(screen, true);
	add_consumers(screen);
	add_counters(screen, false);
	return screen_draw(&screen->screen, screen->size.columns,
			   screen->size.rows);
}

int sample_screen_draw(struct sample_screen *screen, const struct sample *now,
		       const struct sample *before)
{
	screen->now = now;
	screen->before = before;
	return draw(screen);
}

static bool resized(const struct sample_screen *screen)
{
	struct terminal_size size = terminal_size(STDOUT_FILENO);

	return size.columns != screen->size.columns ||
	       size.rows != screen->size.rows;
}

bool sample_screen_wait(struct sample_screen *screen, uint64_t until_ns)
{
	uint64_t left_ns, now_ns;

	for (now_ns = clock_ns(); now_ns < until_ns; now_ns = clock_ns()) {
		left_ns = until_ns - now_ns;
		if (terminal_quit_within(left_ns < GLANCE_NS ? left_ns :
							       GLANCE_NS))
			return false;
		if (interrupt_signal() || (resized(screen) && draw(screen)))
			return false;
	}
	return true;
}
