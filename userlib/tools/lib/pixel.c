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

/* The high bits are repeated below the low ones: the most becomes the most. */
static inline uint16_t widen(unsigned int value, unsigned int bits)
{
	unsigned int most = (1U << bits) - 1;

	if (value > most)
		value = most;	/* bits that should be 0 are not */
	return value * ((1U << bits) + 1) >> (2 * bits - 16);
}

/* 4 pixels have 5 bytes, 2 have 3: the last one has the low bits of all. */
static inline unsigned int packed_at(const uint8_t *line, uint32_t x, unsigned int low)
{
	unsigned int group = 8 / low, at = x % group;

	line += (size_t)(x / group) * (group + 1);
	return line[at] << low | (line[group] >> low * at & ((1U << low) - 1));
}

static inline unsigned int value_at(const uint8_t *line, uint32_t x,
				    unsigned int storage)
{
	if (storage == 8)
		return line[x];
	if (storage == 16)
		return line[2 * (size_t)x] | line[2 * (size_t)x + 1] << 8;
	return packed_at(line, x, storage - 8);
}

static uint16_t component_at(const struct pixels *pixels, uint32_t x, uint32_t y)
{
	return widen(value_at(line_of(pixels, y), x, pixels->row->storage),
		     pixels->row->bits);
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

/* What follows is compiled for each storage: one pixel is little work. */
#define FOR_EACH_STORAGE static inline __attribute__((always_inline))

FOR_EACH_STORAGE void greys(const struct pixels *pixels, uint32_t y,
			    const uint32_t *x, unsigned int count,
			    struct pixel *to, unsigned int storage)
{
	const uint8_t *line = line_of(pixels, y);
	unsigned int i;

	for (i = 0; i < count; i++)
		to[i] = grey(widen(value_at(line, x[i], storage),
				   pixels->row->bits));
}

struct pair {
	unsigned int left, right;
};

FOR_EACH_STORAGE struct pair pair_at(const uint8_t *line, uint32_t left,
				     unsigned int storage)
{
	if (storage != 12)
		return (struct pair){ value_at(line, left, storage),
				      value_at(line, left + 1, storage) };
	line += left / 2 * (size_t)3;
	return (struct pair){ line[0] << 4 | (line[2] & 15),
			      line[1] << 4 | line[2] >> 4 };
}

/* Where in 2 by 2 pixels, line by line, each colour is; there are two greens. */
struct places {
	unsigned int red, green, other_green, blue;
};

static struct places places_in(unsigned int order)
{
	switch (order) {
	case DMARING_ORDER_BGGR:
		return (struct places){ 3, 1, 2, 0 };
	case DMARING_ORDER_GBRG:
		return (struct places){ 2, 0, 3, 1 };
	case DMARING_ORDER_GRBG:
		return (struct places){ 1, 0, 3, 2 };
	default:
		return (struct places){ 0, 1, 2, 3 };
	}
}

static inline struct pixel mosaic_of(struct pair above, struct pair below,
				     const struct places *places,
				     unsigned int bits)
{
	const unsigned int of[] = { above.left, above.right, below.left,
				    below.right };

	return (struct pixel){ {
		widen(of[places->red], bits),
		(widen(of[places->green], bits) +
		 widen(of[places->other_green], bits)) / 2,
		widen(of[places->blue], bits),
	} };
}

/* But for edges where a place has no neighbour to the right or below */
FOR_EACH_STORAGE void mosaic(const struct pixels *pixels, uint32_t y,
			     const uint32_t *x, unsigned int count,
			     struct pixel *to, unsigned int storage)
{
	const struct places places = places_in(pixels->row->order);
	const uint8_t *line = line_of(pixels, y & ~1U);
	const uint8_t *next = line_of(pixels, y | 1);
	uint32_t width = pixels->format->width, left;
	unsigned int bits = pixels->row->bits, i;

	for (i = 0; i < count; i++) {
		left = x[i] & ~1U;
		to[i] = left + 1 >= width ? mosaic_at(pixels, left, y) :
			mosaic_of(pair_at(line, left, storage),
				  pair_at(next, left, storage), &places, bits);
	}
}

static void mosaic_edge(const struct pixels *pixels, uint32_t y,
			const uint32_t *x, unsigned int count, struct pixel *to)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		to[i] = mosaic_at(pixels, x[i], y);
}

FOR_EACH_STORAGE void components(const struct pixels *pixels, uint32_t y,
				 const uint32_t *x, unsigned int count,
				 struct pixel *to, unsigned int storage)
{
	if (pixels->row->kind != DMARING_KIND_BAYER)
		greys(pixels, y, x, count, to, storage);
	else if ((y | 1) < pixels->lines)
		mosaic(pixels, y, x, count, to, storage);
	else
		mosaic_edge(pixels, y, x, count, to);
}

static void colours(const struct pixels *pixels, uint32_t y, const uint32_t *x,
		    unsigned int count, struct pixel *to)
{
	bool rgb = pixels->row->kind == DMARING_KIND_RGB;
	unsigned int i;

	for (i = 0; i < count; i++)
		to[i] = rgb ? rgb_at(pixels, x[i], y) : yuv_at(pixels, x[i], y);
}

void pixels_at(const struct pixels *pixels, uint32_t y, const uint32_t *x,
	       unsigned int count, struct pixel *to)
{
	if (pixels->row->kind == DMARING_KIND_RGB ||
	    pixels->row->kind == DMARING_KIND_YUV)
		colours(pixels, y, x, count, to);
	else if (pixels->row->storage == 8)
		components(pixels, y, x, count, to, 8);
	else if (pixels->row->storage == 10)
		components(pixels, y, x, count, to, 10);
	else if (pixels->row->storage == 12)
		components(pixels, y, x, count, to, 12);
	else
		components(pixels, y, x, count, to, 16);
}
