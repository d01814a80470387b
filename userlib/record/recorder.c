// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The loop: frames that wait, writes that end and data that is safe are events of one
 * kind, the engine's.  A frame is given back when it is written, or when it is copied.
 *
 * An index tells of a frame when its data is safe, so data is made safe first, then
 * records are written, then these are made safe.
 */
#include "checksum.h"
#include "recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEPTH		8
#define DEPTH_MAX	256
#define SYNC_MS		1000

/* Jobs that are no writes. */
#define OTHER_JOBS	2

/* So many records wait that the index has to be told of them. */
#define PENDING_MANY	(SEGMENT_PENDING / 2)

uint64_t recorder_now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* ---------------------------------------------------------------------- begin */

static int check_options(struct dmaring_recorder *recorder,
			 const struct dmaring_recorder_options *options)
{
	static const struct dmaring_recorder_options defaults = { .size = sizeof(*options) };
	const uint32_t known = DMARING_RECORDER_APPEND | DMARING_RECORDER_CRC32 |
			       DMARING_RECORDER_BUFFERED | DMARING_RECORDER_CRC32C;

	if (!options)
		options = &defaults;
	if (options->size < sizeof(*options))
		return record_error(EINVAL, "the recorder's options have a wrong size");
	if (options->flags & ~known)
		return record_error(EINVAL, "the recorder knows no such flags: %#x",
				    options->flags & ~known);
	if (options->engine > DMARING_RECORDER_IO_URING)
		return record_error(EINVAL, "the recorder knows no such engine: %" PRIu32,
				    options->engine);
	if (options->depth > DEPTH_MAX)
		return record_error(EINVAL, "%" PRIu32 " writes at a time: at most %d",
				    options->depth, DEPTH_MAX);
	recorder->options = *options;
	if (options->flags & DMARING_RECORDER_CRC32)
		recorder->checksums |= DMARING_RECORD_CRC32;
	if (options->flags & DMARING_RECORDER_CRC32C)
		recorder->checksums |= DMARING_RECORD_CRC32C;
	if (!options->depth)
		recorder->options.depth = DEPTH;
	if (!options->sync_ms)
		recorder->options.sync_ms = SYNC_MS;
	return checksum_refuse(recorder->checksums);
}

/* What waits for a trigger is in the pool: two more have the trigger's, and the card.  Viewers
 * may keep theirs for ever: then no frame would come that makes one that waits go.
 */
static bool fit_into_pool(const struct dmaring_recorder *recorder)
{
	uint64_t others = 2ULL + recorder->info.viewer_buffers;

	return recorder->options.pre_frames + others <= recorder->info.buffers;
}

static int check_stream(struct dmaring_recorder *recorder)
{
	if (dmaring_get_info(recorder->stream, &recorder->info))
		return record_error(EIO, "%s", dmaring_error());
	if (recorder->info.direction == DMARING_PLAYBACK)
		return record_error(EOPNOTSUPP, "%s is a playback stream, no frame comes from it",
				    recorder->info.card);
	if (!recorder->info.format.frame_bytes)
		return record_error(EOPNOTSUPP, "%s says of no frame how long it is",
				    recorder->info.card);
	return 0;
}

int recorder_begin_segment(struct dmaring_recorder *recorder)
{
	struct segment *segment = recorder_current(recorder);
	bool direct = !(recorder->options.flags & DMARING_RECORDER_BUFFERED);
	bool before = recorder->blocks.wanted && !recorder->trigger.event;
	uint32_t *number = before ? &recorder->blocks.next : &recorder->number;
	int err = segment_open(segment, recorder->dir, *number, before,
			       &recorder->info.format, recorder->checksums, direct);

	if (err)
		return err;
	(*number)++;
	recorder->segment_ns = recorder_now_ns(CLOCK_MONOTONIC);
	recorder->state.files += !before;
	recorder->state.direct = segment->direct;
	return 0;
}

