// SPDX-License-Identifier: MIT
#include "half_blocks.h"

#include <stdbool.h>
#include <string.h>

#define UPPER_HALF_BLOCK "\xe2\x96\x80"
#define LINE_END "\033[0m\n"

/* "\033[38;2;255;255;255;48;2;255;255;255m" and the block */
#define CELL_BYTES_MAX 40

/* The palette: 16 is black, 231 white, 232 .. 255 are greys from 8 in steps of 10. */
static unsigned int palette_grey(uint8_t grey)
{
	if (grey < 4)
		return 16;
	if (grey > 246)
		return 231;
	return grey > 242 ? 255 : 232 + (grey - 3) / 10;
}

static char *put_number(char *to, unsigned int number)
{
	if (number >= 100)
		*to++ = '0' + number / 100;
	if (number >= 10)
		*to++ = '0' + number / 10 % 10;
	*to++ = '0' + number % 10;
	return to;
}

/* 16 .. 231 are a cube of colours: 0, 95, 135, 175, 215 and 255 in each direction. */
static unsigned int cube_step(uint8_t value)
{
	return value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40;
}

static unsigned int palette_of(struct rgb pixel)
{
	if (pixel.red == pixel.green && pixel.red == pixel.blue)
		return palette_grey(pixel.red);
	return 16 + 36 * cube_step(pixel.red) + 6 * cube_step(pixel.green) +
	       cube_step(pixel.blue);
}

/* @colour: of the palette, or 3 bytes, red the highest */
static char *put_colour(char *to, unsigned int colour, enum colours colours)
{
	if (colours == COLOURS_256)
		return put_number(stpcpy(to, "5;"), colour);
	to = put_number(stpcpy(to, "2;"), colour >> 16);
	*to++ = ';';
	to = put_number(to, colour >> 8 & 255);
	*to++ = ';';
	return put_number(to, colour & 255);
}

#define NO_COLOUR (1U << 24)

struct cell {
	unsigned int upper, lower;
};

static unsigned int colour_of(struct rgb pixel, enum colours colours)
{
	if (colours == COLOURS_256)
		return palette_of(pixel);
	return (unsigned int)pixel.red << 16 | pixel.green << 8 | pixel.blue;
}

static struct cell cell_at(const struct rgb *pixel, unsigned int width,
			   enum colours colours)
{
	return (struct cell){ colour_of(pixel[0], colours),
			      colour_of(pixel[width], colours) };
}

/* Says only what differs from the cell before. */
static char *put_cell(char *to, struct cell cell, struct cell before,
		      enum colours colours)
{
	bool upper = cell.upper != before.upper;
	bool lower = cell.lower != before.lower;

	if (upper || lower)
		to = stpcpy(to, "\033[");
	if (upper)
		to = put_colour(stpcpy(to, "38;"), cell.upper, colours);
	if (upper && lower)
		*to++ = ';';
	if (lower)
		to = put_colour(stpcpy(to, "48;"), cell.lower, colours);
	if (upper || lower)
		*to++ = 'm';
	return stpcpy(to, UPPER_HALF_BLOCK);
}

size_t half_blocks_bytes(const struct picture *picture)
{
	size_t line = (size_t)picture->width * CELL_BYTES_MAX + strlen(LINE_END);

	return line * (picture->height / 2) + 1;
}

char *half_blocks_encode(char *to, const struct picture *picture,
			 enum colours colours)
{
	const struct rgb *pixel = picture->pixels;
	struct cell cell, before;
	unsigned int x, y;

	for (y = 0; y < picture->height; y += 2, pixel += picture->width) {
		before = (struct cell){ NO_COLOUR, NO_COLOUR };
		for (x = 0; x < picture->width; x++, pixel++) {
			cell = cell_at(pixel, picture->width, colours);
			to = put_cell(to, cell, before, colours);
			before = cell;
		}
		to = stpcpy(to, LINE_END);
	}
	return to;
}
