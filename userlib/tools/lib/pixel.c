// SPDX-License-Identifier: MIT
#include "pixel.h"

#include <stdbool.h>

struct pixels pixels_of(const struct dmaring_format *format,
			const struct dmaring_format_row *row,
			const void *frame, size_t bytes)
{
	uint64_t lines = bytes / format->bytes_per_line;

	/* Each line of colours behind them is for two. */
	if (row->order == DMARING_ORDER_NV12)
		lines = lines > format->height ? 2 * (lines - format->height) :
						 0;
	return (struct pixels){
		.format = format,
		.row = row,
		.frame = frame,
		.lines = lines < format->height ? lines : format->height,
	};
}

static const uint8_t *line_of(const struct pixels *pixels, uint32_t y)
{
	return pixels->frame + (size_t)y * pixels->format->bytes_per_line;
}

static uint16_t widen(unsigned int value, unsigned int bits)
{
	unsigned int most = (1U << bits) - 1;

	if (value > most)
		value = most;	/* bits that should be 0 are not */
	return (uint64_t)value * UINT16_MAX / most;
}

/* 4 pixels have 5 bytes, 2 have 3: the last one has the low bits of all. */
static unsigned int packed_at(const uint8_t *line, uint32_t x, unsigned int low)
{
	unsigned int group = 8 / low, at = x % group;

	line += (size_t)(x / group) * (group + 1);
	return line[at] << low | (line[group] >> low * at & ((1U << low) - 1));
}

static uint16_t component_at(const struct pixels *pixels, uint32_t x, uint32_t y)
{
	const uint8_t *line = line_of(pixels, y);
	unsigned int storage = pixels->row->storage, value;

	if (storage == 8)
		value = line[x];
	else if (storage == 16)
		value = line[2 * (size_t)x] | line[2 * (size_t)x + 1] << 8;
	else
		value = packed_at(line, x, storage - 8);
	return widen(value, pixels->row->bits);
}

static struct pixel grey(uint16_t value)
{
	return (struct pixel){ { value, value, value } };
}

static struct pixel rgb_at(const struct pixels *pixels, uint32_t x, uint32_t y)
{
	const uint8_t *bytes = line_of(pixels, y) + 3 * (size_t)x;
	bool bgr = pixels->row->order == DMARING_ORDER_BGR;

	return (struct pixel){ { bytes[bgr ? 2 : 0] * 257, bytes[1] * 257,
				 bytes[bgr ? 0 : 2] * 257 } };
}

static uint16_t clip(int value)
{
	value = (value + 128) >> 8;
	return (value < 0 ? 0 : value > 255 ? 255 : value) * 257;
}

/* BT.601, in 256ths: brightness is 16 .. 235. */
static struct pixel from_yuv(int brightness, int blue, int red)
{
	int base = 298 * (brightness - 16);

	blue -= 128;
	red -= 128;
	return (struct pixel){ { clip(base + 409 * red),
				 clip(base - 100 * blue - 208 * red),
				 clip(base + 516 * blue) } };
}

static struct pixel yuv_at(const struct pixels *pixels, uint32_t x, uint32_t y)
{
	const uint8_t *line = line_of(pixels, y), *colours;
	size_t pair = x & ~1U;

	switch (pixels->row->order) {
	case DMARING_ORDER_NV12:
		colours = line_of(pixels, pixels->format->height + y / 2);
		return from_yuv(line[x], colours[pair], colours[pair + 1]);
	case DMARING_ORDER_YUYV:
		line += 2 * pair;
		return from_yuv(line[2 * (x & 1)], line[1], line[3]);
	default:
		line += 2 * pair;
		return from_yuv(line[2 * (x & 1) + 1], line[0], line[2]);
	}
}

/* Which of red, green and blue the place has */
static int colour_of(unsigned int order, uint32_t x, uint32_t y)
{
	static const uint8_t colours[][4] = {
		[DMARING_ORDER_BGGR] = { 2, 1, 1, 0 },
		[DMARING_ORDER_GBRG] = { 1, 2, 0, 1 },
		[DMARING_ORDER_GRBG] = { 1, 0, 2, 1 },
		[DMARING_ORDER_RGGB] = { 0, 1, 1, 2 },
	};

	return colours[order][y % 2 * 2 + x % 2];
}

/* The other one of a pair; at the end the one before, or none. */
static uint32_t partner(uint32_t at, uint32_t count)
{
	uint32_t other = at ^ 1;

	if (other < count)
		return other;
	return at ? at - 1 : at;
}

static struct pixel mosaic_at(const struct pixels *pixels, uint32_t x, uint32_t y)
{
	uint32_t columns[] = { x, partner(x, pixels->format->width) };
	uint32_t lines[] = { y, partner(y, pixels->lines) };
	unsigned int sum[3] = { 0 }, count[3] = { 0 }, all = 0, i;
	struct pixel pixel;
	uint16_t value;
	int colour;

	for (i = 0; i < 4; i++) {
		colour = colour_of(pixels->row->order, columns[i & 1],
				   lines[i >> 1]);
		value = component_at(pixels, columns[i & 1], lines[i >> 1]);
		sum[colour] += value;
		count[colour]++;
		all += value;
	}
	for (i = 0; i < 3; i++)
		pixel.of[i] = count[i] ? sum[i] / count[i] : all / 4;
	return pixel;
}

struct pixel pixel_at(const struct pixels *pixels, uint32_t x, uint32_t y)
{
	switch (pixels->row->kind) {
	case DMARING_KIND_RGB:
		return rgb_at(pixels, x, y);
	case DMARING_KIND_YUV:
		return yuv_at(pixels, x, y);
	case DMARING_KIND_BAYER:
		return mosaic_at(pixels, x, y);
	default:
		return grey(component_at(pixels, x, y));
	}
}
