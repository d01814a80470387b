// SPDX-License-Identifier: MIT
/* Frames: do they come, again and again, and are they what they are said to be? */
#include "stream.h"
#include "../lib/clock.h"
#include "../lib/interrupt.h"

#include <dmaring/pattern.h>
#include <inttypes.h>
#include <stdlib.h>

#define ROUNDS 5
#define TURNS 3			/* of the pool, so that each buffer had its chance */
#define START_SLACK_NS 2000000	/* a card's clock is not ours */

enum point {
	COME = CHECK_WORKS,
	FRESH,
	LENGTHS,
	WRITTEN,
	PATTERN,
	FLAGS,
	ROUND,
};

static const struct check_point points[] = {
	[COME] = { "frames come after each START, and STOP ends them",
		   "start(), arm() and the interrupt's handler" },
	[FRESH] = { "no frame of before START comes after it",
		    "stop(): a handler still ran, or the card's queue was not emptied" },
	[LENGTHS] = { "a frame has the bytes of the format",
		      "dmaring_completion.bytes_used" },
	[WRITTEN] = { "all of a frame is written",
		      "arm(): bus addresses and lengths" },
	[PATTERN] = { "each byte is that of the test pattern",
		      "the order of completions, and dmaring_sequence()" },
	[FLAGS] = { "no frame has a flag without a reason",
		    "dmaring_completion.flags" },
	[ROUND] = { "each buffer comes round",
		    "completions: a buffer that was armed is forgotten" },
};

struct seen {
	uint64_t *last;		/* frame that was in each buffer; 0: none */
	uint64_t frames;
	bool first;		/* of a START */
};

/* ------------------------------------------------------------------- one frame */

static void look_at_length(struct check *check, const struct dmaring_frame *frame)
{
	uint32_t whole = check->info.format.frame_bytes;
	bool marked = frame->flags &
		      (DMARING_FRAME_ERROR | DMARING_FRAME_TRUNCATED);

	check_that(check, LENGTHS, frame->bytes_used <= whole,
		   "frame %" PRIu64 " has %u bytes, one of the format %u",
		   (uint64_t)frame->sequence, frame->bytes_used, whole);
	check_that(check, LENGTHS, marked || frame->bytes_used >= whole,
		   "frame %" PRIu64 " has %u of %u bytes, and neither ERROR nor TRUNCATED",
		   (uint64_t)frame->sequence, frame->bytes_used, whole);
}

static void look_at_pattern(struct check *check, const struct dmaring_frame *frame,
			    const uint8_t *data)
{
	const struct dmaring_format *format = &check->info.format;
	uint32_t good;

	if (!(check->info.caps & DMARING_CAP_TEST_PATTERN)) {
		check_skip(check, PATTERN, "the card sends none");
		return;
	}
	good = dmaring_pattern_check_frame(data, frame->hw_meta, format,
					   frame->sequence, frame->bytes_used);
	check_that(check, PATTERN, good == frame->bytes_used,
		   "frame %" PRIu64 ", buffer %u: byte %u is 0x%02x",
		   (uint64_t)frame->sequence, frame->buffer, good, data[good]);
}

/* A line's bytes that are no padding, or all of the frame's, if it has no lines. */
static uint32_t line_bytes(const struct dmaring_format *format, uint32_t all)
{
	const struct dmaring_format_row *row =
		dmaring_format_find(format->pixelformat);
	uint32_t channels = format->channels ? format->channels : 1;
	uint64_t bytes;

	if (!row || !format->bytes_per_line)
		return all;
	bytes = dmaring_format_line_bytes(row, format->width, channels);
	return bytes < format->bytes_per_line ? bytes : all;
}

/* The first byte that nobody has written; -1: there is none. */
static int64_t find_hole(const struct check *check, const uint8_t *data,
			 uint32_t bytes)
{
	const struct dmaring_format *format = &check->info.format;
	uint32_t line = line_bytes(format, bytes), at;
	uint32_t step = line < bytes ? format->bytes_per_line : bytes;
	int64_t hole = -1;

	for (at = 0; at + line <= bytes && hole < 0; at += step)
		hole = check_unwritten(data + at, at, line);
	return hole;
}

