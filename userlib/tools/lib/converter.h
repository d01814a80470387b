/* SPDX-License-Identifier: MIT */
/*
 * Makes images of frames of pixels: unpacks, shifts, and lets libswscale make colours
 * of mosaics and of YUV.
 */
#ifndef CONVERTER_H
#define CONVERTER_H

#include "swscale.h"

#include <stdbool.h>

enum converter_target {
	CONVERTER_PICTURE,	/* grey or RGB */
	CONVERTER_VIDEO,	/* grey or planes of YUV */
};

struct converter {
	struct dmaring_format format;
	const struct dmaring_format_row *row;
	struct image image;	/* whose bytes are in @out, or in the frame */
	struct swscale swscale;
	unsigned int staged_width, staged_height;
	size_t stride;		/* of @staged */
	uint8_t *staged;	/* lines in whole bytes */
	uint8_t *out;
};

#define CONVERTER_NONE ((struct converter){ .row = NULL })

/* Return: 0, or a negative errno, all said. */
int converter_open(struct converter *converter,
		   const struct dmaring_format *format,
		   enum converter_target target);

/* Is a frame too short for an image?  Says so then. */
bool converter_refuses(const struct converter *converter,
		       const struct dmaring_frame *frame);

/* Of a frame that is there as a whole.
 * Return: the image, good until the next one and as long as the frame is; NULL if
 * it cannot be made.
 */
const struct image *converter_image(struct converter *converter,
				    const void *frame);

void converter_close(struct converter *converter);

#endif /* CONVERTER_H */
