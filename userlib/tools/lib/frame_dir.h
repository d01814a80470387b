/* SPDX-License-Identifier: MIT */
/*
 * A directory of frames, one file each, named after the frame's sequence
 * number.  A file has its name only once it is whole.
 *
 * Until it is closed, no other capture can write into it.
 *
 * Functions that fail have said why and return a negative errno.
 */
#ifndef FRAME_DIR_H
#define FRAME_DIR_H

#include "converter.h"

#include <stdbool.h>

enum frame_file {
	FRAME_FILE_NONE,
	FRAME_FILE_RAW,
	FRAME_FILE_PNG,
	FRAME_FILE_PNM,
	FRAME_FILE_TIFF,
	FRAME_FILE_Y4M,		/* of all frames, as the next ones */
	FRAME_FILE_HDF5,
	FRAME_FILE_SIGMF,
};

#define FRAME_DIR_NAME 48

struct frame_dir {
	const char *path;
	enum frame_file kind;
	struct converter converter;	/* for images */
	int fd;
	char part[FRAME_DIR_NAME];	/* name of the unfinished file; "" if none */
};

/* Are these files images, which need whole frames? */
bool frame_file_is_image(enum frame_file kind);

/* Creates the directory if need be; refuses one that has frames unless
 * @overwrite, and frames of which there is no such file.
 */
int frame_dir_open(struct frame_dir *dir, const char *path,
		   enum frame_file kind, const struct dmaring_format *format,
		   bool overwrite);

/* "frame-00000042.raw" */
void frame_dir_name(char name[FRAME_DIR_NAME], const struct frame_dir *dir,
		    const struct dmaring_frame *frame);

/* Removes an unfinished file. */
void frame_dir_close(struct frame_dir *dir);

/* Return: -EMSGSIZE if the frame is too short for its file; others can follow. */
int frame_dir_write(struct frame_dir *dir, const struct dmaring_frame *frame,
		    const void *data);

#endif /* FRAME_DIR_H */
