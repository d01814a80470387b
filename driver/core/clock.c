// SPDX-License-Identifier: GPL-2.0-only
/*
 * A card's clock, mapped to CLOCK_MONOTONIC.
 *
 * The card has a counter, which its driver can read.  The counter had its value
 * some time between the moment before and the moment after it was read; so each
 * reading bounds where the clocks are to each other from both sides, and of some
 * the tightest bounds count.  That is done at START and then once in SYNC_MS,
 * because clocks drift.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/math64.h>

#include "internal.h"

#define SYNC_MS		1000
#define SYNC_TRIES	8
#define SYNC_TRIES_FIRST 64	/* without an answer, as long as none is known */
#define SYNC_REST_US	100	/* for a card that has not answered */
#define SYNC_GOOD_NS	2000	/* better is not worth another reading */
/* A counter that begins anew sooner could do so between two readings unseen. */
#define WRAP_MIN_S	4
/* Half a period that is longer is never waited for. */
#define PERIODS_MAX_S	3600
/* Beyond that it is no error of the mapping. */
#define FUTURE_MAX_NS	10000000
#define PAST_MAX_NS	(10ULL * NSEC_PER_SEC)

/* When the counter had the value @ticks: between @least and @most. */
struct bounds {
	u64 ticks;
	s64 least;
	s64 most;
};

/* How long after the one the other value is, negative if before, nanoseconds. */
static s64 ticks_to_ns(const struct dmaring_clock *clock, u64 ticks, u64 since)
{
	unsigned int unused = 64 - clock->bits;
	s64 delta = (s64)((ticks - since) << unused) >> unused;
	/* 68 years are beyond belief; more of them would be no number any more. */
	u64 ns = min_t(u64, abs(delta), (u64)clock->hertz << 31);

	if (clock->hertz != NSEC_PER_SEC)
		ns = mul_u64_u32_div(ns, NSEC_PER_SEC, clock->hertz);
	return delta < 0 ? -(s64)ns : (s64)ns;
}

/* Read it once; true if it could be, which narrows the bounds. */
static bool narrow(struct dmaring_stream *stream, struct bounds *bounds)
{
	struct dmaring_clock *clock = &stream->clock;
	u64 before = ktime_get_ns(), after, ticks;
	s64 ns;

	if (stream->ops->read_clock(stream->hw, &ticks))
		return false;
	after = ktime_get_ns();
	if (bounds->least == S64_MIN)
		bounds->ticks = ticks;
	ns = ticks_to_ns(clock, ticks, bounds->ticks);
	bounds->least = max_t(s64, bounds->least, before - ns);
	bounds->most = min_t(s64, bounds->most, after - ns);
	return true;
}

/* Narrow enough; or they contradict each other, and more would not help. */
static bool are_good(const struct bounds *bounds)
{
	return bounds->least != S64_MIN &&
	       bounds->most - bounds->least <= SYNC_GOOD_NS;
}

/* What was known of the mapping goes on, unless the new bounds tell more. */
static void learn(struct dmaring_clock *clock, const struct bounds *bounds)
{
	s64 width_ns = bounds->most - bounds->least;
	s64 ns = clock->ns + ticks_to_ns(clock, bounds->ticks, clock->ticks);

	if (!clock->known || width_ns <= clock->width_ns ||
	    ns < bounds->least || ns > bounds->most) {
		ns = bounds->least + width_ns / 2;
		clock->width_ns = width_ns;
	}
	/* Anew each time, so that the counter has not wrapped since. */
	clock->ticks = bounds->ticks;
	clock->ns = ns;
	clock->read_ns = ktime_get_ns();
	clock->known = true;
}

