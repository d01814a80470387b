// SPDX-License-Identifier: MIT
/* The other way: what is submitted is sent, or comes back. */
#include "stream.h"
#include "../lib/clock.h"
#include "../lib/interrupt.h"

#include <dmaring/pattern.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum point {
	WORKS = CHECK_WORKS,
	ORDER,
	BYTES,
	KEPT,
	GROW,
	DRAINED,
	COUNTED,
	UNSENT,
};

static const struct check_point points[] = {
	[WORKS] = { "buffers can be had, filled and submitted, and come back",
		    "start(), arm() and the interrupt's handler" },
	[ORDER] = { "frames are sent in the order in which they were submitted",
		    "arm(), and the order of completions" },
	[BYTES] = { "all bytes of a frame are sent, and no frame is damaged",
		    "dmaring_frame_bytes() and dmaring_completion.bytes_used" },
	[KEPT] = { "the card writes nothing into what it sends",
		   "arm(): the direction of the transfer" },
	[GROW] = { "time stamps grow and are not of the future",
		   "dmaring_card_time()" },
	[DRAINED] = { "fsync waits until all is sent",
		      "completions: a frame is forgotten" },
	[COUNTED] = { "what was submitted was sent or came back",
		      "the core, please report it" },
	[UNSENT] = { "STOP gives back what was not sent, unchanged",
		     "stop(): the driver forgets what was armed" },
};

/* One frame that is under way. */
struct sent {
	uint32_t buffer;
	uint32_t bytes;
	uint64_t sum;
};

/* Frames come back in the order in which they went. */
struct play {
	struct check_stream stream;
	struct sent *under_way;		/* a queue of info.buffers + 1 places */
	uint32_t head;
	uint32_t tail;
	uint64_t submitted;
	uint64_t came_sent;
	uint64_t came_unsent;
	uint64_t last_ns;
};

static uint32_t next_place(const struct check *check, uint32_t place)
{
	return (place + 1) % (check->info.buffers + 1);
}

static uint32_t frame_bytes(const struct check *check)
{
	uint32_t bytes = check->info.format.frame_bytes;

	return bytes ? bytes : check->info.buffer_size;
}

static bool submit(struct check *check, struct play *play,
		   struct dmaring_frame *frame)
{
	void *data = dmaring_data_rw(play->stream.handle, frame);
	struct sent *sent = &play->under_way[play->head];

	frame->bytes_used = frame_bytes(check);
	dmaring_pattern_fill(data, DMARING_PATTERN_NOISE, 1, play->submitted, 0,
			     frame->bytes_used);
	*sent = (struct sent){
		.buffer = frame->buffer,
		.bytes = frame->bytes_used,
		.sum = check_sum(data, frame->bytes_used),
	};
	play->head = next_place(check, play->head);
	play->submitted++;
	return check_call(check, WORKS, dmaring_put(play->stream.handle, frame));
}

/* ------------------------------------------------------------- what comes back */

static void look_at_sent(struct check *check, struct play *play,
			 const struct dmaring_frame *frame,
			 const struct sent *sent)
{
	uint64_t is_ns = frame->timestamp_ns;

	check_that(check, BYTES, !(frame->flags & DMARING_FRAME_ERROR),
		   "frame %" PRIu64 " is damaged, says the card",
		   (uint64_t)frame->sequence);
	check_that(check, BYTES, frame->bytes_used == sent->bytes,
		   "of frame %" PRIu64 " %u bytes were sent, submitted were %u",
		   (uint64_t)frame->sequence, frame->bytes_used, sent->bytes);
	check_that(check, GROW, is_ns > play->last_ns,
		   "frame %" PRIu64 " was sent before the one before it",
		   (uint64_t)frame->sequence);
	check_that(check, GROW, is_ns <= clock_ns(),
		   "frame %" PRIu64 " is sent in the future",
		   (uint64_t)frame->sequence);
	play->last_ns = is_ns;
	play->came_sent++;
}

static void look_at_unsent(struct check *check, struct play *play,
			   const struct dmaring_frame *frame,
			   const struct sent *sent)
{
	check_that(check, UNSENT, frame->bytes_used == sent->bytes,
		   "buffer %u comes back with %u bytes, submitted were %u",
		   frame->buffer, frame->bytes_used, sent->bytes);
	play->came_unsent++;
}

