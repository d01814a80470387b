/* SPDX-License-Identifier: MIT */
/*
 * Pixels of a frame of any format, in red, green and blue: for who looks at some of them
 * only, and so need not convert all.
 */
#ifndef PIXEL_H
#define PIXEL_H

#include <dmaring/format.h>
#include <stddef.h>
#include <stdint.h>

struct pixel {
	uint16_t of[3];		/* red, green, blue; 65535 is the most */
};

struct pixels {
	const struct dmaring_format *format;
	const struct dmaring_format_row *row;
	const uint8_t *frame;
	uint32_t lines;		/* that are there as a whole */
};

/* The pixels of a frame, of whose bytes the first @bytes are there. */
struct pixels pixels_of(const struct dmaring_format *format,
			const struct dmaring_format_row *row,
			const void *frame, size_t bytes);

/* Those of line @y, below pixels->lines, at @count places.  In a mosaic the neighbours
 * have the other colours: all of 2 by 2 are the same.
 */
void pixels_at(const struct pixels *pixels, uint32_t y, const uint32_t *x,
	       unsigned int count, struct pixel *to);

#endif /* PIXEL_H */