static void sync(struct dmaring_stream *stream)
{
	struct bounds bounds = { .least = S64_MIN, .most = S64_MAX };
	struct dmaring_clock *clock = &stream->clock;
	/* Until the first answer no frame has the card's time: that is worth waiting. */
	unsigned int i, tries = clock->known ? SYNC_TRIES : SYNC_TRIES_FIRST;

	for (i = 0; i < tries && !are_good(&bounds); i++) {
		if (narrow(stream, &bounds))
			tries = SYNC_TRIES;
		else
			usleep_range(SYNC_REST_US, 2 * SYNC_REST_US);
	}
	/* No answer: what was known stays.  A lie: it is not worse than that. */
	if (bounds.least == S64_MIN || bounds.least > bounds.most)
		return;
	write_seqlock_irq(&clock->lock);
	learn(clock, &bounds);
	write_sequnlock_irq(&clock->lock);
}

static void sync_work(struct work_struct *work)
{
	struct dmaring_stream *stream =
		container_of(work, struct dmaring_stream, clock.work.work);

	sync(stream);
	schedule_delayed_work(&stream->clock.work, msecs_to_jiffies(SYNC_MS));
}

/* For nearly half of its period a counter tells which way it went. */
static s64 fresh_ns(const struct dmaring_clock *clock)
{
	u64 half_s = div_u64(1ULL << (clock->bits - 1), clock->hertz);

	return min_t(u64, half_s, PERIODS_MAX_S) * NSEC_PER_SEC / 8 * 7;
}

/**
 * dmaring_clock_init() - what the driver says of its clock
 * @stream: the stream.
 * @hertz:  see struct dmaring_config.
 * @bits:   likewise.
 *
 * Return: 0; -EINVAL for a counter that begins anew too soon.
 */
int dmaring_clock_init(struct dmaring_stream *stream, u32 hertz, u32 bits)
{
	struct dmaring_clock *clock = &stream->clock;

	clock->hertz = hertz;
	clock->bits = bits ?: 64;
	seqlock_init(&clock->lock);
	INIT_DELAYED_WORK(&clock->work, sync_work);
	if (!hertz)
		return 0;
	if (!stream->ops->read_clock || clock->bits > 64)
		return -EINVAL;
	clock->fresh_ns = clock->bits < 64 ? fresh_ns(clock) : S64_MAX;
	return div_u64(GENMASK_ULL(clock->bits - 1, 0), hertz) < WRAP_MIN_S ?
		       -EINVAL : 0;
}

/* The card was started, and has no buffer yet. */
void dmaring_clock_start(struct dmaring_stream *stream)
{
	lockdep_assert_held(&stream->state_mutex);
	if (!stream->clock.hertz)
		return;
	/* Nobody knows how often it has begun anew. */
	if (stream->clock.bits < 64)
		stream->clock.known = false;
	sync(stream);
	schedule_delayed_work(&stream->clock.work, msecs_to_jiffies(SYNC_MS));
}

/* It is about to be stopped. */
void dmaring_clock_stop(struct dmaring_stream *stream)
{
	cancel_delayed_work_sync(&stream->clock.work);
}

/*
 * What it was at the counter's value; false if that is not known.  A counter that
 * has not been read for nearly half of its period may have been anywhere.
 */
static bool map(struct dmaring_clock *clock, u64 ticks, u64 now, u64 *ns)
{
	unsigned int seq;
	bool known;

	do {
		seq = read_seqbegin(&clock->lock);
		/* It may have been read since. */
		known = clock->known &&
			(s64)(now - clock->read_ns) < clock->fresh_ns;
		*ns = clock->ns + ticks_to_ns(clock, ticks, clock->ticks);
	} while (read_seqretry(&clock->lock, seq));
	return known;
}

int dmaring_card_time(struct dmaring_stream *stream, u64 ticks, u64 *ns)
{
	struct dmaring_clock *clock = &stream->clock;
	u64 now = ktime_get_ns(), mapped;

	if (!clock->hertz || !map(clock, ticks, now, &mapped))
		return -EAGAIN;
	if (mapped - (now - PAST_MAX_NS) > PAST_MAX_NS + FUTURE_MAX_NS)
		return -ERANGE;
	/* Time does not go back, nor is it later than now. */
	*ns = max(min(mapped, now), READ_ONCE(stream->stamped_ns) + 1);
	return 0;
}
EXPORT_SYMBOL_GPL(dmaring_card_time);
