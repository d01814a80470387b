/* SPDX-License-Identifier: MIT */
/* A small grey image, as large as the terminal allows, made from a frame. */
#ifndef PICTURE_H
#define PICTURE_H

#include <stddef.h>
#include <stdint.h>
#include <linux/dmaring.h>

struct picture {
	unsigned int width;
	unsigned int height;	/* even: a character shows two lines */
	uint8_t *pixels;	/* line after line */
};

/* Makes it fit @columns by @lines, in the shape that the frames have.
 * Return: 1 if its size changed, 0 if not, -ENOMEM.
 */
int picture_fit(struct picture *picture, const struct dmaring_format *format,
		unsigned int columns, unsigned int lines);

/* Averages the first @bytes of a GREY frame into it; what is missing is black. */
void picture_scale(struct picture *picture, const void *frame, size_t bytes,
		   const struct dmaring_format *format);

void picture_free(struct picture *picture);

#endif /* PICTURE_H */
