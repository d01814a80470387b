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
	bool told;		/* what was lost before the next one: */
	struct dmaring_loss loss;
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

/* What was lost before the frame that is added next, as a recording knows it: numbers of
 * frames also leave out what nobody wanted, and go on where another run has begun.
 */
void frame_index_tell_loss(struct frame_index *index, const struct dmaring_loss *loss);

/* @where: name of its file, or its offset; "" if it was not written. */
int frame_index_add(struct frame_index *index,
		    const struct dmaring_frame *frame, const char *where);

int frame_index_close(struct frame_index *index);

#endif /* FRAME_INDEX_H */
