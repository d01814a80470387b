/* SPDX-License-Identifier: MIT */
/*
 * Frames as the pages of one TIFF file, which may be longer than 4 GiB (BigTIFF).
 *
 * The file is whole after each page, whatever happens then: a page is written first,
 * and then the place before it that leads to it.
 *
 * Functions that fail have said why and return a negative errno.
 */
#ifndef BIGTIFF_H
#define BIGTIFF_H

#include "converter.h"
#include "frame_row.h"

struct bigtiff {
	struct converter converter;
	uint64_t link;		/* where the place of the next page is to be written */
	uint8_t *packed;	/* a page, as it is in the file */
	size_t bytes;		/* of that */
};

/* Writes what comes before the pages to @row, which is a file. */
int bigtiff_open(struct bigtiff *tiff, struct frame_row *row,
		 const struct dmaring_format *format);

/* Return: -EMSGSIZE if the frame is too short for a page; others can follow. */
int bigtiff_write(struct bigtiff *tiff, struct frame_row *row,
		  const struct dmaring_frame *frame, const void *data);

void bigtiff_close(struct bigtiff *tiff);

#endif /* BIGTIFF_H */
