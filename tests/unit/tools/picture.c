// SPDX-License-Identifier: MIT
/* How a frame becomes a picture of the terminal's size. */
#include "lib/picture.h"

#include <errno.h>
#include <string.h>
#include "tap.h"

static struct picture picture;
static struct dmaring_format format;

static void set_format(unsigned int width, unsigned int height)
{
	format = (struct dmaring_format){
		.width = width,
		.height = height,
		.pixelformat = DMARING_PIXELFORMAT_GREY,
		.bytes_per_line = width,
		.frame_bytes = width * height,
	};
}

static int fit(unsigned int columns, unsigned int lines)
{
	const struct region whole = { 0, 0, format.width, format.height };
	const struct picture_room room = { columns, lines, 1, 2 };

	return picture_fit(&picture, &whole, &room);
}

/* As it is shown without more contrast than there is */
static void scale(const void *frame, size_t bytes)
{
	const struct region whole = { 0, 0, format.width, format.height };
	const struct tone full = { 0, UINT16_MAX, 1 };
	struct pixels pixels = pixels_of(&format, dmaring_format_find(format.pixelformat),
					 frame, bytes);

	picture_scale(&picture, &pixels, &whole);
	picture_tone(&picture, &full);
}

static int grey_at(size_t at)
{
	CHECK_EQ(picture.pixels[at].red, picture.pixels[at].green);
	CHECK_EQ(picture.pixels[at].red, picture.pixels[at].blue);
	return picture.pixels[at].red;
}

static void check_greys(const uint8_t *expected, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		CHECK_EQ(grey_at(i), expected[i]);
}

static void check_fit(unsigned int columns, unsigned int lines,
		      unsigned int width, unsigned int height)
{
	CHECK(fit(columns, lines) >= 0);
	CHECK_EQ(picture.width, width);
	CHECK_EQ(picture.height, height);
}

TEST(the_shape_stays)
{
	set_format(640, 480);
	check_fit(80, 46, 61, 46);
	check_fit(80, 100, 80, 60);
	set_format(100, 100);
	check_fit(80, 46, 46, 46);
	set_format(46, 46);
	check_fit(80, 46, 46, 46);
	set_format(10, 10);
	check_fit(80, 46, 46, 46);
}

TEST(extreme_shapes_keep_a_cell)
{
	set_format(65536, 1);
	check_fit(80, 46, 80, 2);
	set_format(1, 65536);
	check_fit(80, 46, 1, 46);
	set_format(UINT32_MAX, UINT32_MAX);
	check_fit(1, 2, 1, 2);
	check_fit(4096, 8192, 4096, 4096);
}

TEST(lines_are_even)
{
	unsigned int columns;

	set_format(97, 31);
	for (columns = 1; columns < 200; columns++) {
		CHECK(fit(columns, 46) >= 0);
		CHECK_EQ(picture.height % 2, 0);
		CHECK(picture.height <= 46);
		CHECK(picture.width <= columns);
	}
}

TEST(sides_are_multiples_of_their_steps)
{
	const struct region whole = { 0, 0, 640, 480 };
	const struct picture_room room = { 809, 499, 10, 20 };
	const struct picture_room tiny = { 7, 7, 10, 20 };

	CHECK_EQ(picture_fit(&picture, &whole, &room), 1);
	CHECK_EQ(picture.width, 670);	/* 665 would be the shape's */
	CHECK_EQ(picture.height, 480);
	CHECK_EQ(picture_fill(&picture, &room), 1);
	CHECK_EQ(picture.width, 800);
	CHECK_EQ(picture.height, 480);
	CHECK_EQ(picture_fit(&picture, &whole, &tiny), 1);
	CHECK_EQ(picture.width, 10);
	CHECK_EQ(picture.height, 20);
}

TEST(only_another_size_is_a_change)
{
	set_format(640, 480);
	CHECK_EQ(fit(80, 46), 1);
	CHECK_EQ(fit(80, 46), 0);
	CHECK_EQ(fit(81, 46), 0);
	CHECK_EQ(fit(80, 48), 1);
}

