// SPDX-License-Identifier: MIT
#include "fill.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>
#include <dmaring/pattern.h>
#include <hw/fgsim/regs.h>

/* Larger frames repeat it; small enough to stay in a cache of the host. */
#define IMAGE_BYTES	(1U << 20)

static uint8_t image[IMAGE_BYTES];

void fill_prepare(void)
{
	dmaring_pattern_fill(image, DMARING_PATTERN_NOISE, 1, 0, 0, IMAGE_BYTES);
}

static void copy(uint8_t *to, uint32_t offset, uint32_t bytes)
{
	uint32_t from, part;

	for (; bytes; bytes -= part, offset += part, to += part) {
		from = offset % IMAGE_BYTES;
		part = bytes < IMAGE_BYTES - from ? bytes : IMAGE_BYTES - from;
		memcpy(to, image + from, part);
	}
}

static void stamp(const struct fill *fill, uint8_t *to, uint32_t offset, uint32_t bytes)
{
	uint64_t word = htole64(fill->sequence);

	if (!offset)
		memcpy(to, &word, bytes < sizeof(word) ? bytes : sizeof(word));
}

/* What is cheap shows no light. */
static bool is_cheap(const struct fill *fill)
{
	return fill->pattern >= FGSIM_PATTERN_COPY && fill->pattern <= FGSIM_PATTERN_OFF;
}

uint32_t fill_shows(const struct fill *fill)
{
	if (fill->bright == DMARING_PATTERN_BRIGHT || is_cheap(fill))
		return fill->pattern;
	return DMARING_PATTERN_NONE;
}

void fill_write(const struct fill *fill, uint8_t *to, uint32_t offset, uint32_t bytes)
{
	switch (fill->pattern) {
	case FGSIM_PATTERN_OFF:
		break;
	case FGSIM_PATTERN_COPY:
		copy(to, offset, bytes);
		stamp(fill, to, offset, bytes);
		break;
	case FGSIM_PATTERN_STAMP:
		stamp(fill, to, offset, bytes);
		break;
	default:
		dmaring_pattern_fill_bright(to, fill->pattern, fill->format, fill->sequence,
					    fill->bright, offset, bytes);
	}
}