/* One that had a frame in it. */
static void look_at_frame(struct check *check, struct play *play,
			  const struct dmaring_frame *frame)
{
	const struct sent *sent = &play->under_way[play->tail];
	const void *data = dmaring_data(play->stream.handle, frame);

	if (!check_that(check, ORDER, play->tail != play->head,
			"buffer %u comes back, and was not submitted",
			frame->buffer))
		return;
	play->tail = next_place(check, play->tail);
	check_that(check, ORDER, frame->buffer == sent->buffer,
		   "buffer %u comes back, the turn was that of %u",
		   frame->buffer, sent->buffer);
	check_that(check, KEPT,
		   frame->buffer != sent->buffer ||
			   check_sum(data, sent->bytes) == sent->sum,
		   "buffer %u has other bytes than were submitted",
		   frame->buffer);
	if (frame->flags & DMARING_FRAME_UNSENT)
		look_at_unsent(check, play, frame, sent);
	else
		look_at_sent(check, play, frame, sent);
}

static bool had_frame(const struct dmaring_frame *frame)
{
	return frame->timestamp_ns || frame->flags & DMARING_FRAME_UNSENT;
}

/* ------------------------------------------------------------------------- play */

/* All that wait: submit them again, or keep them. */
static bool take_back(struct check *check, struct play *play, bool submit_again)
{
	struct dmaring_frame frame;

	while (!dmaring_get(play->stream.handle, &frame, 0)) {
		if (had_frame(&frame))
			look_at_frame(check, play, &frame);
		if (submit_again && !submit(check, play, &frame))
			return false;
	}
	return true;
}

static bool take_one(struct check *check, struct play *play)
{
	struct dmaring_frame frame;

	if (!check_take(check, &play->stream, &frame))
		return false;
	if (had_frame(&frame))
		look_at_frame(check, play, &frame);
	return submit(check, play, &frame);
}

static bool drain(struct check *check, struct play *play)
{
	int err = dmaring_drain(play->stream.handle);

	return !interrupt_signal() &&
	       check_call(check, DRAINED, err) &&
	       take_back(check, play, false) &&
	       check_that(check, DRAINED, play->tail == play->head,
			  "some have not come back");
}

static bool send_for_a_time(struct check *check, struct play *play)
{
	uint64_t end_ns = clock_ns() + check->time_ns;
	bool good = take_back(check, play, true) &&
		    check_start(check, &play->stream);

	while (good && clock_ns() < end_ns)
		good = take_one(check, play);
	return good && drain(check, play) &&
	       check_stop_it(check, &play->stream);
}

/* Some are sent perhaps, and the others come back. */
static bool stop_at_once(struct check *check, struct play *play)
{
	check_close(&play->stream);
	play->tail = play->head;
	play->submitted = 0;
	play->came_sent = 0;
	play->came_unsent = 0;
	return check_open(check, &play->stream) &&
	       take_back(check, play, true) &&
	       check_start(check, &play->stream) &&
	       check_stop_it(check, &play->stream) &&
	       take_back(check, play, false);
}

static void look_at_counters(struct check *check, struct play *play)
{
	struct dmaring_stats stats;

	if (!check_stats_of(check, &play->stream, &stats))
		return;
	check_that(check, COUNTED,
		   stats.consumer_produced == play->submitted &&
			   stats.consumer_delivered == play->came_sent &&
			   stats.consumer_dropped == play->came_unsent,
		   "counted are %" PRIu64 " submitted, %" PRIu64 " sent, %" PRIu64
		   " unsent; it was %" PRIu64 ", %" PRIu64 ", %" PRIu64,
		   (uint64_t)stats.consumer_produced,
		   (uint64_t)stats.consumer_delivered,
		   (uint64_t)stats.consumer_dropped, play->submitted,
		   play->came_sent, play->came_unsent);
	check_that(check, UNSENT,
		   play->came_sent + play->came_unsent == play->submitted,
		   "%" PRIu64 " were submitted, %" PRIu64 " were sent, %" PRIu64 " came back",
		   play->submitted, play->came_sent, play->came_unsent);
}

static void run(struct check *check)
{
	struct play play = { 0 };

	play.under_way = calloc(check->info.buffers + 1,
				sizeof(*play.under_way));
	if (play.under_way && check_open(check, &play.stream)) {
		if (send_for_a_time(check, &play))
			look_at_counters(check, &play);
		if (stop_at_once(check, &play))
			look_at_counters(check, &play);
		check_close(&play.stream);
	}
	free(play.under_way);
}

const struct check_group check_playback = {
	.name = "playback",
	.about = "what is submitted is sent, or comes back",
	.points = points,
	.count = CHECK_COUNT(points),
	.needs = CHECK_PLAYBACK,
	.run = run,
};
