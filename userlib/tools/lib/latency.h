/* SPDX-License-Identifier: MIT */
/*
 * The distribution of a time, in memory of a fixed size.
 *
 * Minimum and maximum are exact.  Values are counted in buckets, 32 for each
 * power of two, so the median is right to 1/32 of itself.
 */
#ifndef LATENCY_H
#define LATENCY_H

#include <stdint.h>

#define LATENCY_BITS 5
#define LATENCY_STEPS (1U << LATENCY_BITS)
#define LATENCY_BUCKETS ((64 - LATENCY_BITS + 1) * LATENCY_STEPS)

struct latency {
	uint64_t count;
	uint64_t min_ns;
	uint64_t max_ns;
	uint64_t buckets[LATENCY_BUCKETS];
};

void latency_add(struct latency *latency, uint64_t ns);

/* 0 when there is no value */
uint64_t latency_median(const struct latency *latency);

#endif /* LATENCY_H */
