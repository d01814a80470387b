// SPDX-License-Identifier: MIT
/* Which values are black and white, and which part of a frame is looked at. */
#include "lib/tone.h"
#include "lib/zoom.h"

#include "tap.h"

static struct histogram histogram;

static void fill(unsigned int low, unsigned int high)
{
	histogram_clear(&histogram);
	for (; low <= high; low++)
		histogram_add(&histogram, low);
}

TEST(quantiles_are_values_that_were_seen)
{
	fill(1001, 2000);
	CHECK_EQ(histogram_quantile(&histogram, 0), 1001);
	CHECK_EQ(histogram_quantile(&histogram, 1), 1001);
	CHECK_EQ(histogram_quantile(&histogram, 500), 1500);
	CHECK_EQ(histogram_quantile(&histogram, 1000), 2000);
	fill(1, 3);
	CHECK_EQ(histogram_quantile(&histogram, 500), 2);
	fill(65535, 65535);
	CHECK_EQ(histogram_quantile(&histogram, 0), 65535);
	CHECK_EQ(histogram_quantile(&histogram, 1000), 65535);
	histogram_clear(&histogram);
	CHECK_EQ(histogram_quantile(&histogram, 1000), 0);
}

TEST(parts_have_all_values_once)
{
	unsigned int columns, column, sum;

	fill(100, 250);
	for (columns = 1; columns < 300; columns++) {
		for (column = sum = 0; column < columns; column++)
			sum += histogram_part(&histogram, 100, 250, column, columns);
		CHECK_EQ(sum, 151);
	}
	CHECK_EQ(histogram_part(&histogram, 0, 65535, 0, 1), 151);
}

static void check_tone(enum tone_contrast contrast, unsigned int bits, unsigned int low,
		       unsigned int high)
{
	struct tone tone = tone_of(&histogram, contrast, bits, 1);

	CHECK_EQ(tone.low, low);
	CHECK_EQ(tone.high, high);
}

TEST(contrast_is_full_or_of_what_there_is)
{
	fill(1001, 2000);
	check_tone(TONE_DEFAULT, 8, 0, 65535);
	check_tone(TONE_DEFAULT, 10, 1005, 1995);
	check_tone(TONE_AUTO, 8, 1005, 1995);
	check_tone(TONE_MINMAX, 8, 1001, 2000);
	check_tone(TONE_FULL, 16, 0, 65535);
	fill(7, 7);	/* one value only */
	check_tone(TONE_AUTO, 16, 0, 65535);
	histogram_clear(&histogram);
	check_tone(TONE_MINMAX, 16, 0, 65535);
}

TEST(values_become_greys)
{
	struct tone tone = { 1000, 2000, 1 };

	CHECK_EQ(tone_apply(&tone, 0), 0);
	CHECK_EQ(tone_apply(&tone, 1000), 0);
	CHECK_EQ(tone_apply(&tone, 1500), 127);
	CHECK_EQ(tone_apply(&tone, 2000), 255);
	CHECK_EQ(tone_apply(&tone, 65535), 255);
	tone.gain = 2;
	CHECK_EQ(tone_apply(&tone, 1250), 127);
	CHECK_EQ(tone_apply(&tone, 1600), 255);
	tone = (struct tone){ 0, 65535, 1 };
	for (int grey = 0; grey < 256; grey++)
		CHECK_EQ(tone_apply(&tone, grey * 257), grey);
}

static void check_region(const struct zoom *zoom, uint32_t x, uint32_t y, uint32_t width,
			 uint32_t height)
{
	struct region region = zoom_region(zoom, 640, 480);

	CHECK_EQ(region.x, x);
	CHECK_EQ(region.y, y);
	CHECK_EQ(region.width, width);
	CHECK_EQ(region.height, height);
}

TEST(a_zoom_is_a_part)
{
	struct zoom zoom = { 0 };

	check_region(&zoom, 0, 0, 640, 480);
	zoom_move(&zoom, 1, 1);
	check_region(&zoom, 0, 0, 640, 480);
	zoom_in(&zoom);
	check_region(&zoom, 160, 120, 320, 240);
	zoom_move(&zoom, 1, 0);		/* by a quarter of what is seen */
	check_region(&zoom, 240, 120, 320, 240);
	zoom_move(&zoom, 9, -9);
	check_region(&zoom, 320, 0, 320, 240);
	zoom_out(&zoom);
	check_region(&zoom, 0, 0, 640, 480);
}

TEST(a_part_is_never_empty_nor_outside)
{
	struct zoom zoom = { 0 };
	struct region region;
	int i;

	for (i = 0; i < 40; i++) {
		zoom_in(&zoom);
		zoom_move(&zoom, 3, 3);
		region = zoom_region(&zoom, 7, 1);
		CHECK(region.width && region.x + region.width <= 7);
		CHECK(region.height == 1 && region.y == 0);
	}
}

int main(void)
{
	return tap_run(NULL, NULL);
}