static void look_at_content(struct check *check, const struct check_stream *stream,
			    const struct dmaring_frame *frame)
{
	const uint8_t *data = check_buffer(stream, check, frame->buffer);
	int64_t hole;

	if (frame->buffer >= stream->watched) {
		check_skip(check, WRITTEN, "the buffers cannot be written");
		return;
	}
	hole = find_hole(check, data, frame->bytes_used);
	check_that(check, WRITTEN, hole < 0,
		   "frame %" PRIu64 ", buffer %u: nobody has written it from byte %" PRId64 " on",
		   (uint64_t)frame->sequence, frame->buffer, hole);
	look_at_pattern(check, frame, data);
}

static void look_at_flags(struct check *check, const struct dmaring_frame *frame)
{
	check_that(check, FLAGS, !(frame->flags & DMARING_FRAME_UNSENT),
		   "frame %" PRIu64 " is called unsent",
		   (uint64_t)frame->sequence);
	if (frame->flags & (DMARING_FRAME_ERROR | DMARING_FRAME_TRUNCATED))
		check_warn(check, FLAGS,
			   "frame %" PRIu64 " is damaged or truncated, says the card",
			   (uint64_t)frame->sequence);
}

static void look_at_frame(struct check *check, const struct check_stream *stream,
			  const struct dmaring_frame *frame, struct seen *seen)
{
	check_that(check, FRESH,
		   frame->timestamp_ns + START_SLACK_NS > stream->start_ns,
		   "frame %" PRIu64 " is %" PRIu64 " us older than START",
		   (uint64_t)frame->sequence,
		   (stream->start_ns - (uint64_t)frame->timestamp_ns) / 1000);
	/* The first one after a start may tell of the time before. */
	if (frame->flags & DMARING_FRAME_DISCONTINUITY && !seen->first)
		check_warn(check, FLAGS,
			   "frame %" PRIu64 " is behind a gap of unknown length",
			   (uint64_t)frame->sequence);
	look_at_length(check, frame);
	look_at_content(check, stream, frame);
	look_at_flags(check, frame);
	seen->last[frame->buffer] = ++seen->frames;
	seen->first = false;
}

/* ------------------------------------------------------------------- all of them */

static bool take_one(struct check *check, struct check_stream *stream,
		     struct seen *seen)
{
	struct dmaring_frame frame;

	if (!check_take(check, stream, &frame))
		return false;
	look_at_frame(check, stream, &frame, seen);
	check_poison(check, stream, frame.buffer);
	return check_give(check, stream, &frame);
}

static bool run_for_a_time(struct check *check, struct check_stream *stream,
			   struct seen *seen)
{
	uint64_t end_ns = clock_ns() + check->time_ns;
	bool good = check_start(check, stream);

	seen->first = true;
	while (good && (clock_ns() < end_ns || !seen->frames))
		good = take_one(check, stream, seen);
	return good && check_stop_it(check, stream);
}

/* With a frame, and without waiting for one. */
static bool run_shortly(struct check *check, struct check_stream *stream,
			struct seen *seen)
{
	bool good = check_start(check, stream) && check_stop_it(check, stream);

	seen->first = true;
	return good && check_start(check, stream) &&
	       take_one(check, stream, seen) && check_stop_it(check, stream);
}

static void look_who_came(struct check *check, const struct seen *seen)
{
	uint64_t enough = (uint64_t)TURNS * check->info.buffers;
	uint32_t i;

	if (seen->frames < enough) {
		check_skip(check, ROUND,
			   "%" PRIu64 " frames came, for %u buffers it takes %" PRIu64 ": see --time",
			   seen->frames, check->info.buffers, enough);
		return;
	}
	for (i = 0; i < check->info.buffers; i++)
		check_that(check, ROUND, seen->frames - seen->last[i] <= enough,
			   "of the last %" PRIu64 " frames none was in buffer %u",
			   enough, i);
}

static void run(struct check *check)
{
	struct check_stream stream;
	struct seen seen = { 0 };
	bool good;
	int i;

	if (!check_open(check, &stream))
		return;
	seen.last = calloc(check->info.buffers, sizeof(*seen.last));
	check_poison_all(check, &stream);
	good = seen.last && run_for_a_time(check, &stream, &seen);
	for (i = 0; good && i < ROUNDS && !interrupt_signal(); i++) {
		check_poison_all(check, &stream);
		good = run_shortly(check, &stream, &seen);
	}
	if (good)
		look_who_came(check, &seen);
	check->silent = !seen.frames;
	free(seen.last);
	check_close(&stream);
}

const struct check_group check_run = {
	.name = "run",
	.about = "frames come, and are what they are said to be",
	.points = points,
	.count = CHECK_COUNT(points),
	.needs = CHECK_CAPTURE,
	.run = run,
};
