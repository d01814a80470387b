// SPDX-License-Identifier: MIT
/* What the core counted of a card that lies, in all groups. */
#include "stream.h"
#include "../lib/clock.h"
#include "../lib/interrupt.h"

#include <inttypes.h>

enum point {
	WORKS = CHECK_WORKS,
	COMPLETIONS,
	ERRORS,
	STALLS,
	DOUBT,
	STATE,
};

static const struct check_point points[] = {
	[WORKS] = { "the stream works", "the group \"run\" or \"playback\"" },
	[COMPLETIONS] = { "only buffers that are armed were completed",
			  "the handler: which buffer does the card tell of?" },
	[ERRORS] = { "no frame was damaged, or had an impossible length",
		     "what the card says of errors and lengths; trace dmaring_card_fault" },
	[STALLS] = { "the card never fell silent with buffers in its hands",
		     "interrupts and doorbells that are lost; frame_due() with a trigger" },
	[DOUBT] = { "no buffer is kept aside because of the card",
		    "stop(), and what the card says of lengths" },
	[STATE] = { "the stream has not failed", "dmaring_fail() and the kernel's log" },
};

static bool capture_for_a_time(struct check *check, struct check_stream *stream)
{
	uint64_t end_ns = clock_ns() + check->time_ns;
	bool good = check_start(check, stream);

	while (good && clock_ns() < end_ns && !interrupt_signal())
		good = check_pass(check, stream, 1);
	return good;
}

static void compare(struct check *check, const struct dmaring_stats *now)
{
	const struct dmaring_stats *then = &check->before;
	uint32_t doubt = now->quarantined - now->referenced;

	check_that(check, COMPLETIONS,
		   now->bad_completions == then->bad_completions,
		   "%" PRIu64 " completions were of others",
		   (uint64_t)(now->bad_completions - then->bad_completions));
	check_that(check, ERRORS, now->errors == then->errors,
		   "%" PRIu64 " were counted",
		   (uint64_t)(now->errors - then->errors));
	check_that(check, STALLS, now->stalls == then->stalls,
		   "%" PRIu64 " stalls were counted",
		   (uint64_t)(now->stalls - then->stalls));
	check_that(check, DOUBT, !doubt, "%u buffers are quarantined", doubt);
}

static void look(struct check *check, struct check_stream *stream)
{
	struct dmaring_stats stats;
	struct dmaring_info info;

	if (check_stats_of(check, stream, &stats))
		compare(check, &stats);
	if (!dmaring_get_info(stream->handle, &info))
		check_that(check, STATE, !(info.state & DMARING_STATE_FAILED),
			   "it says that it has");
}

static void run(struct check *check)
{
	struct check_stream stream;

	if (!check_open(check, &stream))
		return;
	if (check->info.direction == DMARING_CAPTURE && !check->silent) {
		capture_for_a_time(check, &stream);
		look(check, &stream);
		dmaring_stop(stream.handle);
	}
	look(check, &stream);
	check_close(&stream);
}

const struct check_group check_trust = {
	.name = "trust",
	.about = "the card told no lie, and never stalled, in all of this",
	.points = points,
	.count = CHECK_COUNT(points),
	.run = run,
};
