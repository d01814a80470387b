/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the recorder know about each other. */
#ifndef RECORD_RECORDER_H
#define RECORD_RECORDER_H

#include "blocks.h"
#include "engine.h"
#include "meta_json.h"
#include "segment.h"
#include "trigger.h"

#include <time.h>

#define NS_PER_MS 1000000ULL

/* Of the recording: the one that gets frames, and the one before it, which ends. */
#define RECORDER_SEGMENTS 2

/**
 * struct job - what an engine does, and for whom
 * @engine:  first, so that the engine's leads here.
 * @kind:    what it is for.
 * @segment: whose.
 */
struct job {
	struct engine_job engine;
	enum job_kind { JOB_WRITE, JOB_POLL, JOB_SYNC_DATA, JOB_SYNC_INDEX } kind;
	struct segment *segment;
};

/**
 * struct write - a frame on its way to the disk
 * @job:     first.
 * @frame:   what is given back when it is written.
 * @held:    it is still to be given back.
 * @at:      its number in the file.
 * @staging: where it is copied to, or NULL.
 */
struct write {
	struct job job;
	struct dmaring_frame frame;
	bool held;
	uint64_t at;
	void *staging;
};

/**
 * struct dmaring_recorder - a recording
 * @stream:    where frames come from.
 * @info:      of it, when the recording began.
 * @options:   with the defaults filled in.
 * @checksums: of frames: CHECKSUM_KINDS.
 * @dir:       the directory, locked.
 * @engine:    does the jobs.
 * @segments:  see there; those that are open have a @data.
 * @current:   which of them gets frames.
 * @segment_ns: when that one was begun.
 * @number:    of the next pair of files.
 * @writes:    options.depth of them.
 * @poll:      waits for a frame.
 * @sync:      makes frames safe.
 * @sync_until: frames of its segment that are safe then.
 * @told:      frames of which the index tells now, if not for good yet.
 * @sync_ns:   when the last one ended.
 * @limit:     of frames to take; 0: none.
 * @last:      the last frame that was taken.
 * @trigger:   what is recorded of what comes.
 * @has_last:  there is one.
 * @blocks:    what waits for a trigger on the disk.
 * @new_event: the next frame is the first of one, for which there are new files.
 * @state:     for dmaring_recorder_get_state().
 * @failed:    the first error of a write.
 * @reading:   a frame is being read.
 * @why:       the sentence of that.
 * @meta:      what meta.json says.
 */
struct dmaring_recorder {
	struct dmaring *stream;
	struct dmaring_info info;
	struct dmaring_recorder_options options;
	uint32_t checksums;
	int dir;
	struct engine engine;
	struct segment segments[RECORDER_SEGMENTS];
	unsigned int current;
	uint64_t segment_ns;
	uint32_t number;
	struct write *writes;
	struct job poll;
	struct job sync;
	uint64_t sync_until;
	uint64_t told;
	uint64_t sync_ns;
	uint64_t limit;
	struct dmaring_frame last;
	struct trigger trigger;
	bool has_last;
	struct blocks blocks;
	bool new_event;
	struct dmaring_recorder_state state;
	int failed;
	bool reading;
	char why[256];
	struct meta_json meta;
};

/* The pair of files that gets frames. */
static inline struct segment *recorder_current(struct dmaring_recorder *recorder)
{
	return &recorder->segments[recorder->current];
}

/* The one that gets no more frames, while it ends; NULL. */
static inline struct segment *recorder_ending(struct dmaring_recorder *recorder)
{
	struct segment *other = &recorder->segments[!recorder->current];

	return segment_is_open(other) ? other : NULL;
}

/* recorder.c */
uint64_t recorder_now_ns(clockid_t clock);
int recorder_begin_segment(struct dmaring_recorder *recorder);
void recorder_give_back(struct dmaring_recorder *recorder, struct write *write);

/* @err was said: it is what the recording ends with, if nothing has failed before.
 * Return: that.
 */
int recorder_fail(struct dmaring_recorder *recorder, int err);

/* take.c: takes what waits, as long as there is room for it; *@empty: no more waits. */
int recorder_take_frames(struct dmaring_recorder *recorder, bool *empty);
void recorder_wait_for_frame(struct dmaring_recorder *recorder);

/* directory.c: opens or creates it, locks it, finds the number of the next files, which
 * are to have frames of @format.  @dir is open also on failure, if it is not negative.
 */
int directory_begin(const char *path, bool append, const struct dmaring_format *format,
		    int *dir, uint32_t *number);

/* Is there a recording in it?  Its descriptor, locked or not; -errno. */
int directory_open(const char *path, bool lock);

#endif /* RECORD_RECORDER_H */
