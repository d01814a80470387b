/* SPDX-License-Identifier: MIT */
/* What frames show. */
#ifndef FILL_H
#define FILL_H

#include <stdint.h>

/**
 * struct fill - one frame to be written
 * @pattern:    enum dmaring_pattern or FGSIM_PATTERN_*.
 * @line_bytes: bytes of a line.
 * @sequence:   number of the frame.
 */
struct fill {
	uint32_t pattern;
	uint32_t line_bytes;
	uint64_t sequence;
};

void fill_prepare(void);

/* Write @bytes of the frame, from @offset on. */
void fill_write(const struct fill *fill, uint8_t *to, uint32_t offset, uint32_t bytes);

#endif /* FILL_H */