/* The buffers of the pool cannot be written past the cache: copies can. */
static int prepare_staging(struct dmaring_recorder *recorder)
{
	uint64_t stride = recorder_current(recorder)->stride;

	if (!recorder->state.direct ||
	    recorder->info.caps & DMARING_CAP_DIRECT_IO)
		return 0;
	recorder->state.staged = 1;
	for (uint32_t i = 0; i < recorder->options.depth; i++) {
		if (posix_memalign(&recorder->writes[i].staging, DMARING_RECORD_ALIGN, stride))
			return record_error(ENOMEM, "no memory for copies of %" PRIu32 " frames",
					    recorder->options.depth);
		memset(recorder->writes[i].staging, 0, stride);
	}
	return 0;
}

static int begin(struct dmaring_recorder *recorder)
{
	int err;

	recorder->writes = calloc(recorder->options.depth, sizeof(*recorder->writes));
	if (!recorder->writes)
		return record_error(ENOMEM, "no memory for a recorder");
	if (recorder->options.post_frames && !fit_into_pool(recorder))
		blocks_begin(&recorder->blocks, recorder->dir, recorder->options.pre_frames);
	err = trigger_begin(&recorder->trigger,
			    recorder->blocks.wanted ? 0 : recorder->options.pre_frames,
			    recorder->options.post_frames);
	if (err)
		return err;
	err = engine_begin(&recorder->engine, recorder->options.engine,
			   recorder->options.depth + OTHER_JOBS);
	if (err)
		return err;
	recorder->state.engine = recorder->engine.ops->id;
	err = recorder_begin_segment(recorder);
	if (!err)
		err = prepare_staging(recorder);
	recorder->meta.begun_ns = recorder_now_ns(CLOCK_REALTIME);
	recorder->sync_ns = recorder_now_ns(CLOCK_MONOTONIC);
	if (!err)
		err = meta_json_write(recorder->dir, &recorder->info, recorder->stream,
				      &recorder->state, &recorder->meta);
	return err;
}

static void free_recorder(struct dmaring_recorder *recorder)
{
	engine_end(&recorder->engine);
	for (int i = 0; i < RECORDER_SEGMENTS; i++)
		segment_close(&recorder->segments[i]);
	for (uint32_t i = 0; recorder->writes && i < recorder->options.depth; i++)
		free(recorder->writes[i].staging);
	free(recorder->writes);
	trigger_end(&recorder->trigger, recorder->stream);
	if (recorder->dir >= 0)
		close(recorder->dir);
	free(recorder);
}

int dmaring_recorder_open(struct dmaring *stream, const char *path,
			  const struct dmaring_recorder_options *options,
			  struct dmaring_recorder **recorder)
{
	struct dmaring_recorder *new = calloc(1, sizeof(*new));
	int err;

	*recorder = NULL;
	if (!new)
		return record_error(ENOMEM, "no memory for a recorder");
	new->stream = stream;
	new->dir = -1;
	new->state.size = sizeof(new->state);
	for (int i = 0; i < RECORDER_SEGMENTS; i++)
		new->segments[i] = (struct segment){ .data = -1, .index = -1 };
	err = check_options(new, options);
	if (!err)
		err = check_stream(new);
	if (!err)
		err = directory_begin(path, new->options.flags & DMARING_RECORDER_APPEND,
				      &new->info.format, &new->dir, &new->number);
	if (!err)
		err = begin(new);
	if (err) {
		free_recorder(new);
		return err;
	}
	*recorder = new;
	return 0;
}

/* ----------------------------------------------------------------------- jobs */

int recorder_fail(struct dmaring_recorder *recorder, int err)
{
	if (recorder->failed)
		return recorder->failed;
	snprintf(recorder->why, sizeof(recorder->why), "%s", dmaring_record_error());
	recorder->failed = err;
	return err;
}

static int tell_failure(const struct dmaring_recorder *recorder)
{
	return recorder->failed ? record_error(-recorder->failed, "%s", recorder->why) : 0;
}

void recorder_give_back(struct dmaring_recorder *recorder, struct write *write)
{
	/* Of a card that is gone nobody waits for it. */
	if (write->held)
		dmaring_release(recorder->stream, &write->frame);
	write->held = false;
}

/* A disk that took a part of it has a reason, which it tells of the rest. */
static long write_rest(const struct write *write, long result)
{
	const struct engine_job *job = &write->job.engine;
	ssize_t done = 1;

	while (result >= 0 && (size_t)result < job->bytes && done > 0) {
		done = pwrite(job->file, (const char *)job->from + result,
			      job->bytes - result, job->at + result);
		result = done < 0 ? -errno : result + done;
	}
	return result;
}

