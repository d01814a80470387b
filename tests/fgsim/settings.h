/* SPDX-License-Identifier: MIT */
/* What of the card can be set while it runs, and what it measures. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "bar.h"

/**
 * struct settings - what the next frame is made with
 * @request:      the value of the register that asked for it.
 * @pattern:      enum dmaring_pattern or FGSIM_PATTERN_*.
 * @exposure_us:  how long it is exposed.
 * @gain_percent: how much brighter it gets then.
 * @bright:       what both make of it, in units of 1 / DMARING_PATTERN_BRIGHT.
 */
struct settings {
	uint32_t request;
	uint32_t pattern;
	uint32_t exposure_us;
	uint32_t gain_percent;
	uint32_t bright;
};

struct settings settings_load(const struct bar *bar);

/* Thousandths of a degree Celsius: it gets warmer for a minute, then cools down for one. */
uint32_t temperature_at(uint64_t ns);

#endif /* SETTINGS_H */
