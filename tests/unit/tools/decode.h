/* SPDX-License-Identifier: MIT */
/* Makes pixels again of what a terminal gets: sixels, and kitty's pictures. */
#ifndef DECODE_H
#define DECODE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DECODED_SIDE 256

struct decoded {
	unsigned int width, height;
	unsigned int columns, rows;	/* of characters, where that is said */
	unsigned int number;		/* the same */
	uint8_t pixels[DECODED_SIDE][DECODED_SIDE][3];
	const char *end;		/* of what was read */
};

struct sixels {
	uint8_t colours[256][3];
	unsigned int colour, x, y;
};

/* "#1;2;R;G;B" says what a colour is, in percent, "#1" that it comes next. */
static inline const char *decode_colour(struct sixels *sixels, const char *at)
{
	unsigned int part[3], i;
	char *next;

	sixels->colour = strtoul(at, &next, 10) % 256;
	if (*next != ';')
		return next;
	if (sscanf(next, ";2;%u;%u;%u", &part[0], &part[1], &part[2]) != 3)
		return NULL;
	for (i = 0; i < 3; i++)
		sixels->colours[sixels->colour][i] = (part[i] * 255 + 50) / 100;
	return next + strspn(next, ";0123456789");
}

/* @bits: which of 6 pixels below each other; the same for @count columns. */
static inline bool decode_column(struct decoded *to, struct sixels *sixels, unsigned int bits,
				 unsigned int count)
{
	unsigned int i;

	for (; count; count--, sixels->x++)
		for (i = 0; i < 6; i++) {
			if (!(bits >> i & 1))
				continue;
			if (sixels->x >= to->width || sixels->y + i >= to->height)
				return false;
			memcpy(to->pixels[sixels->y + i][sixels->x],
			       sixels->colours[sixels->colour], 3);
		}
	return true;
}

static inline const char *decode_one(struct decoded *to, struct sixels *sixels, const char *at)
{
	unsigned int count = 1;
	char *next;

	switch (*at) {
	case '#':
		return decode_colour(sixels, at + 1);
	case '$':
		sixels->x = 0;
		return at + 1;
	case '-':
		sixels->x = 0;
		sixels->y += 6;
		return at + 1;
	case '!':
		count = strtoul(at + 1, &next, 10);
		at = next;
	}
	if (*at < '?' || *at > '~' || !decode_column(to, sixels, *at - '?', count))
		return NULL;
	return at + 1;
}

/* Finds the next picture.  Return: is there one, and is it as it should be? */
static inline bool decode_sixels(struct decoded *to, const char *text)
{
	struct sixels sixels = { 0 };
	const char *at = strstr(text, "\033P"), *raster;

	memset(to, 0, sizeof(*to));
	raster = at ? strstr(at, "q\"1;1;") : NULL;
	if (!raster || sscanf(raster, "q\"1;1;%u;%u", &to->width, &to->height) != 2 ||
	    to->width > DECODED_SIDE || to->height > DECODED_SIDE)
		return false;
	at = raster + 2 + strspn(raster + 2, ";0123456789");
	while (at && *at && *at != '\033')
		at = decode_one(to, &sixels, at);
	to->end = at;
	return at && !strncmp(at, "\033\\", 2);
}

static inline int decode_sextet(char c)
{
	static const char all[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(all, c) : NULL;

	return at ? at - all : -1;
}

/* Each chunk stands alone; returns what is behind it. */
static inline const char *decode_base64(const char *at, uint8_t *bytes, size_t *count, size_t most)
{
	unsigned int bits = 0, held = 0;
	int sextet;

	for (; (sextet = decode_sextet(*at)) >= 0; at++) {
		bits = bits << 6 | sextet;
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		if (*count < most)
			bytes[(*count)++] = bits >> held;
	}
	return at + strspn(at, "=");
}

static inline unsigned int decode_key(const char *keys, char key)
{
	for (; *keys && *keys != ';' && *keys != '\033'; keys++)
		if (keys[0] == key && keys[1] == '=')
			return strtoul(keys + 2, NULL, 10);
	return 0;
}

static inline void decode_rgba(struct decoded *to, const uint8_t *bytes)
{
	unsigned int x, y;

	for (y = 0; y < to->height; y++)
		for (x = 0; x < to->width; x++, bytes += 4)
			memcpy(to->pixels[y][x], bytes, 3);
}

/* Finds the next picture of 4 bytes a pixel, and of at least two chunks. */
static inline bool decode_kitty(struct decoded *to, const char *text)
{
	static uint8_t bytes[DECODED_SIDE * DECODED_SIDE * 4];
	const char *at = strstr(text, "\033_Ga=T");
	size_t count = 0;

	memset(to, 0, sizeof(*to));
	if (!at || decode_key(++at, 'f') != 32)
		return false;
	to->width = decode_key(at, 's');
	to->height = decode_key(at, 'v');
	to->columns = decode_key(at, 'c');
	to->rows = decode_key(at, 'r');
	to->number = decode_key(at, 'i');
	if (!to->width || to->width > DECODED_SIDE || to->height > DECODED_SIDE)
		return false;
	for (at = strstr(at, "\033\\"); at && !strncmp(at, "\033\\\033_Gm=1;", 9);)
		at = decode_base64(at + 9, bytes, &count, sizeof(bytes));
	decode_rgba(to, bytes);
	to->end = at;
	return at && !strncmp(at, "\033\\\033_Gm=0\033\\", 10) &&
	       count == 4ULL * to->width * to->height;
}

#endif /* DECODE_H */
