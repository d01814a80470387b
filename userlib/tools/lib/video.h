/* SPDX-License-Identifier: MIT */
/*
 * Frames as video (YUV4MPEG2), in a file or a pipe.
 *
 * Functions that fail have said why and return a negative errno.
 */
#ifndef VIDEO_H
#define VIDEO_H

#include "converter.h"
#include "frame_row.h"

struct video {
	struct converter converter;
	size_t bytes;		/* of an image */
	uint8_t *packed;
};

/* Writes what comes before the images to @row. */
int video_open(struct video *video, struct frame_row *row,
	       const struct dmaring_format *format);

/* Return: -EMSGSIZE if the frame is too short for an image; others can follow. */
int video_write(struct video *video, struct frame_row *row,
		const struct dmaring_frame *frame, const void *data);

void video_close(struct video *video);

#endif /* VIDEO_H */
