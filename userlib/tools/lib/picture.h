/* SPDX-License-Identifier: MIT */
/* A small image, as large as the terminal allows, made from a frame. */
#ifndef PICTURE_H
#define PICTURE_H

#include "pixel.h"
#include "tone.h"
#include "zoom.h"

struct rgb {
	uint8_t red, green, blue;
};

/* What a picture has to fit into.  Its sides are multiples of the steps, of which there
 * is room for one at least.
 */
struct picture_room {
	unsigned int width, height;
	unsigned int width_step, height_step;
};

struct picture {
	unsigned int width;
	unsigned int height;
	struct rgb *pixels;	/* line after line */
	struct pixel *values;	/* from which these are made */
	struct histogram *histogram;	/* of what was looked at */
	struct picture_samples *samples;	/* room for these */
};

/* Makes it fit, in the shape of what it will show.
 * Return: 1 if its size changed, 0 if not, -ENOMEM.
 */
int picture_fit(struct picture *picture, const struct region *shape,
		const struct picture_room *room);

/* The same, but as large as it can be */
int picture_fill(struct picture *picture, const struct picture_room *room);

/* Averages what is there of @region into the values; what is missing is black. */
void picture_scale(struct picture *picture, const struct pixels *pixels,
		   const struct region *region);

/* Makes pixels of the values. */
void picture_tone(struct picture *picture, const struct tone *tone);

/* Draws the histogram over the lower part. */
void picture_draw_histogram(struct picture *picture, const struct tone *tone);

void picture_free(struct picture *picture);

#endif /* PICTURE_H */
