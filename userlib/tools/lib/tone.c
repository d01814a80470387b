// SPDX-License-Identifier: MIT
#include "tone.h"

/* Per mille that may be cut off at each end */
#define CUT 5

static unsigned int cut_of(enum tone_contrast contrast, unsigned int bits)
{
	if (contrast == TONE_DEFAULT)
		contrast = bits > 8 ? TONE_AUTO : TONE_FULL;
	return contrast == TONE_AUTO ? CUT : 0;
}

struct tone tone_of(const struct histogram *histogram,
		    enum tone_contrast contrast, unsigned int bits,
		    double gain)
{
	struct tone tone = { .high = UINT16_MAX, .gain = gain };
	unsigned int cut = cut_of(contrast, bits);
	uint16_t low, high;

	if (contrast == TONE_FULL || (contrast == TONE_DEFAULT && bits <= 8))
		return tone;
	low = histogram_quantile(histogram, cut);
	high = histogram_quantile(histogram, 1000 - cut);
	/* One value has no contrast. */
	if (low < high) {
		tone.low = low;
		tone.high = high;
	}
	return tone;
}

uint8_t tone_apply(const struct tone *tone, uint16_t value)
{
	double part;

	if (value <= tone->low)
		return 0;
	part = (double)(value - tone->low) * 255 / (tone->high - tone->low) *
	       tone->gain;
	return part > 255 ? 255 : part;
}
