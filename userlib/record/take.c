// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which frames are taken, and into which files they go. */
#include "checksum.h"
#include "recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

static struct write *free_write(struct dmaring_recorder *recorder)
{
	for (uint32_t i = 0; i < recorder->options.depth; i++)
		if (!recorder->writes[i].job.engine.busy)
			return &recorder->writes[i];
	return NULL;
}

static void count_losses(struct dmaring_recorder *recorder,
			 const struct dmaring_record *record)
{
	recorder->state.overruns += record->overruns;
	recorder->state.drops += record->drops;
	recorder->state.skipped += record->skipped;
}

/* The files are for frames of one format. */
static int refuse_frame(struct dmaring_recorder *recorder,
			const struct dmaring_frame *frame, const void *data)
{
	if (frame->format_seq != recorder->info.format_seq)
		return record_error(EPROTO, "frame %" PRIu64 " has another format than the recording; begin a new one",
				    (uint64_t)frame->sequence);
	if (frame->bytes_used > recorder->info.format.frame_bytes)
		return record_error(EPROTO, "frame %" PRIu64 " has more bytes than its format says",
				    (uint64_t)frame->sequence);
	if (!data)
		return record_error(EOPNOTSUPP, "frame %" PRIu64 " is in memory that cannot be read",
				    (uint64_t)frame->sequence);
	return 0;
}

/*
 * All that reads the frame comes first: it can raise SIGBUS when the card goes, and then
 * we are never back here.
 */
static int write_frame(struct dmaring_recorder *recorder, struct write *write,
		       bool at_trigger)
{
	const struct dmaring_frame *frame = &write->frame;
	struct segment *segment = recorder_current(recorder);
	const void *data = dmaring_data(recorder->stream, frame);
	struct dmaring_record record =
		index_record(frame, recorder->has_last ? &recorder->last : NULL,
			     recorder->trigger.skipped, segment->stride, segment->added);
	int err = refuse_frame(recorder, frame, data);

	if (err) {
		recorder_give_back(recorder, write);
		return recorder_fail(recorder, err);
	}
	if (at_trigger)
		record.flags |= DMARING_RECORD_TRIGGER;
	recorder->reading = true;
	record.frame_crc = checksum(recorder->checksums, data, frame->bytes_used);
	index_seal(&record);
	if (write->staging) {
		memcpy(write->staging, data, frame->bytes_used);
		data = write->staging;
	}
	recorder->reading = false;
	write->at = segment_add(segment, &record);
	count_losses(recorder, &record);
	recorder->last = *frame;
	recorder->has_last = true;
	recorder->trigger.skipped = 0;
	recorder->state.taken += !segment->before;
	recorder->trigger.passed += segment->before;
	recorder->state.triggers += at_trigger;
	if (write->staging)
		recorder_give_back(recorder, write);
	write->job.kind = JOB_WRITE;
	write->job.segment = segment;
	engine_write(&recorder->engine, &write->job.engine, segment->data, data,
		     segment->stride, record.position);
	recorder->state.waiting++;
	return 0;
}

/* Are the frames of this pair of files all there?  It has one at least. */
static bool is_enough(struct dmaring_recorder *recorder)
{
	const struct dmaring_recorder_options *options = &recorder->options;
	const struct segment *segment = recorder_current(recorder);
	uint64_t bytes = DMARING_RECORD_ALIGN + (segment->added + 1) * segment->stride;

	if (!segment->added)
		return false;
	if (segment->before)
		return segment->added >= recorder->blocks.size;
	return recorder->new_event ||
	       (options->split_frames && segment->added >= options->split_frames) ||
	       (options->split_bytes && bytes > options->split_bytes) ||
	       (options->split_ms &&
		recorder_now_ns(CLOCK_MONOTONIC) - recorder->segment_ns >=
			options->split_ms * NS_PER_MS);
}

/* -EAGAIN: the pair before is not yet ended. */
static int split(struct dmaring_recorder *recorder)
{
	bool enough = is_enough(recorder);

	if (enough && recorder_ending(recorder))
		return -EAGAIN;
	recorder->new_event = false;
	if (!enough)
		return 0;
	recorder->current = !recorder->current;
	return recorder_begin_segment(recorder);
}

