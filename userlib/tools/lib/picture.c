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

/* Of a line of the frame */
struct picture_samples {
	uint32_t *columns;		/* what is looked at, from left to right */
	struct pixel *of;
	/* For each pixel of the picture */
	unsigned int *ends;		/* of its samples */
	uint32_t (*sums)[3];
};

static struct picture_samples *samples_new(unsigned int width)
{
	struct picture_samples *samples;
	size_t most = (size_t)width * SAMPLES_MAX;

	/* Those with the largest alignment are first. */
	samples = malloc(sizeof(*samples) + width * sizeof(*samples->sums) +
			 width * sizeof(*samples->ends) +
			 most * sizeof(*samples->columns) +
			 most * sizeof(*samples->of));
	if (!samples)
		return NULL;
	samples->sums = (void *)(samples + 1);
	samples->ends = (void *)(samples->sums + width);
	samples->columns = samples->ends + width;
	samples->of = (void *)(samples->columns + most);
	return samples;
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
	picture->samples = samples_new(width);
	if (!picture->pixels || !picture->values || !picture->histogram ||
	    !picture->samples) {
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
			     uint32_t begin, uint32_t whole,
			     unsigned int least_step)
{
	struct range range = {
		.begin = (uint64_t)at * whole / pixels,
		.end = (at + 1ULL) * whole / pixels,
	};

	range.end = at_least(range.end, range.begin + 1);
	range.step = (range.end - range.begin + SAMPLES_MAX - 1) / SAMPLES_MAX;
	range.step = at_least(range.step, least_step);
	range.begin += begin;
	range.end += begin;
	return range;
}

/* All that is looked at of a line.  Return: how many. */
static unsigned int choose_columns(struct picture *picture,
				   const struct region *region,
				   unsigned int least_step)
{
	struct picture_samples *samples = picture->samples;
	unsigned int count = 0, x;
	struct range range;
	uint32_t column;

	for (x = 0; x < picture->width; x++) {
		range = range_of(x, picture->width, region->x, region->width,
				 least_step);
		for (column = range.begin; column < range.end;
		     column += range.step)
			samples->columns[count++] = column;
		samples->ends[x] = count;
	}
	return count;
}

/* To the sums of each pixel, and to what is known about all */
static void add_samples(struct picture *picture)
{
	struct picture_samples *samples = picture->samples;
	const struct pixel *of = samples->of, *end;
	unsigned int sum[3], x, i;

	for (x = 0; x < picture->width; x++) {
		memset(sum, 0, sizeof(sum));
		for (end = samples->of + samples->ends[x]; of < end; of++)
			for (i = 0; i < 3; i++) {
				sum[i] += of->of[i];
				histogram_add(picture->histogram, of->of[i]);
			}
		for (i = 0; i < 3; i++)
			samples->sums[x][i] += sum[i];
	}
}

static void average(const struct picture *picture, unsigned int lines,
		    struct pixel *values)
{
	const struct picture_samples *samples = picture->samples;
	unsigned int begin = 0, x, i;

	for (x = 0; x < picture->width; x++) {
		for (i = 0; i < 3; i++)
			values[x].of[i] = samples->sums[x][i] /
					  (lines * (samples->ends[x] - begin));
		begin = samples->ends[x];
	}
}

void picture_scale(struct picture *picture, const struct pixels *pixels,
		   const struct region *region)
{
	/* The pixels of 2 by 2 of a mosaic are the same. */
	unsigned int step = pixels->row->kind == DMARING_KIND_BAYER ? 2 : 1;
	unsigned int count = choose_columns(picture, region, step), lines, y;
	struct picture_samples *samples = picture->samples;
	struct pixel *values = picture->values;
	struct range range;
	uint32_t line;

	histogram_clear(picture->histogram);
	for (y = 0; y < picture->height; y++, values += picture->width) {
		range = range_of(y, picture->height, region->y, region->height,
				 step);
		memset(values, 0, picture->width * sizeof(*values));
		if (range.end > pixels->lines)
			continue;
		memset(samples->sums, 0, picture->width * sizeof(*samples->sums));
		lines = 0;
		for (line = range.begin; line < range.end; line += range.step) {
			pixels_at(pixels, line, samples->columns, count,
				  samples->of);
			add_samples(picture);
			lines++;
		}
		average(picture, lines, values);
	}
}

void picture_tone(struct picture *picture, const struct tone *tone)
{
	size_t count = (size_t)picture->width * picture->height, i;
	const struct pixel *value = picture->values;
	static uint8_t shown[UINT16_MAX + 1];

	for (i = 0; i <= UINT16_MAX; i++)
		shown[i] = tone_apply(tone, i);
	for (i = 0; i < count; i++, value++)
		picture->pixels[i] = (struct rgb){
			shown[value->of[0]], shown[value->of[1]],
			shown[value->of[2]],
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
	free(picture->samples);
	*picture = (struct picture){ 0 };
}
