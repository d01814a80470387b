/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frames before a trigger of which the pool cannot hold as many as are wanted: they are
 * written as they come, in pairs of files of which the oldest go.  These are called
 * before-000.npy and so on, until a trigger makes them a part of the recording.
 *
 * Functions that fail return a negative errno and have said why.
 */
#ifndef RECORD_BLOCKS_H
#define RECORD_BLOCKS_H

#include "segment.h"

/* An eighth of what is wanted is in one, so that not many more frames are on the disk. */
#define BLOCKS_OF_WANTED 8
#define BLOCKS_MAX (BLOCKS_OF_WANTED + 2)

/**
 * struct losses - of frames that are no part of the recording
 * @frames:   of them.
 * @overruns: that the card lost before these.
 * @drops:    that were dropped then.
 */
struct losses {
	uint64_t frames;
	uint64_t overruns;
	uint64_t drops;
};

/**
 * struct blocks - those of a recorder
 * @dir:    the directory.
 * @wanted: frames before a trigger; 0: they wait in the pool.
 * @size:   frames of a block.
 * @next:   number of the next one.
 * @list:   those that have ended, the oldest first: their numbers, and what is in them.
 * @count:  of these.
 * @gone:   what was in those that are removed, since the last event.
 */
struct blocks {
	int dir;
	uint32_t wanted;
	uint64_t size;
	uint32_t next;
	struct block {
		uint32_t number;
		struct losses has;
	} list[BLOCKS_MAX];
	uint32_t count;
	struct losses gone;
};

void blocks_begin(struct blocks *blocks, int dir, uint32_t wanted);

/* One has ended, of frames that wait; removes the oldest while there are enough without. */
void blocks_add(struct blocks *blocks, const struct segment *segment);

/* A trigger has come: they are files of the recording, from *@number on.  *@frames: so many
 * are in them.  What is gone stands in the first record, or still has to, if there is none.
 */
int blocks_adopt(struct blocks *blocks, const struct segment *like, uint32_t *number,
		 uint64_t *frames);

/* It stands in the first record of @segment. */
int blocks_tell_gone(struct blocks *blocks, struct segment *segment);

/* Removes them, if no trigger comes any more. */
void blocks_remove(struct blocks *blocks);

/* Removes what another recorder left, which did not end. */
void blocks_remove_stale(int dir);

#endif /* RECORD_BLOCKS_H */
