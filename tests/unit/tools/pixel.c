// SPDX-License-Identifier: MIT
/* Single pixels of frames of each format have the colours of a known scene. */
#include "lib/pixel.h"

#include "scene.h"

/* Of 1; YUV has 219 steps. */
#define TOLERANCE 0.012
#define EDGE 2		/* pixels from a bar to the next share colours */

static struct pixels pixels_in(const struct dmaring_format *format, const uint8_t *frame,
			       size_t bytes)
{
	return pixels_of(format, dmaring_format_find(format->pixelformat), frame, bytes);
}

static bool is_right(const struct pixels *pixels, const struct scene *scene, uint32_t x,
		     uint32_t y)
{
	struct scene_colour colour = scene_at(scene, x, y, pixels->format);
	struct pixel pixel;
	double expected;
	int i;

	pixels_at(pixels, y, &x, 1, &pixel);

	for (i = 0; i < 3; i++) {
		expected = pixels->row->kind == DMARING_KIND_GREY ? scene_brightness(colour) :
								    colour.of[i];
		if (fabs(pixel.of[i] / 65535.0 - expected) >= TOLERANCE)
			return false;
	}
	return true;
}

static bool is_inside(const struct scene *scene, const struct dmaring_format *format, uint32_t x,
		      uint32_t y)
{
	uint32_t bar = format->width / SCENE_BARS;

	return scene->flat || (x % bar >= EDGE && x % bar < bar - EDGE &&
			       y + EDGE < format->height * 3 / 4);
}

static void check_row(const struct scene *scene, const struct dmaring_format_row *row,
		      uint32_t width, uint32_t height, uint32_t padding)
{
	struct dmaring_format format = scene_format(row, width, height, padding);
	uint8_t *frame = scene_frame(scene, &format);
	struct pixels pixels = pixels_in(&format, frame, format.frame_bytes);
	unsigned int wrong = 0;
	uint32_t x, y;

	CHECK_EQ(pixels.lines, height);
	for (y = 0; y < height; y++)
		for (x = 0; x < width; x++)
			if (!is_right(&pixels, scene, x, y) && is_inside(scene, &format, x, y))
				wrong++;
	if (!CHECK_EQ(wrong, 0))
		printf("# of %s, %ux%u\n", row->name, width, height);
}

TEST(colours_are_those_of_the_scene)
{
	scene_each_format(&scene_bars, 64, 16, 0, check_row);
	scene_each_format(&scene_bars, 64, 16, 13, check_row);
}

TEST(sizes_may_be_tiny_and_odd)
{
	const struct scene flat = { true, 0.8, 0.4, 0.2 }, grey = { true, 0.5, 0.5, 0.5 };
	uint32_t width, height;

	for (width = 2; width < 10; width++)
		for (height = 2; height < 6; height++)
			scene_each_format(&flat, width, height, width % 3, check_row);
	scene_each_format(&grey, 1, 1, 0, check_row);
	scene_each_format(&grey, 4, 1, 0, check_row);
	scene_each_format(&grey, 1, 5, 0, check_row);
}

/* The scene's frame ends before a page that cannot be read; a short one too. */
TEST(nothing_behind_a_short_frame_is_touched)
{
	static const uint32_t all[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	const struct dmaring_format_row *row;
	struct dmaring_format format;
	struct pixel line[8];
	struct pixels pixels;
	uint8_t *frame;
	uint32_t y, cut;

	for (row = dmaring_format_rows; row < dmaring_format_rows + DMARING_FORMAT_ROWS; row++) {
		if (!scene_fits(row, 8, 6))
			continue;
		format = scene_format(row, 8, 6, 1);
		frame = scene_frame(&scene_bars, &format);
		for (cut = 1; cut < format.frame_bytes; cut++) {
			/* What is there ends where the page does. */
			pixels = pixels_in(&format, frame + cut, format.frame_bytes - cut);
			CHECK(pixels.lines < 6);
			for (y = 0; y < pixels.lines; y++)
				pixels_at(&pixels, y, all, 8, line);
		}
	}
}

int main(void)
{
	return tap_run(NULL, NULL);
}