static int explain_write(const struct write *write, long result)
{
	char name[RECORD_NAME];
	int err = result < 0 ? -result : EIO;

	segment_path(name, write->job.segment->number, write->job.segment->before, "npy");
	if (err == EFAULT)
		return record_error(ENODEV, "%s: the card was gone while frame %" PRIu64 " was written",
				    name, (uint64_t)write->frame.sequence);
	return record_error(err, "%s: frame %" PRIu64 " cannot be written: %s", name,
			    (uint64_t)write->frame.sequence,
			    result < 0 ? strerror(err) : "the disk took a part of it");
}

static void end_write(struct dmaring_recorder *recorder, struct write *write, long result)
{
	struct segment *segment = write->job.segment;

	result = write_rest(write, result);
	recorder_give_back(recorder, write);
	recorder->state.waiting--;
	if (result != (long)segment->stride) {
		recorder_fail(recorder, explain_write(write, result));
		return;
	}
	if (!segment->before) {
		recorder->state.written++;
		recorder->state.bytes += segment->stride;
	}
	segment_is_written(segment, write->at);
}

static int explain_sync(struct segment *segment, const char *end, long result)
{
	char name[RECORD_NAME];

	segment_path(name, segment->number, segment->before, end);
	return record_error(-result, "%s: cannot be made safe: %s", name, strerror(-result));
}

static void begin_sync(struct dmaring_recorder *recorder, struct segment *segment,
		       enum job_kind kind)
{
	recorder->sync.kind = kind;
	recorder->sync.segment = segment;
	engine_sync(&recorder->engine, &recorder->sync.engine,
		    kind == JOB_SYNC_DATA ? segment->data : segment->index);
}

static void end_sync_data(struct dmaring_recorder *recorder, long result)
{
	struct segment *segment = recorder->sync.segment;
	uint64_t before = segment->safe;
	int err;

	if (result < 0) {
		segment->doubtful = true;
		recorder_fail(recorder, explain_sync(segment, "npy", result));
		return;
	}
	err = segment_tell(segment, recorder->sync_until);
	recorder->told = segment->before ? 0 : segment->safe - before;
	if (err)
		recorder_fail(recorder, err);
	else
		begin_sync(recorder, segment, JOB_SYNC_INDEX);
}

static void end_sync_index(struct dmaring_recorder *recorder, long result)
{
	if (result < 0)
		recorder_fail(recorder, explain_sync(recorder->sync.segment, "idx", result));
	else
		recorder->state.safe += recorder->told;
	recorder->sync_ns = recorder_now_ns(CLOCK_MONOTONIC);
}

static void end_poll(struct dmaring_recorder *recorder, long result)
{
	/* The next step takes what is there. */
	if (result < 0)
		recorder_fail(recorder, record_error(-result, "frames cannot be waited for: %s",
						     strerror(-result)));
}

static void end_job(struct dmaring_recorder *recorder, struct job *job)
{
	long result = job->engine.result;

	switch (job->kind) {
	case JOB_WRITE:
		end_write(recorder, (struct write *)job, result);
		break;
	case JOB_SYNC_DATA:
		end_sync_data(recorder, result);
		break;
	case JOB_SYNC_INDEX:
		end_sync_index(recorder, result);
		break;
	case JOB_POLL:
		end_poll(recorder, result);
		break;
	}
}

static int reap(struct dmaring_recorder *recorder, unsigned int least, uint64_t wait_ns)
{
	struct engine_job *ended[DEPTH_MAX + OTHER_JOBS];
	int count = engine_wait(&recorder->engine, least, wait_ns, ended, DEPTH_MAX + OTHER_JOBS);

	for (int i = 0; i < count; i++)
		end_job(recorder, (struct job *)ended[i]);
	return count < 0 ? recorder_fail(recorder, count) : 0;
}

/* ------------------------------------------------------------------------ safety */

static uint64_t sync_period_ns(const struct dmaring_recorder *recorder)
{
	return recorder->options.sync_ms * NS_PER_MS;
}