TEST(the_same_size_is_a_copy)
{
	static const uint8_t frame[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	set_format(4, 2);
	check_fit(4, 2, 4, 2);
	scale(frame, sizeof(frame));
	check_greys(frame, sizeof(frame));
}

TEST(smaller_is_the_average)
{
	static const uint8_t frame[] = {
		0, 10, 255, 255,
		20, 30, 255, 255,
		0, 0, 7, 7,
		0, 4, 7, 7,
	};

	set_format(4, 4);
	check_fit(2, 2, 2, 2);
	scale(frame, sizeof(frame));
	CHECK_EQ(grey_at(0), 15);
	CHECK_EQ(grey_at(1), 255);
	CHECK_EQ(grey_at(2), 1);
	CHECK_EQ(grey_at(3), 7);
}

TEST(larger_repeats)
{
	static const uint8_t frame[] = { 10, 20, 30, 40 };
	static const uint8_t expected[] = {
		10, 10, 20, 20, 10, 10, 20, 20, 30, 30, 40, 40, 30, 30, 40, 40,
	};

	set_format(2, 2);
	check_fit(4, 4, 4, 4);
	scale(frame, sizeof(frame));
	check_greys(expected, sizeof(expected));
}

TEST(padding_of_lines_is_not_shown)
{
	static const uint8_t frame[] = { 1, 2, 99, 3, 4, 99 };
	static const uint8_t expected[] = { 1, 2, 3, 4 };

	set_format(2, 2);
	format.bytes_per_line = 3;
	check_fit(2, 2, 2, 2);
	scale(frame, sizeof(frame));
	check_greys(expected, sizeof(expected));
}

/* The frame ends at a page that cannot be read. */
TEST(nothing_behind_the_frame_is_touched)
{
	const size_t page = 4096;
	uint8_t *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int columns;

	REQUIRE(!munmap(pages + page, page));
	memset(pages, 200, page);
	set_format(64, 64);
	for (columns = 1; columns < 150; columns++) {
		CHECK(fit(columns, 150) >= 0);
		scale(pages, page);
		CHECK_EQ(grey_at(0), 200);
		CHECK_EQ(grey_at(picture.width * picture.height - 1), 200);
	}
}

TEST(what_is_missing_of_a_frame_is_black)
{
	static const uint8_t frame[] = { 9, 9, 9, 9, 9, 9, 9 };

	set_format(2, 4);
	check_fit(2, 4, 2, 4);
	scale(frame, sizeof(frame));
	CHECK_EQ(grey_at(5), 9);
	CHECK_EQ(grey_at(6), 0);
	scale(frame, 0);
	CHECK_EQ(grey_at(0), 0);
}

TEST(a_part_is_as_large_as_all)
{
	static const uint8_t frame[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	static const uint8_t expected[] = { 11, 12, 15, 16 };
	const struct region corner = { 2, 2, 2, 2 };
	const struct tone full = { 0, UINT16_MAX, 1 };
	struct pixels pixels;

	set_format(4, 4);
	check_fit(2, 2, 2, 2);
	pixels = pixels_of(&format, dmaring_format_find(format.pixelformat), frame, 16);
	picture_scale(&picture, &pixels, &corner);
	picture_tone(&picture, &full);
	check_greys(expected, 4);
}

TEST(the_histogram_is_drawn_below)
{
	uint8_t frame[12 * 12];
	const struct tone full = { 0, UINT16_MAX, 1 };

	memset(frame, 0, sizeof(frame));
	set_format(12, 12);
	check_fit(12, 12, 12, 12);
	scale(frame, sizeof(frame));
	picture_draw_histogram(&picture, &full);
	CHECK_EQ(picture.pixels[7 * 12].red, 0);	/* two thirds stay */
	CHECK_EQ(picture.pixels[8 * 12].red, 255);	/* all pixels are dark */
	CHECK_EQ(picture.pixels[11 * 12].red, 255);
	CHECK_EQ(picture.pixels[11 * 12 + 1].red, 0);
}

static void forget(void)
{
	picture_free(&picture);
}

int main(void)
{
	return tap_run(forget, NULL);
}
