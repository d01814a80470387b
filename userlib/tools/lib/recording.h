/* SPDX-License-Identifier: MIT */
/*
 * Where the frames of a capture go: nowhere, each into a file of its own, in a row, or
 * as pages of one file; and an index of them.
 *
 * Functions that fail have said why and return a negative errno.
 */
#ifndef RECORDING_H
#define RECORDING_H

#include "bigtiff.h"
#include "frame_dir.h"
#include "frame_index.h"
#include "frame_row.h"
#include "options.h"
#include "video.h"

struct recording {
	enum {
		RECORDING_NONE,
		RECORDING_DIR,
		RECORDING_ROW,
		RECORDING_VIDEO,
		RECORDING_PAGES,
	} kind;
	struct frame_dir dir;
	struct frame_row row;
	struct video video;
	struct bigtiff pages;
	struct frame_index index;
	char *index_path;
};

/* Before it is opened; it can be closed then. */
#define RECORDING_NONE_YET ((struct recording){ .dir.fd = -1, .row.fd = -1 })

/* Will each frame be in a file of its own, called after its sequence number? */
bool recording_is_directory(const struct options *options);

/* Will they be pages of one file, which must have one? */
bool recording_has_pages(const struct options *options);

int recording_open(struct recording *recording, const struct options *options,
		   const struct dmaring *stream,
		   const struct dmaring_info *info);

/* Return: -EMSGSIZE if the frame is left out; others can follow. */
int recording_write(struct recording *recording,
		    const struct dmaring_frame *frame, const void *data,
		    const struct dmaring_format *format);

int recording_close(struct recording *recording);

#endif /* RECORDING_H */
