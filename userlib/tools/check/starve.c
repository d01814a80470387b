// SPDX-License-Identifier: MIT
/* All buffers are held: the card loses frames or waits, and then goes on. */
#include "stream.h"
#include "../lib/clock.h"

#include <inttypes.h>
#include <stdlib.h>

#define TAKE_MAX_NS (30 * NS_PER_SECOND) /* to get hold of all buffers */
#define HUNGRY_PERIODS 16
#define SLACK 2				/* frames */

enum point {
	COME = CHECK_WORKS,
	LAST,
	COUNTED,
	MANY,
	ON,
};

static const struct check_point points[] = {
	[COME] = { "frames come until the last buffer is held",
		   "arm(): it takes buffers until -EBUSY, and is asked anew by dmaring_refill()" },
	[LAST] = { "the card gets no buffer that is held",
		   "completions of buffers that are not armed" },
	[COUNTED] = { "without a buffer frames are counted as lost, or the card waits",
		      "dmaring_overrun(), or DMARING_FRAME_DISCONTINUITY" },
	[MANY] = { "as many are lost as would have come",
		   "dmaring_overrun(): each lost frame once" },
	[ON] = { "it goes on when buffers come back",
		 "dmaring_refill(): who calls it when the card has nothing to interrupt for?" },
};

struct hunger {
	struct dmaring_frame *held;
	uint32_t count;
	struct dmaring_stats before;
	struct dmaring_stats after;
	struct dmaring_frame next;	/* the first one that comes afterwards */
};

static bool hold_all(struct check *check, struct check_stream *stream,
		     struct hunger *hunger)
{
	for (; hunger->count < check->info.buffers; hunger->count++)
		if (!check_take(check, stream, &hunger->held[hunger->count]))
			return false;
	return true;
}

static bool be_hungry(struct check *check, struct check_stream *stream,
		      struct hunger *hunger)
{
	if (!check_stats_of(check, stream, &hunger->before))
		return false;
	check_pause(check, HUNGRY_PERIODS);
	return check_stats_of(check, stream, &hunger->after);
}

static void look_at_held(struct check *check, const struct hunger *hunger)
{
	const struct dmaring_stats *before = &hunger->before;
	const struct dmaring_stats *after = &hunger->after;

	check_that(check, LAST, after->held == check->info.buffers,
		   "of %u buffers %u are held, %u armed, %u quarantined",
		   check->info.buffers, after->held, after->armed,
		   after->quarantined);
	check_that(check, LAST, after->completed == before->completed,
		   "%" PRIu64 " frames came into no buffer",
		   (uint64_t)(after->completed - before->completed));
}

static bool eat(struct check *check, struct check_stream *stream,
		struct hunger *hunger)
{
	uint32_t i;

	for (i = 0; i < hunger->count; i++)
		if (!check_give(check, stream, &hunger->held[i]))
			return false;
	if (!check_take(check, stream, &hunger->next) ||
	    !check_give(check, stream, &hunger->next) ||
	    !check_pass(check, stream, 2))
		return false;
	return check_that(check, ON, true, "-");
}

/* Where frames come evenly, as many as fit into the time. */
static void look_how_many(struct check *check, uint64_t lost, uint64_t ns)
{
	uint64_t due = ns / check->period_ns;

	check_that(check, MANY, lost <= due + due / 2 + SLACK,
		   "%" PRIu64 " were lost in %" PRIu64 " us, in which %" PRIu64 " were due",
		   lost, ns / 1000, due);
	check_that(check, MANY, lost + SLACK >= due / 2,
		   "%" PRIu64 " were lost in %" PRIu64 " us, in which %" PRIu64 " were due",
		   lost, ns / 1000, due);
}

static void look_at_losses(struct check *check, const struct hunger *hunger)
{
	const struct dmaring_frame *last = &hunger->held[hunger->count - 1];
	const struct dmaring_frame *next = &hunger->next;
	bool marked = next->flags & DMARING_FRAME_DISCONTINUITY;
	struct dmaring_loss loss;

	dmaring_loss_between(last, next, &loss);
	check_that(check, COUNTED, !loss.drops,
		   "%" PRIu64 " frames are missing that were no overruns",
		   loss.drops);
	if (marked)
		check_skip(check, MANY, "the card does not know: DISCONTINUITY");
	else if (!loss.overruns)
		check_skip(check, MANY, "the card waits");
	else
		look_how_many(check, loss.overruns,
			      next->timestamp_ns - last->timestamp_ns);
}

static void starve(struct check *check, struct check_stream *stream,
		   struct hunger *hunger)
{
	if (!check_start(check, stream) || !hold_all(check, stream, hunger) ||
	    !be_hungry(check, stream, hunger))
		return;
	look_at_held(check, hunger);
	if (!eat(check, stream, hunger))
		check_that(check, ON, false, "no frame came");
	else
		look_at_losses(check, hunger);
}

static void run(struct check *check)
{
	struct hunger hunger = { 0 };
	struct check_stream stream;

	if (!check_measure(check))
		return;
	if (check->period_ns * check->info.buffers > TAKE_MAX_NS) {
		check_give_up(check, "with %u buffers it takes too long",
			      check->info.buffers);
		return;
	}
	if (!check_open(check, &stream))
		return;
	hunger.held = calloc(check->info.buffers, sizeof(*hunger.held));
	if (hunger.held)
		starve(check, &stream, &hunger);
	free(hunger.held);
	dmaring_stop(stream.handle);
	check_close(&stream);
}

const struct check_group check_starve = {
	.name = "starve",
	.about = "all buffers are held: the card loses frames or waits",
	.points = points,
	.count = CHECK_COUNT(points),
	.needs = CHECK_CAPTURE,
	.run = run,
};
