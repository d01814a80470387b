// SPDX-License-Identifier: MIT
/* Samples as a trace. */
#include "lib/trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "tap.h"

#define COLUMNS	20
#define LINES	10

static struct picture picture;
static struct trace trace;
static struct dmaring_format format;
static struct zoom zoom;

static void begin(void)
{
	const struct picture_room room = { COLUMNS, LINES, 1, 2 };

	REQUIRE_EQ(picture_fill(&picture, &room), 1);
}

static void draw(uint32_t fourcc, uint32_t samples, uint32_t channels, const void *frame,
		 size_t bytes, bool full)
{
	format = (struct dmaring_format){
		.width = samples, .height = 1, .channels = channels, .pixelformat = fourcc,
	};
	trace_draw(&trace, &picture, &format, dmaring_format_find(fourcc), frame, bytes, &zoom,
		   full, 1);
}

/* Is anything but black and the line of zero in this place? */
static bool lit(unsigned int x, unsigned int y)
{
	struct rgb is = picture.pixels[y * COLUMNS + x];

	return is.red != is.green || is.green != is.blue || is.red > 100;
}

static unsigned int count_lit(unsigned int x)
{
	unsigned int y, count = 0;

	for (y = 0; y < LINES; y++)
		count += lit(x, y);
	return count;
}

#define S16 DMARING_FOURCC('S', '1', '6', ' ')
#define F32 DMARING_FOURCC('F', '3', '2', ' ')

TEST(time_goes_to_the_right_and_values_up)
{
	int16_t saw[200];
	int i;

	for (i = 0; i < 200; i++)
		saw[i] = i;
	draw(S16, 200, 1, saw, sizeof(saw), false);
	CHECK(lit(0, LINES - 1));
	CHECK(!lit(0, 0));
	CHECK(lit(COLUMNS - 1, 0));
	CHECK(!lit(COLUMNS - 1, LINES - 1));
	CHECK_EQ(trace.low, 0);
	CHECK_EQ(trace.high, 199);
}

/* A pulse between the columns is not lost. */
TEST(a_column_has_all_values_of_its_time)
{
	int16_t pulse[2000] = { 0 };

	pulse[1050] = 30000;
	draw(S16, 2000, 1, pulse, sizeof(pulse), false);
	CHECK_EQ(count_lit(10), LINES);
	CHECK_EQ(count_lit(5), 1);
}

TEST(each_kind_of_sample_is_read)
{
	const int16_t s16[] = { -100, 50 };
	const int32_t s32[] = { -100000, 50 };
	const float f32[] = { -0.5, 0.25 };

	draw(S16, 2, 1, s16, sizeof(s16), false);
	CHECK(trace.low == -100 && trace.high == 50);
	draw(DMARING_FOURCC('S', '3', '2', ' '), 2, 1, s32, sizeof(s32), false);
	CHECK(trace.low == -100000 && trace.high == 50);
	draw(F32, 2, 1, f32, sizeof(f32), false);
	CHECK(trace.low == -0.5 && trace.high == 0.25);
	draw(DMARING_FOURCC('C', 'S', '1', '6'), 1, 1, s16, sizeof(s16), false);
	CHECK(trace.low == -100 && trace.high == 50);
	draw(S16, 2, 1, s16, sizeof(s16), true);
	CHECK(trace.low == -32768 && trace.high == 32768);
}

TEST(channels_have_colours_of_their_own)
{
	const int16_t two[] = { 100, -100, 100, -100, 100, -100, 100, -100 };

	draw(S16, 4, 2, two, sizeof(two), false);
	CHECK(lit(3, 0));
	CHECK(lit(3, LINES - 1));
	CHECK(memcmp(&picture.pixels[3], &picture.pixels[(LINES - 1) * COLUMNS + 3],
		     sizeof(struct rgb)));
	CHECK_EQ(count_lit(3), 2);
}

TEST(what_is_no_number_is_left_out)
{
	const float odd[] = { NAN, INFINITY, -INFINITY, 1, 2 };

	draw(F32, 5, 1, odd, sizeof(odd), false);
	CHECK(trace.low == 1 && trace.high == 2);
	draw(F32, 2, 1, odd, 8, false);
	CHECK(trace.low == -1 && trace.high == 1);
	CHECK_EQ(count_lit(3), 0);
}

/* Where the frame ends there is nothing. */
TEST(a_short_frame_is_a_short_trace)
{
	int16_t *samples = malloc(100 * 2);
	int i;

	for (i = 0; i < 100; i++)
		samples[i] = 1000;
	draw(S16, 1000, 1, samples, 200, false);
	CHECK_EQ(count_lit(0), 1);
	CHECK_EQ(count_lit(COLUMNS / 2), 0);
	draw(S16, 1000, 1, samples, 1, false);
	CHECK_EQ(count_lit(0), 0);
	free(samples);
}

TEST(the_axis_has_time_or_numbers)
{
	const int16_t samples[] = { 1, 2, 3, 4 };
	char text[TRACE_AXIS];

	draw(S16, 4, 1, samples, sizeof(samples), false);
	CHECK(!strncmp(trace_axis(text, &trace, 60), "0 ", 2));
	CHECK(strstr(text, " 1 .. 4 "));
	CHECK(!strcmp(text + strlen(text) - 2, " 4"));
	format.rate_numerator = 2000;
	format.rate_denominator = 1;
	CHECK(strstr(trace_axis(text, &trace, 60), " 2.0 ms"));
	CHECK_EQ(strlen(trace_axis(text, &trace, 5)), 5);
	CHECK(strlen(trace_axis(text, &trace, 1000)) < TRACE_AXIS);
}

int main(void)
{
	return tap_run(begin, NULL);
}
