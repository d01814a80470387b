/* SPDX-License-Identifier: MIT */
/*
 * A scene whose colours are known, as a frame of any format: eight bars, and a grey
 * ramp below; or one colour.  Lines have padding of 0xee.
 */
#ifndef SCENE_H
#define SCENE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <dmaring/format.h>
#include "tap.h"

#define SCENE_BARS	8
#define SCENE_PADDING	0xee

struct scene {
	bool flat;
	double red, green, blue;	/* 0 .. 1, if it is */
};

static const struct scene scene_bars;

struct scene_colour {
	double of[3];			/* red, green, blue */
};

/* White, yellow, cyan, green, magenta, red, blue, black */
static inline struct scene_colour scene_at(const struct scene *scene, unsigned int x,
					   unsigned int y, const struct dmaring_format *format)
{
	unsigned int bar = (uint64_t)x * SCENE_BARS / format->width;
	double grey = format->width > 1 ? x / (format->width - 1.0) : 0;

	if (scene->flat)
		return (struct scene_colour){ { scene->red, scene->green, scene->blue } };
	if (y >= format->height * 3 / 4)
		return (struct scene_colour){ { grey, grey, grey } };
	return (struct scene_colour){ { bar & 2 ? 0.1 : 0.9, bar & 4 ? 0.1 : 0.9,
					bar & 1 ? 0.1 : 0.9 } };
}

static inline double scene_brightness(struct scene_colour colour)
{
	return 0.299 * colour.of[0] + 0.587 * colour.of[1] + 0.114 * colour.of[2];
}

/* Brightness, blue, red of BT.601, as video has them */
static inline void scene_yuv(struct scene_colour colour, uint8_t yuv[3])
{
	double brightness = scene_brightness(colour);

	yuv[0] = lround(16 + 219 * brightness);
	yuv[1] = lround(128 + 224 * (colour.of[2] - brightness) / 1.772);
	yuv[2] = lround(128 + 224 * (colour.of[0] - brightness) / 1.402);
}

/* Which of red, green and blue the place has */
static inline int scene_mosaic(int order, unsigned int x, unsigned int y)
{
	static const char *const colours[] = {
		[DMARING_ORDER_BGGR] = "2110", [DMARING_ORDER_GBRG] = "1201",
		[DMARING_ORDER_GRBG] = "1021", [DMARING_ORDER_RGGB] = "0112",
	};

	return colours[order][y % 2 * 2 + x % 2] - '0';
}

static inline unsigned int scene_value(const struct dmaring_format_row *row,
				       struct scene_colour colour, unsigned int x, unsigned int y)
{
	double value = row->kind == DMARING_KIND_BAYER ?
			       colour.of[scene_mosaic(row->order, x, y)] :
			       scene_brightness(colour);

	return lround(value * ((1U << row->bits) - 1));
}

static inline void scene_put(uint8_t *line, const struct dmaring_format_row *row, unsigned int x,
			     unsigned int value)
{
	unsigned int group, at, low;

	switch (row->storage) {
	case 8:
		line[x] = value;
		break;
	case 16:
		line[2 * x] = value;
		line[2 * x + 1] = value >> 8;
		break;
	default:
		low = row->storage - 8;
		group = 8 / low;
		at = x % group;
		line += x / group * (group + 1);
		line[at] = value >> low;
		if (!at)
			line[group] = 0;
		line[group] |= (value & ((1 << low) - 1)) << (low * at);
	}
}

static inline void scene_put_yuv(uint8_t *frame, const struct dmaring_format *format,
				 const struct dmaring_format_row *row, unsigned int x,
				 unsigned int y, const uint8_t yuv[3])
{
	uint8_t *line = frame + (size_t)y * format->bytes_per_line;

	if (row->order == DMARING_ORDER_NV12) {
		line[x] = yuv[0];
		line = frame + (size_t)(format->height + y / 2) * format->bytes_per_line;
		line[x & ~1U] = yuv[1];
		line[x | 1] = yuv[2];
	} else {
		bool first = row->order == DMARING_ORDER_YUYV;

		line[2 * x + !first] = yuv[0];
		line[2 * x + first] = yuv[x % 2 ? 2 : 1];
	}
}

static inline void scene_put_pixel(const struct scene *scene, uint8_t *frame,
				   const struct dmaring_format *format,
				   const struct dmaring_format_row *row, unsigned int x,
				   unsigned int y)
{
	struct scene_colour colour = scene_at(scene, x, y, format);
	uint8_t *line = frame + (size_t)y * format->bytes_per_line, yuv[3];
	int i;

	switch (row->kind) {
	case DMARING_KIND_RGB:
		for (i = 0; i < 3; i++)
			line[3 * x + (row->order == DMARING_ORDER_BGR ? 2 - i : i)] =
				lround(255 * colour.of[i]);
		break;
	case DMARING_KIND_YUV:
		scene_yuv(colour, yuv);
		scene_put_yuv(frame, format, row, x, y, yuv);
		break;
	default:
		scene_put(line, row, x, scene_value(row, colour, x, y));
	}
}

static inline struct dmaring_format scene_format(const struct dmaring_format_row *row,
						 unsigned int width, unsigned int height,
						 unsigned int padding)
{
	struct dmaring_format format = {
		.width = width,
		.height = height,
		.pixelformat = dmaring_format_fourcc(row),
		.channels = 1,
	};

	format.bytes_per_line = padding + dmaring_format_line_bytes(row, width, 1);
	format.frame_bytes = dmaring_format_frame_bytes(row, format.bytes_per_line, height);
	return format;
}

/* The frame ends where the page does, and behind it is none. */
static inline uint8_t *scene_frame(const struct scene *scene, const struct dmaring_format *format)
{
	const struct dmaring_format_row *row = dmaring_format_find(format->pixelformat);
	size_t page = 4096, room = (format->frame_bytes + page - 1) / page * page;
	uint8_t *frame = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int x, y;

	REQUIRE(frame != MAP_FAILED && !munmap(frame + room, page));
	frame += room - format->frame_bytes;
	memset(frame, SCENE_PADDING, format->frame_bytes);
	for (y = 0; y < format->height; y++)
		for (x = 0; x < format->width; x++)
			scene_put_pixel(scene, frame, format, row, x, y);
	return frame;
}

static inline bool scene_fits(const struct dmaring_format_row *row, unsigned int width,
			      unsigned int height)
{
	return !dmaring_format_is_samples(row) && width % dmaring_format_width_step(row) == 0 &&
	       height % dmaring_format_height_step(row) == 0;
}

/* Looks at the scene in each format of pixels that has such a size. */
static inline void scene_each_format(const struct scene *scene, unsigned int width,
				     unsigned int height, unsigned int padding,
				     void (*look)(const struct scene *scene,
						  const struct dmaring_format_row *row,
						  unsigned int width, unsigned int height,
						  unsigned int padding))
{
	const struct dmaring_format_row *row;

	for (row = dmaring_format_rows; row < dmaring_format_rows + DMARING_FORMAT_ROWS; row++)
		if (scene_fits(row, width, height))
			look(scene, row, width, height, padding);
}

#endif /* SCENE_H */
