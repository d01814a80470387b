// SPDX-License-Identifier: MIT
#include "picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Pixels looked at for one, in each direction: enough for the eye, and the frame
 * is given back soon, however large it is.
 */
#define SAMPLES_MAX 4

static const struct rgb histogram_colour = { 255, 160, 0 };

static unsigned int at_least(unsigned int value, unsigned int least)
{
	return value > least ? value : least;
}

static int resize(struct picture *picture, unsigned int width,
		  unsigned int height)
{
	struct picture was = *picture;
	size_t count = (size_t)width * height;

	if (width == was.width && height == was.height)
		return 0;
	picture_free(picture);
	picture->pixels = calloc(count, sizeof(*picture->pixels));
	picture->values = calloc(count, sizeof(*picture->values));
	picture->histogram = calloc(1, sizeof(*picture->histogram));
	if (!picture->pixels || !picture->values || !picture->histogram) {
		picture_free(picture);
		return -ENOMEM;
	}
	picture->width = width;
	picture->height = height;
	return 1;
}

/* The next multiple of @step, of those that are not above @most; one of it at least */
static unsigned int in_steps(uint64_t size, unsigned int step,
			     unsigned int most)
{
	uint64_t steps = (size + step - 1) / step;

	if (steps > most / step)
		steps = most / step;
	return at_least(steps, 1) * step;
}

static int resize_in_steps(struct picture *picture, uint64_t width,
			   uint64_t height, const struct picture_room *room)
{
	return resize(picture, in_steps(width, room->width_step, room->width),
		      in_steps(height, room->height_step, room->height));
}

int picture_fill(struct picture *picture, const struct picture_room *room)
{
	return resize_in_steps(picture, room->width, room->height, room);
}

int picture_fit(struct picture *picture, const struct region *shape,
		const struct picture_room *room)
{
	uint64_t width = shape->width, height = shape->height;

	if (width * room->height > height * room->width)
		return resize_in_steps(picture, room->width,
				       height * room->width / width, room);
	return resize_in_steps(picture, width * room->height / height,
			       room->height, room);
}

/* What falls on pixel @at of @pixels, when these show a range of @whole from @begin. */
struct range {
	uint32_t begin, end, step;
};

static struct range range_of(unsigned int at, unsigned int pixels,
			     uint32_t begin, uint32_t whole)
{
	struct range range = {
		.begin = (uint64_t)at * whole / pixels,
		.end = (at + 1ULL) * whole / pixels,
	};

	range.end = at_least(range.end, range.begin + 1);
	range.step = (range.end - range.begin + SAMPLES_MAX - 1) / SAMPLES_MAX;
	range.begin += begin;
	range.end += begin;
	return range;
}

static struct pixel average(const struct pixels *pixels,
			    struct histogram *histogram, struct range columns,
			    struct range lines)
{
	unsigned int sum[3] = { 0 }, count = 0, i;
	uint32_t column, line;
	struct pixel pixel;

	for (line = lines.begin; line < lines.end; line += lines.step)
		for (column = columns.begin; column < columns.end;
		     column += columns.step, count++) {
			pixel = pixel_at(pixels, column, line);
			for (i = 0; i < 3; i++) {
				sum[i] += pixel.of[i];
				histogram_add(histogram, pixel.of[i]);
			}
		}
	for (i = 0; i < 3; i++)
		pixel.of[i] = sum[i] / count;
	return pixel;
}

void picture_scale(struct picture *picture, const struct pixels *pixels,
		   const struct region *region)
{
	static const struct pixel black;
	struct pixel *value = picture->values;
	struct range columns, lines;
	unsigned int x, y;

	histogram_clear(picture->histogram);
	for (y = 0; y < picture->height; y++) {
		lines = range_of(y, picture->height, region->y, region->height);
		for (x = 0; x < picture->width; x++, value++) {
			columns = range_of(x, picture->width, region->x,
					   region->width);
			*value = lines.end > pixels->lines ? black :
				 average(pixels, picture->histogram, columns,
					 lines);
		}
	}
}

void picture_tone(struct picture *picture, const struct tone *tone)
{
	size_t count = (size_t)picture->width * picture->height, i;
	const struct pixel *value = picture->values;

	for (i = 0; i < count; i++, value++)
		picture->pixels[i] = (struct rgb){
			tone_apply(tone, value->of[0]),
			tone_apply(tone, value->of[1]),
			tone_apply(tone, value->of[2]),
		};
}

static uint64_t part_at(const struct picture *picture, const struct tone *tone,
			unsigned int x)
{
	return histogram_part(picture->histogram, tone->low, tone->high, x,
			      picture->width);
}

void picture_draw_histogram(struct picture *picture, const struct tone *tone)
{
	unsigned int most_lines = at_least(picture->height / 3, 1), x, lines;
	uint64_t most = 1, part;

	for (x = 0; x < picture->width; x++) {
		part = part_at(picture, tone, x);
		most = part > most ? part : most;
	}
	for (x = 0; x < picture->width; x++)
		for (lines = part_at(picture, tone, x) * most_lines / most;
		     lines; lines--)
			picture->pixels[(size_t)(picture->height - lines) *
						picture->width + x] =
				histogram_colour;
}

void picture_free(struct picture *picture)
{
	free(picture->pixels);
	free(picture->values);
	free(picture->histogram);
	*picture = (struct picture){ 0 };
}
