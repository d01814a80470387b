/* SPDX-License-Identifier: MIT */
/*
 * What a recording has, as lines of comma-separated values: sequence number, time
 * stamp, bytes and flags of each frame, what was lost before it, and where it is.
 *
 * Functions that fail have said why and return a negative errno.
 */
#ifndef FRAME_INDEX_H
#define FRAME_INDEX_H

#include <libdmaring.h>
#include <stdbool.h>
#include <stdio.h>

struct frame_index {
	FILE *file;		/* NULL: there is none */
	const char *path;
	bool begun;		/* there is a frame in it */
	struct dmaring_frame last;
};

int frame_index_open(struct frame_index *index, const char *path,
		     bool overwrite);

/* @where: name of its file, or its offset; "" if it was not written. */
int frame_index_add(struct frame_index *index,
		    const struct dmaring_frame *frame, const char *where);

int frame_index_close(struct frame_index *index);

#endif /* FRAME_INDEX_H */
