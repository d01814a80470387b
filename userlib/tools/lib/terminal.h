/* SPDX-License-Identifier: MIT */
/* Terminals; but for terminal_size(), that on the standard output, which shows
 * something live.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include "half_blocks.h"
#include "keyboard.h"

#include <stdbool.h>
#include <stdint.h>

struct terminal_size {
	unsigned int columns;
	unsigned int rows;
	unsigned int cell_width;	/* pixels of a character */
	unsigned int cell_height;
};

/* As it is now; $COLUMNS by $LINES, or 80 by 24, where nobody knows, and characters of
 * 10 by 20 pixels, which are those of a VT340.  Cheap enough to be asked for each
 * frame, so that nobody needs to hear SIGWINCH.
 */
struct terminal_size terminal_size(int fd);

/* What it can show, as $COLORTERM and $TERM tell. */
enum colours terminal_colours(void);

/* Can it show anything in place?  No file and no pipe can. */
bool terminal_usable(void);

/* A screen of its own, without cursor, echo and Ctrl-Z; and back. */
void terminal_begin(void);
void terminal_end(void);

/* Asks it what pictures it can show, and waits so long at most for the answer, or for a
 * signal that asks for the end.  Keys that are typed meanwhile are not lost.
 */
struct terminal_answer terminal_ask(uint64_t ns);

/* Waits so long for a key, or for a signal that asks for the end.
 * Return: a character or an enum terminal_key; 0: none was typed.
 */
int terminal_key_within(uint64_t ns);

/* The same for 'q'; whatever else is typed does not matter. */
bool terminal_quit_within(uint64_t ns);

#endif /* TERMINAL_H */