static uint64_t until_sync_ns(const struct dmaring_recorder *recorder)
{
	uint64_t next = recorder->sync_ns + sync_period_ns(recorder);
	uint64_t now = recorder_now_ns(CLOCK_MONOTONIC);

	return next > now ? next - now : 0;
}

static bool is_due(struct dmaring_recorder *recorder)
{
	const struct segment *segment = recorder_current(recorder);

	return !until_sync_ns(recorder) || segment->added - segment->safe >= PENDING_MANY;
}

static void make_safe(struct dmaring_recorder *recorder, struct segment *segment)
{
	recorder->sync_until = segment->written;
	begin_sync(recorder, segment, JOB_SYNC_DATA);
}

/* It has all of its frames, and the index knows them. */
static bool is_told(const struct segment *segment)
{
	return segment->safe == segment->added;
}

/* *@room: frames may have waited for that. */
static int keep_safe(struct dmaring_recorder *recorder, bool *room)
{
	struct segment *old = recorder_ending(recorder);
	int err = 0;

	if (recorder->sync.engine.busy || recorder->failed)
		return 0;
	if (old && is_told(old)) {
		err = segment_finish(old);
		if (old->before)
			blocks_add(&recorder->blocks, old);
		segment_close(old);
		*room = true;
	} else if (old) {
		/* The index tells of no frame before those that came earlier. */
		if (old->written == old->added)
			make_safe(recorder, old);
	} else if (is_due(recorder)) {
		if (recorder_current(recorder)->written > recorder_current(recorder)->safe)
			make_safe(recorder, recorder_current(recorder));
		else
			recorder->sync_ns = recorder_now_ns(CLOCK_MONOTONIC);
	}
	return err ? recorder_fail(recorder, err) : 0;
}

/* -------------------------------------------------------------------- from outside */

/* The caller has jumped out of the middle of a step: a signal ended the reading. */
static void notice_fault(struct dmaring_recorder *recorder)
{
	if (recorder->reading)
		recorder_fail(recorder, record_error(ENODEV,
						     "the card is gone, in the middle of a frame"));
	recorder->reading = false;
}

int dmaring_recorder_step(struct dmaring_recorder *recorder, int timeout_ms)
{
	uint64_t wait_ns = timeout_ms > 0 ? timeout_ms * NS_PER_MS : 0;
	uint64_t sync_ns;
	bool empty, room = false;
	int err;

	notice_fault(recorder);
	if (recorder->failed)
		return tell_failure(recorder);
	if (recorder->meta.ended_ns)
		return record_error(EBADFD, "the recording has ended; begin a new one");
	err = recorder_take_frames(recorder, &empty);
	if (!err && empty)
		recorder_wait_for_frame(recorder);
	if (!err)
		err = keep_safe(recorder, &room);
	/* What is waited for before frames can be made safe is an event; its time is none. */
	sync_ns = recorder->sync.engine.busy || recorder_ending(recorder) ? wait_ns :
								   until_sync_ns(recorder);
	if (sync_ns < wait_ns)
		wait_ns = sync_ns;
	if (!err)
		err = reap(recorder, !room, room ? 0 : wait_ns);
	return tell_failure(recorder) ?: err;
}

/* Frames that wait for a trigger there. */
static uint64_t on_disk(const struct dmaring_recorder *recorder)
{
	uint64_t frames = 0;

	for (uint32_t i = 0; i < recorder->blocks.count; i++)
		frames += recorder->blocks.list[i].has.frames;
	for (int i = 0; i < RECORDER_SEGMENTS; i++)
		if (segment_is_open(&recorder->segments[i]) && recorder->segments[i].before)
			frames += recorder->segments[i].added;
	return frames;
}

int dmaring_recorder_get_state(const struct dmaring_recorder *recorder,
			       struct dmaring_recorder_state *state)
{
	if (state->size < sizeof(*state))
		return record_error(EINVAL, "the recorder's state has a wrong size");
	*state = recorder->state;
	state->before = recorder->trigger.waiting + on_disk(recorder);
	state->passed = recorder->trigger.passed;
	state->event = recorder->trigger.event || recorder->trigger.at_ns;
	return 0;
}

