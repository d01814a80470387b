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

static void check_fit(unsigned int columns, unsigned int lines,
		      unsigned int width, unsigned int height)
{
	CHECK(picture_fit(&picture, &format, columns, lines) >= 0);
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
		CHECK(picture_fit(&picture, &format, columns, 46) >= 0);
		CHECK_EQ(picture.height % 2, 0);
		CHECK(picture.height <= 46);
		CHECK(picture.width <= columns);
	}
}

TEST(only_another_size_is_a_change)
{
	set_format(640, 480);
	CHECK_EQ(picture_fit(&picture, &format, 80, 46), 1);
	CHECK_EQ(picture_fit(&picture, &format, 80, 46), 0);
	CHECK_EQ(picture_fit(&picture, &format, 81, 46), 0);
	CHECK_EQ(picture_fit(&picture, &format, 80, 48), 1);
}

TEST(the_same_size_is_a_copy)
{
	static const uint8_t frame[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	set_format(4, 2);
	check_fit(4, 2, 4, 2);
	picture_scale(&picture, frame, sizeof(frame), &format);
	CHECK(!memcmp(picture.pixels, frame, sizeof(frame)));
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
	picture_scale(&picture, frame, sizeof(frame), &format);
	CHECK_EQ(picture.pixels[0], 15);
	CHECK_EQ(picture.pixels[1], 255);
	CHECK_EQ(picture.pixels[2], 1);
	CHECK_EQ(picture.pixels[3], 7);
}

TEST(larger_repeats)
{
	static const uint8_t frame[] = { 10, 20, 30, 40 };
	static const uint8_t expected[] = {
		10, 10, 20, 20, 10, 10, 20, 20, 30, 30, 40, 40, 30, 30, 40, 40,
	};

	set_format(2, 2);
	check_fit(4, 4, 4, 4);
	picture_scale(&picture, frame, sizeof(frame), &format);
	CHECK(!memcmp(picture.pixels, expected, sizeof(expected)));
}

TEST(padding_of_lines_is_not_shown)
{
	static const uint8_t frame[] = { 1, 2, 99, 3, 4, 99 };
	static const uint8_t expected[] = { 1, 2, 3, 4 };

	set_format(2, 2);
	format.bytes_per_line = 3;
	check_fit(2, 2, 2, 2);
	picture_scale(&picture, frame, sizeof(frame), &format);
	CHECK(!memcmp(picture.pixels, expected, sizeof(expected)));
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
		CHECK(picture_fit(&picture, &format, columns, 150) >= 0);
		picture_scale(&picture, pages, page, &format);
		CHECK_EQ(picture.pixels[0], 200);
		CHECK_EQ(picture.pixels[picture.width * picture.height - 1], 200);
	}
}

TEST(what_is_missing_of_a_frame_is_black)
{
	static const uint8_t frame[] = { 9, 9, 9, 9, 9, 9, 9 };

	set_format(2, 4);
	check_fit(2, 4, 2, 4);
	picture_scale(&picture, frame, sizeof(frame), &format);
	CHECK_EQ(picture.pixels[5], 9);
	CHECK_EQ(picture.pixels[6], 0);
	picture_scale(&picture, frame, 0, &format);
	CHECK_EQ(picture.pixels[0], 0);
}

static void forget(void)
{
	picture_free(&picture);
}

int main(void)
{
	return tap_run(forget, NULL);
}
