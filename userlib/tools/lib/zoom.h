/* SPDX-License-Identifier: MIT */
/* Which part of a frame is looked at. */
#ifndef ZOOM_H
#define ZOOM_H

#include <stdint.h>

#define ZOOM_MOST 16

struct region {
	uint32_t x, y, width, height;
};

/* All zero is the whole frame. */
struct zoom {
	unsigned int level;		/* 1/2 to its power */
	double x, y;			/* -1 .. 1: from edge to edge */
};

/* In a frame of @width by @height; never empty. */
struct region zoom_region(const struct zoom *zoom, uint32_t width,
			  uint32_t height);

void zoom_in(struct zoom *zoom);
void zoom_out(struct zoom *zoom);

/* By a quarter of what is seen, for each step */
void zoom_move(struct zoom *zoom, int right, int down);

#endif /* ZOOM_H */