static bool wants_more(const struct dmaring_recorder *recorder)
{
	return !recorder->failed &&
	       (!recorder->limit || recorder->state.taken < recorder->limit);
}

/* A frame is to be recorded: is there room for it in the files?  -EAGAIN: not yet. */
static int make_room(struct dmaring_recorder *recorder)
{
	int err = split(recorder);

	if (err)
		return err;
	if (!segment_has_room(recorder_current(recorder)))
		return -EAGAIN;
	return segment_reserve(recorder_current(recorder));
}

/* What waited in these files is recorded now. */
static int adopt_segment(struct dmaring_recorder *recorder, struct segment *segment)
{
	struct dmaring_recorder_state *state = &recorder->state;
	uint64_t written;
	int err;

	if (!segment || !segment->before)
		return 0;
	err = blocks_tell_gone(&recorder->blocks, segment) ?:
	      segment_adopt(segment, recorder->number);
	if (segment->before)
		return err;
	written = segment_count_written(segment);
	recorder->number++;
	state->files++;
	state->taken += segment->added;
	state->written += written;
	state->bytes += written * segment->stride;
	state->safe += segment->safe;
	return err;
}

/* The trigger of the next frame makes files of the recording of all that wait. */
static int adopt_blocks(struct dmaring_recorder *recorder)
{
	struct dmaring_recorder_state *state = &recorder->state;
	uint32_t blocks = recorder->blocks.count;
	uint64_t frames;
	int err;

	state->skipped += recorder->blocks.gone.frames;
	err = blocks_adopt(&recorder->blocks, recorder_current(recorder), &recorder->number,
			   &frames);
	state->files += blocks - recorder->blocks.count;
	state->taken += frames;
	state->written += frames;
	state->bytes += frames * recorder_current(recorder)->stride;
	state->safe += frames;
	return err ?: adopt_segment(recorder, recorder_ending(recorder)) ?:
		      adopt_segment(recorder, recorder_current(recorder));
}

static int take_frame(struct dmaring_recorder *recorder, struct write *write)
{
	bool event = recorder->trigger.event, at_trigger;
	int err = trigger_next(&recorder->trigger, recorder->stream, &write->frame,
			       &at_trigger);

	if (err)
		return err;
	write->held = true;
	if (recorder->blocks.wanted && at_trigger && !event)
		err = adopt_blocks(recorder);
	if (err)
		return recorder_fail(recorder, err);
	err = write_frame(recorder, write, at_trigger);
	/* What comes now waits for the next trigger. */
	if (recorder->blocks.wanted && !recorder->trigger.event &&
	    !recorder_current(recorder)->before)
		recorder->new_event = true;
	return err;
}

/* -EAGAIN or -EINTR: none is to be recorded now. */
static int wait_for_event(struct dmaring_recorder *recorder)
{
	bool begins;
	int err;

	/* All that comes is written. */
	if (recorder->blocks.wanted)
		return 0;
	err = trigger_wait(&recorder->trigger, recorder->stream, &begins);
	recorder->new_event |= begins;
	return err;
}

static int complain_of_stream(struct dmaring_recorder *recorder, int err)
{
	return recorder_fail(recorder, record_error(-err, "%s", dmaring_error()));
}

int recorder_take_frames(struct dmaring_recorder *recorder, bool *empty)
{
	struct write *write;
	int err;

	*empty = false;
	while (wants_more(recorder) && (write = free_write(recorder))) {
		err = wait_for_event(recorder);
		if (!err) {
			err = make_room(recorder);
			if (err)
				return err == -EAGAIN ? 0 : recorder_fail(recorder, err);
			err = take_frame(recorder, write);
		}
		if (recorder->failed)
			return recorder->failed;
		if (err == -EAGAIN || err == -EINTR) {
			*empty = true;
			return 0;
		}
		if (err)
			return complain_of_stream(recorder, err);
	}
	return 0;
}

void recorder_wait_for_frame(struct dmaring_recorder *recorder)
{
	recorder->poll.kind = JOB_POLL;
	if (!recorder->poll.engine.busy)
		engine_poll(&recorder->engine, &recorder->poll.engine,
			    dmaring_fd(recorder->stream));
}
