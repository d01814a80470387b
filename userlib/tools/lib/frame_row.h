/* SPDX-License-Identifier: MIT */
/*
 * Frames in a row, without anything between them: in a file, or in a pipe for a
 * program that takes raw video.
 *
 * Functions that fail have said why and return a negative errno.
 */
#ifndef FRAME_ROW_H
#define FRAME_ROW_H

#include <linux/dmaring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame_row {
	const char *name;
	int fd;
	bool is_file;		/* of ours: no pipe, and not what a shell has opened */
	uint64_t frames;
	uint64_t bytes;		/* of whole frames */
};

/* @path: "-" is the standard output. */
int frame_row_open(struct frame_row *row, const char *path, bool overwrite);
int frame_row_close(struct frame_row *row);

/* What stands before all frames */
int frame_row_begin(struct frame_row *row, const void *head, size_t bytes);

/* @bytes that were made of a frame */
int frame_row_write_made(struct frame_row *row,
			 const struct dmaring_frame *frame, const void *made,
			 size_t bytes);

/* A short frame is filled up with zeros, so that the next one is in its place. */
int frame_row_write(struct frame_row *row, const struct dmaring_frame *frame,
		    const void *data, const struct dmaring_format *format);

#endif /* FRAME_ROW_H */
