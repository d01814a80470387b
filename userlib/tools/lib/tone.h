/* SPDX-License-Identifier: MIT */
/* Which values are shown as black, and which as white. */
#ifndef TONE_H
#define TONE_H

#include "histogram.h"

enum tone_contrast {
	TONE_DEFAULT,		/* full for 8 bits, else auto */
	TONE_AUTO,		/* all but the darkest and the brightest of 200 */
	TONE_MINMAX,		/* from the least to the most that there is */
	TONE_FULL,		/* from the least to the most that can be */
	TONE_CONTRASTS,
};

struct tone {
	uint16_t low, high;
	double gain;
};

struct tone tone_of(const struct histogram *histogram,
		    enum tone_contrast contrast, unsigned int bits,
		    double gain);

uint8_t tone_apply(const struct tone *tone, uint16_t value);

#endif /* TONE_H */
