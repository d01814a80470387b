// SPDX-License-Identifier: MIT
/* Numbers of frames, losses, and the counters. */
#include "stream.h"
#include "../lib/clock.h"

#include <inttypes.h>

#define LOOK_EVERY 4		/* frames */

enum point {
	COME = CHECK_WORKS,
	NUMBERS,
	SUMS,
	BUFFERS,
	TAKEN,
	LOSSES,
};

static const struct check_point points[] = {
	[COME] = { "frames come", "the group \"run\"" },
	[NUMBERS] = { "what is missing between two frames are overruns",
		      "dmaring_overrun(): before the frame that came after the loss" },
	[SUMS] = { "at every look, produced frames are those delivered, waiting and lost",
		   "the core, please report it" },
	[BUFFERS] = { "at every look, each buffer has one state",
		      "the core, please report it" },
	[TAKEN] = { "as many frames were taken as the counters say",
		    "the core, please report it" },
	[LOSSES] = { "a card that has buffers loses no frame",
		     "'dmaring capture', whose summary says what to do" },
};

struct account {
	struct dmaring_frame last;
	struct dmaring_loss loss;
	uint64_t frames;
};

static void add(struct check *check, struct account *account,
		const struct dmaring_frame *frame)
{
	struct dmaring_loss loss = { 0 };

	if (account->frames++) {
		check_that(check, NUMBERS,
			   frame->sequence > account->last.sequence,
			   "frame %" PRIu64 " comes after frame %" PRIu64,
			   (uint64_t)frame->sequence,
			   (uint64_t)account->last.sequence);
		dmaring_loss_between(&account->last, frame, &loss);
	}
	check_that(check, NUMBERS, !loss.drops,
		   "before frame %" PRIu64 " %" PRIu64 " are missing that were no overruns",
		   (uint64_t)frame->sequence, loss.drops);
	account->loss.overruns += loss.overruns;
	account->last = *frame;
}

static bool look(struct check *check, struct check_stream *stream,
		 const struct account *account)
{
	struct dmaring_stats stats;

	if (!check_stats_of(check, stream, &stats))
		return false;
	check_that(check, SUMS,
		   stats.produced == stats.completed + stats.overruns,
		   "produced %" PRIu64 ", completed %" PRIu64 ", overruns %" PRIu64,
		   (uint64_t)stats.produced, (uint64_t)stats.completed,
		   (uint64_t)stats.overruns);
	check_that(check, SUMS,
		   stats.consumer_produced ==
			   stats.consumer_delivered + stats.consumer_waiting +
			   stats.consumer_dropped + stats.consumer_overruns,
		   "the consumer's frames do not add up");
	check_that(check, BUFFERS,
		   stats.idle + stats.armed + stats.held + stats.quarantined +
			   stats.absent == check->info.buffers,
		   "%u idle, %u armed, %u held, %u quarantined of %u",
		   stats.idle, stats.armed, stats.held, stats.quarantined,
		   check->info.buffers);
	check_that(check, TAKEN, stats.consumer_delivered == account->frames,
		   "%" PRIu64 " were taken, counted are %" PRIu64,
		   account->frames, (uint64_t)stats.consumer_delivered);
	return true;
}

static bool take_one(struct check *check, struct check_stream *stream,
		     struct account *account)
{
	struct dmaring_frame frame;

	if (!check_take(check, stream, &frame))
		return false;
	add(check, account, &frame);
	return check_give(check, stream, &frame) &&
	       (account->frames % LOOK_EVERY ||
		look(check, stream, account));
}

static void look_at_losses(struct check *check, const struct account *account)
{
	check_that(check, LOSSES, true, "-");
	if (account->loss.overruns)
		check_warn(check, LOSSES,
			   "%" PRIu64 " overruns among %" PRIu64 " frames: too few buffers, or the machine is too busy",
			   account->loss.overruns, account->frames);
}

static void run(struct check *check)
{
	uint64_t end_ns = clock_ns() + check->time_ns;
	struct account account = { 0 };
	struct check_stream stream;
	bool good;

	if (!check_measure(check) || !check_open(check, &stream))
		return;
	good = check_start(check, &stream);
	while (good && (clock_ns() < end_ns || account.frames < 2))
		good = take_one(check, &stream, &account);
	if (good && check_stop_it(check, &stream) &&
	    look(check, &stream, &account))
		look_at_losses(check, &account);
	check_close(&stream);
}

const struct check_group check_account = {
	.name = "account",
	.about = "numbers of frames, losses and counters",
	.points = points,
	.count = CHECK_COUNT(points),
	.needs = CHECK_CAPTURE,
	.run = run,
};
