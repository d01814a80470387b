/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One pair of files that is being written: frames in frames-000.npy, and their records
 * in frames-000.idx.
 *
 * A frame is added, then written by somebody else, in any order.  Records of frames
 * that are all written and that were made safe go into the index.
 *
 * Functions that fail return a negative errno and have said why.
 */
#ifndef RECORD_SEGMENT_H
#define RECORD_SEGMENT_H

#include "index.h"

/* Files whose frames wait for a trigger are called that. */
#define SEGMENT_BEFORE "before"

/* Records that are not in the index yet; a power of 2. */
#define SEGMENT_PENDING 16384

/**
 * struct segment - a pair of files
 * @dir:       the directory.
 * @number:    of the pair.
 * @before:    its frames wait for a trigger: it is before-000.npy, and no part of the
 *             recording.
 * @data:      frames-000.npy, -1: there is none.
 * @index:     frames-000.idx.
 * @direct:    @data is written past the system's cache.
 * @format:    of all frames.
 * @flags:     of the header.
 * @stride:    from frame to frame.
 * @reserved:  how far there is room in @data, bytes.
 * @added:     frames.
 * @written:   frames that are written, up to the first that is not.
 * @safe:      frames that the index has.
 * @overruns:  that stand in its records.
 * @drops:     the same.
 * @doubtful:  what was written may not be in the file: the disk has said so once, and
 *             does not say so again.
 * @records:   those from @safe on, by number modulo SEGMENT_PENDING.
 * @done:      which of them are written.
 */
struct segment {
	int dir;
	uint32_t number;
	bool before;
	int data;
	int index;
	bool direct;
	struct dmaring_format format;
	uint32_t flags;
	uint64_t stride;
	uint64_t reserved;
	uint64_t added;
	uint64_t written;
	uint64_t safe;
	uint64_t overruns;
	uint64_t drops;
	bool doubtful;
	struct dmaring_record *records;
	bool *done;
};

/* Creates both files.  Without @direct through the system's cache, also where the file
 * system has no other way.
 */
int segment_open(struct segment *segment, int dir, uint32_t number, bool before,
		 const struct dmaring_format *format, uint32_t flags, bool direct);

/* A trigger has come: its files, which may be open, are those with this number of the
 * recording.  Of @segment its directory, number, format and flags are asked.
 */
int segment_adopt(struct segment *segment, uint32_t number);

/* What is missing before its first record is more than was thought. */
int segment_skip(struct segment *segment, uint64_t skipped, uint64_t overruns,
		 uint64_t drops);

/* Removes both files. */
void segment_remove(int dir, uint32_t number, bool before);

static inline bool segment_is_open(const struct segment *segment)
{
	return segment->data >= 0;
}

/* Is there room in memory for one more record? */
static inline bool segment_has_room(const struct segment *segment)
{
	return segment->added - segment->safe < SEGMENT_PENDING;
}

/* Room for one more frame in the file. */
int segment_reserve(struct segment *segment);

/* One more frame, for which both kinds of room are there; its number in the file. */
uint64_t segment_add(struct segment *segment, const struct dmaring_record *record);

/* Of a writer that waits for each: the frame, through the system's cache. */
int segment_write(const struct segment *segment, const void *frame, size_t bytes,
		  uint64_t position);

/* A frame is in the file, if not yet for good. */
void segment_is_written(struct segment *segment, uint64_t at);

/* So many are, also behind one that is not. */
uint64_t segment_count_written(const struct segment *segment);

/* The first @until frames are in the file for good: now the index may tell of them. */
int segment_tell(struct segment *segment, uint64_t until);

/* Makes safe what was written, and tells the index of it. */
int segment_make_safe(struct segment *segment);

/* The same when no more comes. */
int segment_tell_all(struct segment *segment);

/* Says how many frames there are, of which the index tells. */
int segment_finish(struct segment *segment);

/* Closes the files, whatever they have. */
void segment_close(struct segment *segment);

/* "before-000.npy", or as the next one */
void segment_path(char name[RECORD_NAME], uint32_t number, bool before, const char *end);

/* "frames-000.npy" */
void segment_name(char name[RECORD_NAME], uint32_t number, const char *end);

#endif /* RECORD_SEGMENT_H */
