/* SPDX-License-Identifier: MIT */
/*
 * Single pixels of a frame of any format, in red, green and blue: for who looks at a few
 * of them only, and so need not convert all.
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

/* @y: below pixels->lines.  In a mosaic the neighbours have the other colours. */
struct pixel pixel_at(const struct pixels *pixels, uint32_t x, uint32_t y);

#endif /* PIXEL_H */
