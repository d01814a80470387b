/* SPDX-License-Identifier: MIT */
/* The guest's clock. */
#ifndef NOW_H
#define NOW_H

#include <time.h>

#define MS	1000000LL	/* nanoseconds */

static inline long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 * MS + now.tv_nsec;
}

static inline void sleep_ms(unsigned int ms)
{
	const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * MS };

	nanosleep(&time, NULL);
}

#endif /* NOW_H */
