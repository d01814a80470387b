// SPDX-License-Identifier: MIT
/* The line below a live picture. */
#include "lib/status.h"
#include "lib/number.h"

#include <string.h>
#include "tap.h"

static const struct dmaring_format format = {
	.width = 160, .height = 120, .pixelformat = DMARING_PIXELFORMAT_GREY,
	.frame_bytes = 160 * 120,
};

static struct status status;
static struct dmaring_frame frame;

static void begin(void)
{
	status_begin(&status, "/dev/dmaring0", &format);
	frame.bytes_used = format.frame_bytes;
	frame.timestamp_ns = NS_PER_SECOND;
}

static void add_after(uint64_t sequences, uint64_t ns)
{
	frame.sequence += sequences;
	frame.timestamp_ns += ns;
	status_add(&status, &frame);
}

static void check_has(const char *words, unsigned int columns)
{
	char text[STATUS_TEXT];

	if (!CHECK(strstr(status_text(text, &status, columns), words)))
		printf("# it is: %s\n", text);
}

TEST(before_the_first_frame)
{
	check_has("waiting for the first frame", 80);
	check_has("  160x120 GREY  /dev/dmaring0", STATUS_TEXT);
}

/* An hour and some minutes: a slow test is not a minute late. */
#define SILENCE_NS (3910 * NS_PER_SECOND)

TEST(silence_comes_first)
{
	status.result.heard_ns -= SILENCE_NS;
	check_has("waiting for the first frame, no frame for 1 h 5 min  ", 80);
	add_after(1, 0);
	status.result.heard_ns -= SILENCE_NS;
	check_has("no frame for 1 h 5 min  lost 0 ", 80);
}

/* Whenever the frames got here: a second of the viewer's can hold more of the card's. */
TEST(rates_are_those_of_the_time_stamps)
{
	add_after(1, 0);
	add_after(30, NS_PER_SECOND);
	status.since_ns -= NS_PER_SECOND;
	add_after(30, NS_PER_SECOND);
	check_has("30.0 frames/s, 1.0 shown", 80);
}

TEST(it_is_as_wide_as_it_may_be)
{
	char text[STATUS_TEXT];

	CHECK_EQ(strlen(status_text(text, &status, 20)), 20);
}

int main(void)
{
	return tap_run(begin, NULL);
}
