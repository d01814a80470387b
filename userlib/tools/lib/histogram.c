// SPDX-License-Identifier: MIT
#include "histogram.h"

#include <string.h>

void histogram_clear(struct histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
}

static uint64_t count_all(const struct histogram *histogram)
{
	uint64_t all = 0;
	unsigned int value;

	for (value = 0; value < HISTOGRAM_VALUES; value++)
		all += histogram->counts[value];
	return all;
}

uint16_t histogram_quantile(const struct histogram *histogram,
			    unsigned int per_mille)
{
	uint64_t all = count_all(histogram), seen = 0;
	uint64_t wanted = (all * per_mille + 999) / 1000;
	unsigned int value;

	if (!wanted)
		wanted = 1;
	for (value = 0; value < HISTOGRAM_VALUES - 1; value++) {
		seen += histogram->counts[value];
		if (seen >= wanted)
			break;
	}
	return all ? value : 0;
}

uint64_t histogram_part(const struct histogram *histogram, uint16_t low,
			uint16_t high, unsigned int column, unsigned int columns)
{
	uint64_t values = high - low + 1U, sum = 0;
	unsigned int value = low + values * column / columns;
	unsigned int end = low + values * (column + 1) / columns;

	for (; value < end; value++)
		sum += histogram->counts[value];
	return sum;
}
