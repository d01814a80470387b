/* SPDX-License-Identifier: MIT */
/*
 * Lines on a terminal that is all ours.  Those that come first are seen in any
 * case: columns and rows that do not fit are left out, and that is said.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include "line.h"

#define SCREEN_LINES 64

struct screen {
	struct line lines[SCREEN_LINES];
	unsigned int count;
};

void screen_clear(struct screen *screen);

/* The next line, empty; the last one again if there are too many. */
struct line *screen_line(struct screen *screen);

/* Draws it anew, in one piece.  Return: 0 or -errno. */
int screen_draw(const struct screen *screen, unsigned int columns,
		unsigned int rows);

#endif /* SCREEN_H */
