/* SPDX-License-Identifier: MIT */
/* What frames show. */
#ifndef FILL_H
#define FILL_H

#include <stdint.h>
#include <linux/dmaring.h>

/**
 * struct fill - one frame to be written
 * @pattern:    enum dmaring_pattern or FGSIM_PATTERN_*.
 * @format:     of it.
 * @sequence:   number of the frame.
 */
struct fill {
	uint32_t pattern;
	const struct dmaring_format *format;
	uint64_t sequence;
};

void fill_prepare(void);

/* Write @bytes of the frame, from @offset on. */
void fill_write(const struct fill *fill, uint8_t *to, uint32_t offset, uint32_t bytes);

#endif /* FILL_H */
