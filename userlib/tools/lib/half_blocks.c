// SPDX-License-Identifier: MIT
#include "half_blocks.h"

#include <stdbool.h>
#include <string.h>

#define UPPER_HALF_BLOCK "\xe2\x96\x80"
#define LINE_END "\033[0m\n"

/* "\033[38;2;255;255;255;48;2;255;255;255m" and the block */
#define CELL_BYTES_MAX 40

/* The palette: 16 is black, 231 white, 232 .. 255 are greys from 8 in steps of 10. */
static unsigned int palette_of(uint8_t grey)
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

static char *put_colour(char *to, unsigned int colour, enum colours colours)
{
	if (colours == COLOURS_256)
		return put_number(stpcpy(to, "5;"), colour);
	to = put_number(stpcpy(to, "2;"), colour);
	*to++ = ';';
	to = put_number(to, colour);
	*to++ = ';';
	return put_number(to, colour);
}

#define NO_COLOUR 256U

struct cell {
	unsigned int upper, lower;
};

static struct cell cell_at(const uint8_t *pixel, unsigned int width,
			   enum colours colours)
{
	if (colours == COLOURS_256)
		return (struct cell){ palette_of(pixel[0]),
				      palette_of(pixel[width]) };
	return (struct cell){ pixel[0], pixel[width] };
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
	const uint8_t *pixel = picture->pixels;
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
