// SPDX-License-Identifier: MIT
#include "keyboard.h"

#include <stdlib.h>
#include <string.h>

/* Longer than any answer: what begins like one and does not end is none. */
#define STRING_BYTES_MAX 256

/* As "primary device attributes" call sixels */
#define ATTRIBUTE_SIXEL 4

static void add(struct keyboard *keyboard, unsigned char byte)
{
	if (keyboard->used < sizeof(keyboard->text) - 1)
		keyboard->text[keyboard->used] = byte;
	keyboard->used++;
}

static void begin(struct keyboard *keyboard, int state)
{
	keyboard->state = state;
	keyboard->used = 0;
	memset(keyboard->text, 0, sizeof(keyboard->text));
}

/* "?62;4;22": what kind of terminal it is, and behind that its attributes. */
static void take_attributes(struct keyboard *keyboard)
{
	const char *next = keyboard->text;

	keyboard->answer.came = true;
	while ((next = strchr(next, ';')))
		if (strtol(++next, NULL, 10) == ATTRIBUTE_SIXEL)
			keyboard->answer.sixel = true;
}

static int key_of(unsigned char last)
{
	switch (last) {
	case 'A':
		return TERMINAL_UP;
	case 'B':
		return TERMINAL_DOWN;
	case 'C':
		return TERMINAL_RIGHT;
	case 'D':
		return TERMINAL_LEFT;
	default:
		return TERMINAL_OTHER;
	}
}

static int take_escape(struct keyboard *keyboard, unsigned char byte)
{
	switch (byte) {
	case '\033':
		return 0;
	case '[':
		begin(keyboard, KEYBOARD_CSI);
		return 0;
	case 'O':
		begin(keyboard, KEYBOARD_SS3);
		return 0;
	case '_':
		begin(keyboard, KEYBOARD_STRING);
		return 0;
	default:
		begin(keyboard, KEYBOARD_GROUND);
		return byte;
	}
}

/* Parameters and what stands between them and the last byte are below '@'. */
static int take_csi(struct keyboard *keyboard, unsigned char byte)
{
	if (byte == '\033') {
		begin(keyboard, KEYBOARD_ESCAPE);
		return 0;
	}
	if (byte >= ' ' && byte < '@') {
		add(keyboard, byte);
		return 0;
	}
	keyboard->state = KEYBOARD_GROUND;
	if (byte != 'c' || keyboard->text[0] != '?')
		return key_of(byte);
	take_attributes(keyboard);
	return 0;
}

/* Only answers about pictures begin with G: others are Alt and '_', and then keys. */
static int take_string(struct keyboard *keyboard, unsigned char byte)
{
	if (byte == '\033') {
		keyboard->state = KEYBOARD_STRING_ESCAPE;
		return 0;
	}
	add(keyboard, byte);
	if (keyboard->text[0] == 'G' && keyboard->used < STRING_BYTES_MAX)
		return 0;
	keyboard->state = KEYBOARD_GROUND;
	return byte;
}

static int take_string_end(struct keyboard *keyboard, unsigned char byte)
{
	if (byte != '\\') {
		keyboard->state = KEYBOARD_ESCAPE;
		return take_escape(keyboard, byte);
	}
	keyboard->state = KEYBOARD_GROUND;
	if (!strcmp(keyboard->text, KEYBOARD_YES))
		keyboard->answer.kitty = true;
	return 0;
}

int keyboard_take(struct keyboard *keyboard, unsigned char byte)
{
	switch (keyboard->state) {
	case KEYBOARD_ESCAPE:
		return take_escape(keyboard, byte);
	case KEYBOARD_CSI:
		return take_csi(keyboard, byte);
	case KEYBOARD_SS3:
		keyboard->state = KEYBOARD_GROUND;
		return key_of(byte);
	case KEYBOARD_STRING:
		return take_string(keyboard, byte);
	case KEYBOARD_STRING_ESCAPE:
		return take_string_end(keyboard, byte);
	default:
		if (byte != '\033')
			return byte;
		keyboard->state = KEYBOARD_ESCAPE;
		return 0;
	}
}