int dmaring_recorder_trigger(struct dmaring_recorder *recorder, uint64_t time_ns)
{
	struct trigger *trigger = &recorder->trigger;

	if (!trigger->after)
		return record_error(EINVAL, "this recorder takes all frames; post_frames makes it wait for triggers");
	if (recorder->meta.ended_ns)
		return record_error(EBADFD, "the recording has ended; begin a new one");
	if (!trigger->at_ns)
		trigger->at_ns = time_ns ?: recorder_now_ns(CLOCK_MONOTONIC);
	return 0;
}

void dmaring_recorder_limit(struct dmaring_recorder *recorder, uint64_t frames)
{
	recorder->limit = frames;
}

/* Nothing more is begun but what makes frames safe. */
static void finish_jobs(struct dmaring_recorder *recorder)
{
	while (recorder->state.waiting || recorder->sync.engine.busy)
		if (reap(recorder, 1, 1000000000))
			return;
}

/* After an error, too: what was written before it stays. */
static int finish_segment(struct dmaring_recorder *recorder, struct segment *segment,
			  bool tell)
{
	uint64_t before = segment->safe;
	int err = tell ? segment_tell_all(segment) : 0;

	recorder->state.safe += segment->safe - before;
	return segment_finish(segment) ?: err;
}

/* Nobody wants what waits any more. */
static void forget_blocks(struct dmaring_recorder *recorder)
{
	for (int i = 0; i < RECORDER_SEGMENTS; i++) {
		struct segment *segment = &recorder->segments[i];

		if (!segment_is_open(segment) || !segment->before)
			continue;
		recorder->state.overruns -= segment->overruns;
		recorder->state.drops -= segment->drops;
		segment_remove(recorder->dir, segment->number, true);
		segment_close(segment);
	}
	blocks_remove(&recorder->blocks);
	recorder->state.overruns -= recorder->blocks.gone.overruns;
	recorder->state.drops -= recorder->blocks.gone.drops;
}

/* If the pair that was to end first has not all of its frames, the other ends as it is. */
static void finish_segments(struct dmaring_recorder *recorder)
{
	struct segment *old = recorder_ending(recorder);
	bool all = true;
	int err = 0;

	if (old) {
		err = finish_segment(recorder, old, true);
		all = is_told(old);
	}
	if (err)
		recorder_fail(recorder, err);
	if (!segment_is_open(recorder_current(recorder)))
		return;
	err = finish_segment(recorder, recorder_current(recorder), all);
	if (err)
		recorder_fail(recorder, err);
}

static void give_all_back(struct dmaring_recorder *recorder)
{
	trigger_end(&recorder->trigger, recorder->stream);
	for (uint32_t i = 0; i < recorder->options.depth; i++)
		recorder_give_back(recorder, &recorder->writes[i]);
}

/* A recording of no frames is one, too. */
static void begin_empty(struct dmaring_recorder *recorder)
{
	int err;

	recorder->blocks.wanted = 0;
	err = recorder_begin_segment(recorder);
	if (err)
		recorder_fail(recorder, err);
}

static int finish(struct dmaring_recorder *recorder)
{
	notice_fault(recorder);
	finish_jobs(recorder);
	/* Waits for what the kernel still reads: no buffer goes back before. */
	engine_end(&recorder->engine);
	give_all_back(recorder);
	forget_blocks(recorder);
	if (!recorder->state.files && !recorder->failed)
		begin_empty(recorder);
	finish_segments(recorder);
	recorder->meta.ended_ns = recorder_now_ns(CLOCK_REALTIME);
	recorder->meta.error = recorder->failed ? recorder->why : NULL;
	return meta_json_write(recorder->dir, &recorder->info, recorder->stream,
			       &recorder->state, &recorder->meta);
}

int dmaring_recorder_finish(struct dmaring_recorder *recorder)
{
	int err = recorder->meta.ended_ns ? 0 : finish(recorder);

	if (err)
		recorder_fail(recorder, err);
	return tell_failure(recorder);
}

int dmaring_recorder_close(struct dmaring_recorder *recorder)
{
	int err;

	if (!recorder)
		return 0;
	err = dmaring_recorder_finish(recorder);
	free_recorder(recorder);
	return err;
}
