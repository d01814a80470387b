/* SPDX-License-Identifier: MIT */
/*
 * CBOR (RFC 8949), as much of it as messages need: written from its parts, and read
 * item by item where it is.  Nothing that is read is trusted: no item is taken to be
 * longer than what is there, and what nests deeper than CBOR_DEPTH is refused.
 */
#ifndef CBOR_H
#define CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of items in items. */
#define CBOR_DEPTH 16

enum cbor_kind {
	CBOR_NUMBER	= 0,
	CBOR_NEGATIVE	= 1,
	CBOR_BYTES	= 2,
	CBOR_TEXT	= 3,
	CBOR_ARRAY	= 4,
	CBOR_MAP	= 5,
	CBOR_TAG	= 6,
	CBOR_SIMPLE	= 7,
};

/* --------------------------------------------------------------------------- write */

/**
 * struct cbor_out - where items go
 * @to:    the room for them.
 * @room:  bytes.
 * @used:  of it; more than @room: it was too small, and what did not fit is not there.
 */
struct cbor_out {
	uint8_t *to;
	size_t room;
	size_t used;
};

/* The beginning of an item: its kind and its number, or how much follows. */
void cbor_put(struct cbor_out *out, enum cbor_kind kind, uint64_t value);
void cbor_put_text(struct cbor_out *out, const char *text);
/* Of a map: a name and a number; a name and a text. */
void cbor_put_number_of(struct cbor_out *out, const char *name, uint64_t number);
void cbor_put_text_of(struct cbor_out *out, const char *name, const char *text);

/* ---------------------------------------------------------------------------- read */

/* What is left to read. */
struct cbor_in {
	const uint8_t *at;
	const uint8_t *end;
};

/* A string or a container whose length is not said at its beginning. */
#define CBOR_OPEN UINT64_MAX

/* One item of that kind.  False if it is another one; then @in has moved or not. */
bool cbor_get_kind(struct cbor_in *in, enum cbor_kind kind, uint64_t *value);

/* A text; longer ones are refused, as are those in pieces. */
bool cbor_get_text(struct cbor_in *in, char *text, size_t room);

/* A string of bytes, where it is. */
bool cbor_get_bytes(struct cbor_in *in, const void **bytes, size_t *count);

/* In a container of @left items, CBOR_OPEN if that was not said: is there one more? */
bool cbor_more(struct cbor_in *in, uint64_t *left);

/* Over one item, with all that is in it. */
bool cbor_skip(struct cbor_in *in);

#endif /* CBOR_H */
