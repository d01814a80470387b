/* SPDX-License-Identifier: MIT */
/* The use that a benchmark makes of a frame: it adds up all of its bytes. */
#ifndef SUM_H
#define SUM_H

#include <stdint.h>

/* @bytes: a multiple of 8. */
static inline uint64_t sum(const void *data, uint32_t bytes)
{
	const uint64_t *words = data;
	uint64_t total = 0;

	for (uint32_t i = 0; i < bytes / sizeof(*words); i++)
		total += words[i];
	return total;
}

/* Nobody looks at it, but it must be computed. */
static inline void sum_keep(uint64_t sum)
{
	__asm__ volatile("" : : "r"(sum) : "memory");
}

#endif /* SUM_H */
