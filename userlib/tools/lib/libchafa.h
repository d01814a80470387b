/* SPDX-License-Identifier: MIT */
/* Pictures of a terminal in its own pixels, by libchafa. */
#ifndef LIBCHAFA_H
#define LIBCHAFA_H

#include "graphics.h"

#include <stdbool.h>
#include <stddef.h>

/* Zero before the first picture */
struct libchafa {
	void *canvas, *terminal;
	bool in_place;		/* each picture takes the place of the one before */
	bool odd;		/* of these two numbers of pictures */
	enum graphics graphics;	/* for which these are, */
	unsigned int width, height, columns, rows;	/* and for a picture so large */
	void *text;
};

/* Is it here?  If not, it is said that @what is missing; NULL: nothing is said. */
bool libchafa_load(const char *what);

/* Does the environment name a terminal that can show these? */
bool libchafa_knows(enum graphics graphics);

/* Makes text of it, for so many characters.
 * Return: its length, or 0 if there is none; it is at @text until the next one.
 */
size_t libchafa_encode(struct libchafa *chafa, enum graphics graphics,
		       const struct picture *picture, unsigned int columns,
		       unsigned int rows, const char **text);

#define LIBCHAFA_CLEAR 80

/* What makes the terminal forget the last picture; returns @text. */
const char *libchafa_clear(const struct libchafa *chafa,
			   char text[LIBCHAFA_CLEAR]);

void libchafa_close(struct libchafa *chafa);

#endif /* LIBCHAFA_H */
