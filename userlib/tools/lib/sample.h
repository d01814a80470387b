/* SPDX-License-Identifier: MIT */
/*
 * The counters of a stream and of its consumers at one time, and how they grew
 * since an earlier one.  The earlier one is NULL where there is none.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <libdmaring.h>
#include <stdbool.h>

#define SAMPLE_CONSUMERS 32 /* bits of stats.consumers */

struct sample {
	uint64_t time_ns;
	struct dmaring_stats stats;
	struct dmaring_info info;
	/* The first ones, in the order of their numbers. */
	struct dmaring_stats of[SAMPLE_CONSUMERS];
	unsigned int attached;
};

/* A number that only grows, or one that says how things are. */
enum counter_kind { COUNTER, LEVEL };

struct counter {
	const char *name;	/* as JSON has it, also in playback */
	const char *metric;	/* as metrics have it, without "dmaring_" */
	enum counter_kind kind;
	bool matters;		/* where there is no room for all */
	size_t offset;		/* in struct sample */
	const char *meaning;
};

#define COUNTERS 19

extern const struct counter counters[COUNTERS];

/* Return: 0 or -errno; dmaring_error() knows why. */
int sample_take(const struct dmaring *stream, struct sample *sample);

bool sample_is_playback(const struct sample *sample);

/* What people call it, and what it counts. */
const char *sample_name(const struct sample *sample,
			const struct counter *counter);
const char *sample_meaning(const struct sample *sample,
			   const struct counter *counter);

uint64_t sample_value(const struct sample *sample, const struct counter *counter);
uint64_t sample_growth(const struct sample *now, const struct sample *before,
		       const struct counter *counter);
double sample_per_second(const struct sample *now, const struct sample *before,
			 uint64_t growth);

/* The same consumer in an earlier sample, for a number can be given again; NULL. */
const struct dmaring_stats *sample_find(const struct sample *before,
					const struct dmaring_stats *consumer);

/* Frames a second that the consumer took; -1: not known yet. */
double sample_taken_rate(const struct sample *now, const struct sample *before,
			 const struct dmaring_stats *consumer);

#endif /* SAMPLE_H */
