/* SPDX-License-Identifier: MIT */
/*
 * Did the guest stand still?  Where its clock is the host's, a host that is busy takes
 * the processors away from it, and what happens meanwhile happens at once, or not at all.
 */
#ifndef PULSE_H
#define PULSE_H

#include <pthread.h>
#include "stream.h"

#define PULSE_MS	10
#define PULSE_STILL_MS	100	/* some frames of a card with 100 a second */

struct pulse {
	pthread_t thread;
	int over;
	uint64_t longest_ns;	/* between two beats */
};

static inline void *pulse_beat(void *data)
{
	struct pulse *pulse = data;
	uint64_t before_ns = now_ns(), gap_ns;

	while (!__atomic_load_n(&pulse->over, __ATOMIC_ACQUIRE)) {
		sleep_ms(PULSE_MS);
		gap_ns = now_ns() - before_ns;
		before_ns += gap_ns;
		if (gap_ns > pulse->longest_ns)
			pulse->longest_ns = gap_ns;
	}
	return NULL;
}

static inline void pulse_begin(struct pulse *pulse)
{
	*pulse = (struct pulse) { 0 };
	REQUIRE_EQ(pthread_create(&pulse->thread, NULL, pulse_beat, pulse), 0);
}

/* Ends it. */
static inline int pulse_stood_still(struct pulse *pulse)
{
	__atomic_store_n(&pulse->over, 1, __ATOMIC_RELEASE);
	REQUIRE_EQ(pthread_join(pulse->thread, NULL), 0);
	if (pulse->longest_ns > PULSE_STILL_MS * 1000000ULL)
		printf("# the guest stood still for %llu ms\n",
		       (unsigned long long)pulse->longest_ns / 1000000);
	return pulse->longest_ns > PULSE_STILL_MS * 1000000ULL;
}

#endif
