/* SPDX-License-Identifier: MIT */
/*
 * A picture as text for a terminal: each character is an upper half block,
 * U+2580, whose own colour is one pixel and whose background is the one below.
 */
#ifndef HALF_BLOCKS_H
#define HALF_BLOCKS_H

#include "picture.h"

enum colours {
	COLOURS_256,		/* the usual palette: 26 greys, a cube of 6 x 6 x 6 */
	COLOURS_24_BIT,
};

/* Most bytes that half_blocks_encode() writes for a picture of this size. */
size_t half_blocks_bytes(const struct picture *picture);

/* Lines that end with '\n' and the terminal's own colours.
 * Return: the end of what was written.
 */
char *half_blocks_encode(char *to, const struct picture *picture,
			 enum colours colours);

#endif /* HALF_BLOCKS_H */
