/* SPDX-License-Identifier: MIT */
/* What of frames is shown, and how: pixels as a picture, samples as a trace. */
#ifndef CANVAS_H
#define CANVAS_H

#include "picture.h"
#include "trace.h"

struct canvas {
	const struct dmaring_format *format;
	const struct dmaring_format_row *row;
	struct picture picture;
	struct trace trace;
	struct zoom zoom;
	enum tone_contrast contrast;
	double gain;
	bool histogram;
};

/* Rows of characters that it needs below the picture */
unsigned int canvas_axis_rows(const struct canvas *canvas);

/* Follows the size of the terminal.
 * Return: 1 if it changed, 0 if not, or -ENOMEM.
 */
int canvas_fit(struct canvas *canvas, const struct picture_room *room);

/* Takes from the first @bytes of a frame what has to be shown. */
void canvas_look(struct canvas *canvas, const void *frame, size_t bytes);

/* Makes the picture of it; the frame is not needed any more. */
void canvas_finish(struct canvas *canvas);

/* Does a key change what is shown? */
bool canvas_key(struct canvas *canvas, int key);

/* A line below the picture; NULL: there is none; returns @text. */
const char *canvas_axis(char text[TRACE_AXIS], const struct canvas *canvas,
			unsigned int columns);

#endif /* CANVAS_H */
