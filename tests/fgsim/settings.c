// SPDX-License-Identifier: MIT
#include "settings.h"
#include "now.h"

#include <dmaring/pattern.h>

#define COLD_MDEG	35000
#define HALF_MS		60000	/* a thousandth of a degree each 10 ms */

/* No product of two registers is too much for it. */
static uint32_t brightness(uint64_t exposure_us, uint64_t gain_percent)
{
	const uint64_t one = FGSIM_EXPOSURE_US * FGSIM_GAIN_PERCENT;
	uint64_t light = exposure_us * gain_percent;

	if (light / one >= UINT32_MAX / DMARING_PATTERN_BRIGHT)
		return UINT32_MAX;
	return light * DMARING_PATTERN_BRIGHT / one;
}

struct settings settings_load(const struct bar *bar)
{
	const struct fgsim_driver_page *page = &bar->regs->driver;
	struct settings settings = {
		/* First: what is written after it is asked for again. */
		.request = get32(&page->settings),
		.pattern = get32(&page->pattern),
		.exposure_us = get32(&page->exposure_us),
		.gain_percent = get32(&page->gain_percent),
	};

	settings.bright = brightness(settings.exposure_us, settings.gain_percent);
	return settings;
}

uint32_t temperature_at(uint64_t ns)
{
	uint64_t ms = ns / NS_PER_MS % (2 * HALF_MS);

	return COLD_MDEG + (ms < HALF_MS ? ms : 2 * HALF_MS - ms) / 10;
}
