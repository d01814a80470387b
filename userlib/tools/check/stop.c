// SPDX-License-Identifier: MIT
/* Does the card leave alone what is not its own, and is it quiet after STOP? */
#include "stream.h"
#include "../lib/clock.h"
#include "../lib/interrupt.h"

#include <inttypes.h>
#include <poll.h>

#define HELD_MAX 4
#define HOLD_NS (NS_PER_SECOND / 50)	/* far more than a bus has under way */
#define ROUNDS 3

enum point {
	STOPS = CHECK_WORKS,
	HELD,
	SILENT,
	COUNTERS,
	BACK,
};

static const struct check_point points[] = {
	[STOPS] = { "the card starts, and STOP proves that it is quiet",
		    "start() and stop()" },
	[HELD] = { "a frame stays as it is until it is released",
		   "the handler: was all of the frame there when it was completed?" },
	[SILENT] = { "nothing is written after STOP",
		     "stop(): it waits for what is under way before it returns 0" },
	[COUNTERS] = { "nothing is told of after STOP",
		       "stop(): synchronize_irq(), cancel_work_sync(), timers" },
	[BACK] = { "all buffers are back after STOP",
		   "stop(): -ETIMEDOUT, or a length that cannot be" },
};

/* ------------------------------------------------------------ frames in our hands */

struct held {
	struct dmaring_frame frames[HELD_MAX];
	uint64_t sums[HELD_MAX];
	unsigned int count;
};

static uint64_t sum_of(const struct check *check, const struct check_stream *stream,
		       const struct dmaring_frame *frame)
{
	return check_sum(check_buffer(stream, check, frame->buffer),
			 frame->bytes_used);
}

static bool hold(struct check *check, struct check_stream *stream,
		 struct held *held)
{
	unsigned int most = (check->info.buffers + 1) / 2, i;

	held->count = most < HELD_MAX ? most : HELD_MAX;
	for (i = 0; i < held->count; i++) {
		if (!check_take(check, stream, &held->frames[i]))
			return false;
		held->sums[i] = sum_of(check, stream, &held->frames[i]);
	}
	return true;
}

static bool let_go(struct check *check, struct check_stream *stream,
		   const struct held *held)
{
	const struct dmaring_frame *frame;
	unsigned int i;

	for (i = 0; i < held->count; i++) {
		frame = &held->frames[i];
		check_that(check, HELD,
			   sum_of(check, stream, frame) == held->sums[i],
			   "frame %" PRIu64 " in buffer %u has changed since it was taken",
			   (uint64_t)frame->sequence, frame->buffer);
		if (!check_give(check, stream, frame))
			return false;
	}
	return true;
}

static bool hold_for_a_time(struct check *check, struct check_stream *stream)
{
	uint64_t end_ns = clock_ns() + check->time_ns;
	struct held held;

	do {
		if (!hold(check, stream, &held))
			return false;
		interrupt_sleep(HOLD_NS);
		if (!let_go(check, stream, &held))
			return false;
	} while (clock_ns() < end_ns && !interrupt_signal());
	return true;
}

/* ------------------------------------------------------------------- after STOP */

static void look_at_buffers(struct check *check, const struct check_stream *stream)
{
	int64_t at;
	uint32_t i;

	for (i = 0; i < stream->watched; i++) {
		at = check_poison_gone(check, stream, i);
		check_that(check, SILENT, at < 0,
			   "buffer %u was written from byte %" PRId64 " on", i,
			   at);
	}
}

static void look_at_counters(struct check *check, const struct dmaring_stats *before,
			     const struct dmaring_stats *after)
{
	check_that(check, COUNTERS, after->produced == before->produced,
		   "%" PRIu64 " frames more are counted",
		   (uint64_t)(after->produced - before->produced));
	check_that(check, COUNTERS,
		   after->bad_completions == before->bad_completions,
		   "%" PRIu64 " completions came",
		   (uint64_t)(after->bad_completions - before->bad_completions));
	check_that(check, BACK, after->idle == check->info.buffers,
		   "of %u buffers %u are idle, %u armed, %u held, %u quarantined",
		   check->info.buffers, after->idle, after->armed, after->held,
		   after->quarantined);
}

/* What was given back may still be there: nobody looks when idle, but for poll(). */
static void look_into_ring(const struct check_stream *stream)
{
	struct pollfd entry = { .fd = dmaring_fd(stream->handle) };

	interrupt_poll(&entry, 1, 0);
}

static bool stop_once(struct check *check, struct check_stream *stream,
		      unsigned int frames)
{
	struct dmaring_stats before, after;

	if (!check_start(check, stream) || !check_pass(check, stream, frames) ||
	    !check_stop_it(check, stream) ||
	    !check_stats_of(check, stream, &before))
		return false;
	check_poison_all(check, stream);
	check_pause(check, 3);
	look_at_buffers(check, stream);
	look_into_ring(stream);
	if (!check_stats_of(check, stream, &after))
		return false;
	look_at_counters(check, &before, &after);
	return true;
}

static void run(struct check *check)
{
	struct check_stream stream;
	bool good;
	int i;

	if (!check_measure(check) || !check_open(check, &stream))
		return;
	if (!stream.map)
		check_give_up(check, "the buffers cannot be mapped for writing");
	good = stream.map && check_start(check, &stream) &&
	       hold_for_a_time(check, &stream) && check_stop_it(check, &stream);
	for (i = 0; good && i < ROUNDS && !interrupt_signal(); i++)
		good = stop_once(check, &stream, i + 1);
	check_close(&stream);
}

const struct check_group check_stop = {
	.name = "stop",
	.about = "the card writes its own buffers only, and nothing after STOP",
	.points = points,
	.count = CHECK_COUNT(points),
	.needs = CHECK_CAPTURE,
	.run = run,
};
