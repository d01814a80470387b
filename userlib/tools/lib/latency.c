// SPDX-License-Identifier: MIT
#include "latency.h"

/* Values below LATENCY_STEPS have a bucket each; above, the position of the
 * first set bit and the LATENCY_BITS bits after it choose.
 */
static unsigned int bucket_of(uint64_t ns)
{
	unsigned int shift;

	if (ns < LATENCY_STEPS)
		return ns;
	shift = 63 - __builtin_clzll(ns) - LATENCY_BITS;
	return shift * LATENCY_STEPS + (ns >> shift);
}

/* The middle of a bucket */
static uint64_t value_of(unsigned int bucket)
{
	unsigned int shift;

	if (bucket < LATENCY_STEPS)
		return bucket;
	shift = bucket / LATENCY_STEPS - 1;
	return ((uint64_t)(bucket - shift * LATENCY_STEPS) << shift) +
	       ((1ULL << shift) >> 1);
}

void latency_add(struct latency *latency, uint64_t ns)
{
	if (!latency->count || ns < latency->min_ns)
		latency->min_ns = ns;
	if (ns > latency->max_ns)
		latency->max_ns = ns;
	latency->count++;
	latency->buckets[bucket_of(ns)]++;
}

uint64_t latency_median(const struct latency *latency)
{
	uint64_t seen = 0, value;
	unsigned int bucket = 0;

	if (!latency->count)
		return 0;
	for (;; bucket++) {
		seen += latency->buckets[bucket];
		if (seen > (latency->count - 1) / 2)
			break;
	}
	value = value_of(bucket);
	if (value < latency->min_ns)
		return latency->min_ns;
	return value > latency->max_ns ? latency->max_ns : value;
}
