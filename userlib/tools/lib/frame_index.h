/* SPDX-License-Identifier: MIT */
/*
 * What a recording has, as lines of comma-separated values: sequence number, time
 * stamp, bytes and flags of each frame, what was lost before it, where it is, and
 * what the card says of it, if it says something.
 *
 * Functions that fail have said why and return a negative errno.
 */
#ifndef FRAME_INDEX_H
#define FRAME_INDEX_H

#include "meta_columns.h"

#include <libdmaring.h>
#include <stdbool.h>
#include <stdio.h>

struct frame_index {
	FILE *file;		/* NULL: there is none */
	const char *path;
	bool begun;		/* there is a frame in it */
	struct dmaring_frame last;
	struct meta_columns meta;
};

int frame_index_open(struct frame_index *index, const char *path,
		     bool overwrite, const struct dmaring *stream,
		     const struct dmaring_info *info);

/* Before frame_index_add(), while @frame is not released.  Once the card is gone, that
 * is SIGBUS: so before the frame is written, too, or it would have no line.
 */
int frame_index_read_meta(struct frame_index *index,
			  const struct dmaring_frame *frame);

/* @where: name of its file, or its offset; "" if it was not written. */
int frame_index_add(struct frame_index *index,
		    const struct dmaring_frame *frame, const char *where);

int frame_index_close(struct frame_index *index);

#endif /* FRAME_INDEX_H */
