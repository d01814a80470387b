/* SPDX-License-Identifier: MIT */
/* The card's clock. */
#ifndef NOW_H
#define NOW_H

#include <stdint.h>
#include <time.h>

#define NEVER		UINT64_MAX
#define NS_PER_MS	1000000ULL

static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec;
}

static inline uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif /* NOW_H */
