/* SPDX-License-Identifier: MIT */
/* How often each value was seen. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_VALUES 65536U

struct histogram {
	uint32_t counts[HISTOGRAM_VALUES];
};

void histogram_clear(struct histogram *histogram);

static inline void histogram_add(struct histogram *histogram, uint16_t value)
{
	histogram->counts[value]++;
}

/* The least value that at least @per_mille of all do not exceed; 0: the least there is,
 * 1000: the most.
 */
uint16_t histogram_quantile(const struct histogram *histogram,
			    unsigned int per_mille);

/* The most that one of @columns equal parts of the range @low .. @high has, and how much
 * part @column has.
 */
uint64_t histogram_part(const struct histogram *histogram, uint16_t low,
			uint16_t high, unsigned int column, unsigned int columns);

#endif /* HISTOGRAM_H */
