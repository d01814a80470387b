// SPDX-License-Identifier: MIT
/* Time stamps. */
#include "stream.h"
#include "../lib/clock.h"

#include <inttypes.h>

#define NS_PER_US 1000
#define NEAR_NS NS_PER_SECOND		/* what came before cannot be older */
#define FIRST_FRAMES 16			/* until the clocks know each other */
#define RATE_PERCENT 10

enum point {
	COME = CHECK_WORKS,
	GROW,
	PAST,
	NEAR,
	STAMPED,
	RATE,
};

static const struct check_point points[] = {
	[COME] = { "frames come", "the group \"run\"" },
	[GROW] = { "each time stamp is later than the one before",
		   "dmaring_card_time(): once for each frame, in their order" },
	[PAST] = { "no time stamp is of the future",
		   "config.clock_hertz and read_clock()" },
	[NEAR] = { "no time stamp is older than the wait for its frame",
		   "config.clock_hertz, clock_bits and read_clock()" },
	[STAMPED] = { "all frames have the card's time, or none",
		      "dmaring_card_time(): -ERANGE, the card's stamps make no sense" },
	[RATE] = { "frames come as often as the format says",
		   "config.format: rate_numerator and rate_denominator" },
};

struct times {
	struct dmaring_frame first;
	struct dmaring_frame last;
	uint64_t frames;
	bool stamped;		/* one was, by the card */
};

static void look_at_stamp(struct check *check, struct times *times,
			  const struct dmaring_frame *frame)
{
	bool by_card = frame->flags & DMARING_FRAME_HW_TIMESTAMP;

	if (by_card)
		check_that(check, STAMPED,
			   times->stamped || times->frames <= FIRST_FRAMES,
			   "the first %" PRIu64 " had none", times->frames);
	else
		check_that(check, STAMPED, !times->stamped,
			   "frame %" PRIu64 " has none, though others before had",
			   (uint64_t)frame->sequence);
	times->stamped |= by_card;
}

/* @idle_ns: nothing waited then. */
static void look_at_frame(struct check *check, struct times *times,
			  const struct dmaring_frame *frame, uint64_t idle_ns)
{
	uint64_t now_ns = clock_ns(), is_ns = frame->timestamp_ns;
	uint64_t before_ns = times->last.timestamp_ns;

	check_that(check, PAST, is_ns <= now_ns,
		   "frame %" PRIu64 " is %" PRIu64 " us ahead of CLOCK_MONOTONIC",
		   (uint64_t)frame->sequence, (is_ns - now_ns) / NS_PER_US);
	check_that(check, GROW, !times->frames || is_ns > before_ns,
		   "frame %" PRIu64 " is %" PRIu64 " us before frame %" PRIu64,
		   (uint64_t)frame->sequence, (before_ns - is_ns) / NS_PER_US,
		   (uint64_t)times->last.sequence);
	if (idle_ns)
		check_that(check, NEAR, is_ns + NEAR_NS > idle_ns,
			   "frame %" PRIu64 " is %" PRIu64 " us older than the wait for it",
			   (uint64_t)frame->sequence,
			   (idle_ns - is_ns) / NS_PER_US);
	look_at_stamp(check, times, frame);
	if (!times->frames++)
		times->first = *frame;
	times->last = *frame;
}

static bool take_one(struct check *check, struct check_stream *stream,
		     struct times *times)
{
	struct dmaring_frame frame;
	uint64_t idle_ns = 0;

	if (dmaring_next(stream->handle, &frame, 0)) {
		idle_ns = clock_ns();
		if (!check_take(check, stream, &frame))
			return false;
	}
	look_at_frame(check, times, &frame, idle_ns);
	return check_give(check, stream, &frame);
}

/* Machines that are emulated are late, but not all of the time. */
static void look_at_rate(struct check *check, const struct times *times)
{
	const struct dmaring_format *format = &check->info.format;
	uint64_t frames = times->last.sequence - times->first.sequence;
	double ns = times->last.timestamp_ns - times->first.timestamp_ns;
	double is, says;

	if (!format->rate_numerator || !format->rate_denominator ||
	    format->channels > 1 || format->height <= 1) {
		check_skip(check, RATE, "the format does not say how often");
		return;
	}
	if (frames < FIRST_FRAMES || ns <= 0) {
		check_skip(check, RATE, "%" PRIu64 " frames are too few: see --time",
			   frames);
		return;
	}
	is = frames * (double)NS_PER_SECOND / ns;
	says = (double)format->rate_numerator / format->rate_denominator;
	check_that(check, RATE, true, "-");
	if (is * 100 < says * (100 - RATE_PERCENT) ||
	    is * 100 > says * (100 + RATE_PERCENT))
		check_warn(check, RATE, "%.3f frames come a second, it says %.3f",
			   is, says);
}

static void run(struct check *check)
{
	uint64_t end_ns = clock_ns() + check->time_ns;
	struct check_stream stream;
	struct times times = { 0 };
	bool good;

	if (!check_measure(check) || !check_open(check, &stream))
		return;
	good = check_start(check, &stream);
	while (good && (clock_ns() < end_ns || times.frames < 2))
		good = take_one(check, &stream, &times);
	if (good)
		look_at_rate(check, &times);
	dmaring_stop(stream.handle);
	check_close(&stream);
}

const struct check_group check_time = {
	.name = "time",
	.about = "time stamps",
	.points = points,
	.count = CHECK_COUNT(points),
	.needs = CHECK_CAPTURE,
	.run = run,
};
