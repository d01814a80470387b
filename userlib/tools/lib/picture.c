// SPDX-License-Identifier: MIT
#include "picture.h"

#include <errno.h>
#include <stdlib.h>

/* Pixels looked at for one, in each direction: enough for the eye, and the frame
 * is given back soon, however large it is.
 */
#define SAMPLES_MAX 4

static unsigned int at_least(unsigned int value, unsigned int least)
{
	return value > least ? value : least;
}

int picture_fit(struct picture *picture, const struct dmaring_format *format,
		unsigned int columns, unsigned int lines)
{
	uint64_t width = format->width, height = format->height;
	unsigned int fit_width = columns, fit_height = lines;
	uint8_t *pixels;

	if (width * lines > height * columns)
		fit_height = height * columns / width;
	else
		fit_width = width * lines / height;
	fit_width = at_least(fit_width, 1);
	fit_height = at_least((fit_height + 1) & ~1U, 2);
	if (fit_width == picture->width && fit_height == picture->height)
		return 0;
	pixels = realloc(picture->pixels, (size_t)fit_width * fit_height);
	if (!pixels)
		return -ENOMEM;
	*picture = (struct picture){
		.width = fit_width,
		.height = fit_height,
		.pixels = pixels,
	};
	return 1;
}

/* What falls on pixel @at of @pixels, when these show a range of @whole. */
struct range {
	uint32_t begin, end, step;
};

static struct range range_of(unsigned int at, unsigned int pixels, uint32_t whole)
{
	struct range range = {
		.begin = (uint64_t)at * whole / pixels,
		.end = (at + 1ULL) * whole / pixels,
	};

	range.end = at_least(range.end, range.begin + 1);
	range.step = (range.end - range.begin + SAMPLES_MAX - 1) / SAMPLES_MAX;
	return range;
}

static uint8_t average(const uint8_t *frame, uint32_t bytes_per_line,
		       struct range columns, struct range lines)
{
	unsigned int sum = 0, count = 0;
	uint32_t column, line;

	for (line = lines.begin; line < lines.end; line += lines.step)
		for (column = columns.begin; column < columns.end;
		     column += columns.step, count++)
			sum += frame[(size_t)line * bytes_per_line + column];
	return sum / count;
}

void picture_scale(struct picture *picture, const void *frame, size_t bytes,
		   const struct dmaring_format *format)
{
	uint32_t whole_lines = bytes / format->bytes_per_line;
	uint8_t *pixel = picture->pixels;
	struct range columns, lines;
	unsigned int x, y;

	for (y = 0; y < picture->height; y++) {
		lines = range_of(y, picture->height, format->height);
		for (x = 0; x < picture->width; x++, pixel++) {
			columns = range_of(x, picture->width, format->width);
			*pixel = lines.end > whole_lines ? 0 :
				 average(frame, format->bytes_per_line, columns,
					 lines);
		}
	}
}

void picture_free(struct picture *picture)
{
	free(picture->pixels);
	*picture = (struct picture){ 0 };
}
