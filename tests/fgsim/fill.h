/* SPDX-License-Identifier: MIT */
/* What frames show. */
#ifndef FILL_H
#define FILL_H

#include <stdint.h>
#include <linux/dmaring.h>

/**
 * struct fill - one frame to be written
 * @pattern:    enum dmaring_pattern or FGSIM_PATTERN_*.
 * @bright:     of a test pattern, in units of 1 / DMARING_PATTERN_BRIGHT.
 * @format:     of it.
 * @sequence:   number of the frame.
 */
struct fill {
	uint32_t pattern;
	uint32_t bright;
	const struct dmaring_format *format;
	uint64_t sequence;
};

void fill_prepare(void);

/* What it can be compared with. */
uint32_t fill_shows(const struct fill *fill);

/* Write @bytes of the frame, from @offset on. */
void fill_write(const struct fill *fill, uint8_t *to, uint32_t offset, uint32_t bytes);

#endif /* FILL_H */
