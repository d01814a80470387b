// SPDX-License-Identifier: MIT
#include "sample.h"
#include "clock.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

const struct counter counters[COUNTERS] = {
#define MATTERS true
#define MORE false
#define COUNTER(field, metric) #field, metric "_total", COUNTER
#define LEVEL(field, metric) #field, metric, LEVEL
#define STATS(field) offsetof(struct sample, stats.field)
#define INFO(field) offsetof(struct sample, info.field)
	{ COUNTER(produced, "produced_frames"), MATTERS, STATS(produced),
	  "frames the card produced" },
	{ COUNTER(completed, "completed_frames"), MATTERS, STATS(completed),
	  "frames that arrived in a buffer" },
	{ COUNTER(overruns, "overrun_frames"), MATTERS, STATS(overruns),
	  "frames lost for want of a free buffer" },
	{ COUNTER(errors, "error_frames"), MATTERS, STATS(errors),
	  "frames the card marked as damaged" },
	{ COUNTER(bad_completions, "bad_completions"), MORE, STATS(bad_completions),
	  "completions of no or the wrong buffer" },
	{ COUNTER(bad_releases, "bad_releases"), MORE, STATS(bad_releases),
	  "releases refused to applications" },
	{ COUNTER(stalls, "stalls"), MORE, STATS(stalls),
	  "times the running card fell silent" },
	{ COUNTER(starts, "starts"), MORE, STATS(starts),
	  "times the card was started" },
	{ COUNTER(bytes, "completed_bytes"), MORE, STATS(bytes),
	  "bytes in completed frames" },
	{ LEVEL(idle, "idle_buffers"), MATTERS, STATS(idle),
	  "buffers nobody uses" },
	{ LEVEL(armed, "armed_buffers"), MATTERS, STATS(armed),
	  "buffers the card may write" },
	{ LEVEL(held, "held_buffers"), MATTERS, STATS(held),
	  "buffers applications have" },
	{ LEVEL(quarantined, "quarantined_buffers"), MORE, STATS(quarantined),
	  "buffers kept from everybody" },
	{ LEVEL(referenced, "referenced_buffers"), MORE, STATS(referenced),
	  "of these because I/O refers to them" },
	{ LEVEL(absent, "absent_buffers"), MORE, STATS(absent),
	  "buffers missing while an application lends" },
	{ LEVEL(consumers, "consumers"), MORE, INFO(consumers),
	  "applications attached" },
	{ LEVEL(viewer_reserved, "viewer_reserved_buffers"), MORE, INFO(viewer_reserved),
	  "buffers reserved by viewers" },
	{ LEVEL(viewer_buffers, "viewer_buffers"), MORE, INFO(viewer_buffers),
	  "buffers that viewers can reserve" },
	{ LEVEL(filled, "filled_buffers"), MORE, STATS(filled),
	  "buffers with frames to send" },
#undef MATTERS
#undef MORE
#undef COUNTER
#undef LEVEL
#undef STATS
#undef INFO
};

int sample_take(const struct dmaring *stream, struct sample *sample)
{
	int err = dmaring_get_info(stream, &sample->info);
	uint32_t id;

	sample->time_ns = clock_ns();
	sample->attached = 0;
	if (!err)
		err = dmaring_get_stats(stream, &sample->stats);
	for (id = 0; id < SAMPLE_CONSUMERS && !err; id++) {
		if (!(sample->stats.consumers & 1U << id))
			continue;
		err = dmaring_get_stats_of(stream, id,
					   &sample->of[sample->attached]);
		if (!err)
			sample->attached++;
		else if (err == -ENOENT)
			err = 0; /* it has gone meanwhile */
	}
	return err;
}

bool sample_is_playback(const struct sample *sample)
{
	return sample->info.direction == DMARING_PLAYBACK;
}

/* What is something else in playback. */
static const struct in_playback {
	const char *name;	/* of the counter */
	const char *called;
	const char *meaning;
} in_playback[] = {
	{ "produced", "produced", "frames the card sent or wanted" },
	{ "completed", "completed", "frames the card sent" },
	{ "overruns", "underruns", "times the card wanted a frame and found none" },
	{ "bytes", "bytes", "bytes in frames the card sent" },
	{ "armed", "armed", "buffers the card may read" },
};

/* NULL: the same as in capture. */
static const struct in_playback *find_in_playback(const struct sample *sample,
						  const struct counter *counter)
{
	unsigned int i;

	if (!sample_is_playback(sample))
		return NULL;
	for (i = 0; i < sizeof(in_playback) / sizeof(*in_playback); i++)
		if (!strcmp(in_playback[i].name, counter->name))
			return &in_playback[i];
	return NULL;
}

const char *sample_name(const struct sample *sample,
			const struct counter *counter)
{
	const struct in_playback *other = find_in_playback(sample, counter);

	return other ? other->called : counter->name;
}

const char *sample_meaning(const struct sample *sample,
			   const struct counter *counter)
{
	const struct in_playback *other = find_in_playback(sample, counter);

	return other ? other->meaning : counter->meaning;
}

uint64_t sample_value(const struct sample *sample, const struct counter *counter)
{
	const char *at = (const char *)sample + counter->offset;
	uint64_t count;
	uint32_t level;

	if (counter->kind == COUNTER) {
		memcpy(&count, at, sizeof(count));
		return count;
	}
	memcpy(&level, at, sizeof(level));
	return level;
}

uint64_t sample_growth(const struct sample *now, const struct sample *before,
		       const struct counter *counter)
{
	return sample_value(now, counter) - sample_value(before, counter);
}

double sample_per_second(const struct sample *now, const struct sample *before,
			 uint64_t growth)
{
	uint64_t elapsed_ns = now->time_ns - before->time_ns;

	return elapsed_ns ? growth * (double)NS_PER_SECOND / elapsed_ns : 0;
}

const struct dmaring_stats *sample_find(const struct sample *before,
					const struct dmaring_stats *consumer)
{
	const struct dmaring_stats *of;

	for (of = before->of; of < before->of + before->attached; of++)
		if (of->consumer == consumer->consumer &&
		    of->consumer_pid == consumer->consumer_pid &&
		    of->consumer_delivered <= consumer->consumer_delivered)
			return of;
	return NULL;
}

double sample_taken_rate(const struct sample *now, const struct sample *before,
			 const struct dmaring_stats *consumer)
{
	const struct dmaring_stats *earlier =
		before ? sample_find(before, consumer) : NULL;

	return !earlier ? -1 :
	       sample_per_second(now, before, consumer->consumer_delivered -
					      earlier->consumer_delivered);
}
