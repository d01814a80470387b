// SPDX-License-Identifier: MIT
#include "zoom.h"

static uint32_t part_of(uint32_t whole, unsigned int level)
{
	uint32_t part = whole >> level;

	return part ? part : 1;
}

struct region zoom_region(const struct zoom *zoom, uint32_t width,
			  uint32_t height)
{
	struct region region = {
		.width = part_of(width, zoom->level),
		.height = part_of(height, zoom->level),
	};

	region.x = (width - region.width) * (zoom->x + 1) / 2;
	region.y = (height - region.height) * (zoom->y + 1) / 2;
	return region;
}

void zoom_in(struct zoom *zoom)
{
	if (zoom->level < ZOOM_MOST)
		zoom->level++;
}

void zoom_out(struct zoom *zoom)
{
	if (zoom->level)
		zoom->level--;
	if (!zoom->level)
		*zoom = (struct zoom){ 0 };
}

static double within(double at)
{
	return at < -1 ? -1 : at > 1 ? 1 : at;
}

void zoom_move(struct zoom *zoom, int right, int down)
{
	/* What is seen is 1 of so many parts; the way from -1 to 1 is the others. */
	double parts = 1U << zoom->level;

	if (!zoom->level)
		return;
	zoom->x = within(zoom->x + right * 0.5 / (parts - 1));
	zoom->y = within(zoom->y + down * 0.5 / (parts - 1));
}
