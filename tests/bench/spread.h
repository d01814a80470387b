/* SPDX-License-Identifier: MIT */
/*
 * How times are spread: least, median, 99 %, 99.9 % and largest as figures, and a histogram as
 * lines "#hist VALUE COUNT WHAT".
 */
#ifndef SPREAD_H
#define SPREAD_H

#include "price.h"

/* Buckets of a sixteenth to a thirty-second of their value. */
static inline long long spread_bucket(double value)
{
	long long bucket = value;
	int shift = 0;

	while (bucket >> shift >= 32)
		shift++;
	return bucket >> shift << shift;
}

/* Sorts them. */
static inline void spread_print(const char *what, double *values, int count)
{
	static const struct {
		const char *name;
		double share;
	} points[] = { { "min", 0 }, { "median", 0.5 }, { "99 %", 0.99 },
		      { "99.9 %", 0.999 }, { "max", 1 } };

	qsort(values, count, sizeof(*values), price_compare);
	for (int i = 0; i < 5; i++) {
		char name[128];

		snprintf(name, sizeof(name), "%s, %s", what, points[i].name);
		price_print(values[(int)(points[i].share * (count - 1))], name);
	}
	for (int i = 0, same = 1; i < count; i += same, same = 1) {
		long long bucket = spread_bucket(values[i]);

		while (i + same < count && spread_bucket(values[i + same]) == bucket)
			same++;
		printf("#hist %lld %d %s\n", bucket, same, what);
	}
}

#endif /* SPREAD_H */
