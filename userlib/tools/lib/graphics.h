/* SPDX-License-Identifier: MIT */
/* How a terminal shows pictures, and what they may be then. */
#ifndef GRAPHICS_H
#define GRAPHICS_H

#include "picture.h"

enum graphics {
	GRAPHICS_AUTO,		/* the best that the terminal can show */
	GRAPHICS_BLOCKS,	/* half blocks: 1 by 2 pixels a character */
	GRAPHICS_SIXEL,
	GRAPHICS_KITTY,		/* as the terminal of this name shows them */
};

/* How what was asked for can be had on the standard output.  It is a terminal, which is
 * asked, or no terminal and takes anything.
 * Return: EXIT_OK; or another exit code, and all is said.
 */
int graphics_choose(enum graphics *graphics);

struct terminal_size;

/* Room of @rows rows of characters.  What is sent to a terminal is bounded, however
 * large it says it is: a picture has 4 Mi pixels at most.
 */
struct picture_room graphics_room(enum graphics graphics,
				  const struct terminal_size *size,
				  unsigned int rows);

/* How many rows the picture has then */
unsigned int graphics_rows(enum graphics graphics,
			   const struct terminal_size *size,
			   const struct picture *picture);

#endif /* GRAPHICS_H */
