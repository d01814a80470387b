/* SPDX-License-Identifier: MIT */
/*
 * Keys from the bytes of a terminal.  Between them can be its answers to what it was
 * asked, also late ones.  No answer is taken for keys, wherever it is cut: what begins
 * with Escape is known by its bytes, never by when they come.
 */
#ifndef KEYBOARD_H
#define KEYBOARD_H

#include <stdbool.h>

/* Keys that are no characters */
enum terminal_key {
	TERMINAL_UP	= 256,
	TERMINAL_DOWN,
	TERMINAL_RIGHT,
	TERMINAL_LEFT,
	TERMINAL_OTHER,
};

/* Whether it has kitty's pictures, as a query that has this number, and then what else
 * it can.  All terminals answer the second question; so the answer to the first has come
 * by then, or never will.
 */
#define KEYBOARD_QUERY "\033_Gi=4711,s=1,v=1,a=q,t=d,f=24;AAAA\033\\\033[c"
#define KEYBOARD_YES "Gi=4711;OK"

struct terminal_answer {
	bool came;
	bool sixel, kitty;	/* what it can show */
};

/* Zero at the beginning */
struct keyboard {
	enum {
		KEYBOARD_GROUND,
		KEYBOARD_ESCAPE,	/* came */
		KEYBOARD_CSI,		/* Escape [ */
		KEYBOARD_SS3,		/* Escape O */
		KEYBOARD_STRING,	/* Escape _, up to Escape \ */
		KEYBOARD_STRING_ESCAPE,
	} state;
	unsigned int used;
	char text[64];			/* of what has begun; the rest is of no use */
	struct terminal_answer answer;
};

/* Takes the next byte.
 * Return: a character or an enum terminal_key; 0: none is complete.
 */
int keyboard_take(struct keyboard *keyboard, unsigned char byte);

#endif /* KEYBOARD_H */
