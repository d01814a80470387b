/* SPDX-License-Identifier: MIT */
/* Conversion of colours, by libswscale. */
#ifndef SWSCALE_H
#define SWSCALE_H

#include "image.h"

#include <dmaring/format.h>

/* What frames are written into before: their lines and these have room for more, for
 * it reads and writes behind the end of them.
 */
#define SWSCALE_SLACK 64

struct swscale {
	void *context;
	unsigned int width, height;
};

/* From lines of @row's format; a mosaic of more than 8 bits is one of 16.  A mosaic is
 * 2 pixels wide and high at least, and its width even.
 * Return: 0, or a negative errno, all said.
 */
int swscale_open(struct swscale *swscale, const struct dmaring_format_row *row,
		 unsigned int width, unsigned int height,
		 enum image_model model, unsigned int bits);

/* @to: the planes of an image whose bytes can be written. */
int swscale_convert(const struct swscale *swscale,
		    const uint8_t *const from[2], const int strides[2],
		    const struct image *to);

void swscale_close(struct swscale *swscale);

#endif /* SWSCALE_H */
