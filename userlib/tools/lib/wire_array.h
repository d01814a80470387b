/* SPDX-License-Identifier: MIT */
/* What the two forms of messages share: how they call the elements of a frame. */
#ifndef WIRE_ARRAY_H
#define WIRE_ARRAY_H

#include "wire.h"

#define WIRE_DIMENSIONS 4

/**
 * struct wire_shape - a frame as an array of numbers
 * @type:       "uint16", as NumPy calls it.
 * @tag:        the same in CBOR (RFC 8746); all of them are little-endian.
 * @bytes:      of one element.
 * @dimensions: how many of @shape there are.
 * @shape:      elements, the outermost dimension first.
 */
struct wire_shape {
	const char *type;
	unsigned int tag;
	unsigned int bytes;
	unsigned int dimensions;
	uint64_t shape[WIRE_DIMENSIONS];
};

/* Lines with their padding; a row of bytes, if it cannot be told otherwise. */
void wire_shape_of(const struct dmaring_format *format, uint32_t bytes,
		   struct wire_shape *shape);

/* By the type's name, or by its tag.  False if we know none. */
bool wire_shape_named(struct wire_shape *shape, const char *type);
bool wire_shape_tagged(struct wire_shape *shape, uint64_t tag);

/* Of somebody who tells nothing else of his frames. */
void wire_guess_format(const struct wire_shape *shape, uint64_t bytes,
		       struct dmaring_format *format);

/* Takes away the name of a series that is no name but something else. */
void wire_check_series(struct wire_message *message);

/* Of a message that was read: do its parts fit each other?  NULL, or a sentence. */
const char *wire_refuse(const struct wire_message *message,
			const struct wire_shape *shape, uint64_t bytes);

/* wire_prefix() of array-1.0: a text, with room as there. */
size_t wire_array_prefix(const struct wire_message *message, char *text);

#endif /* WIRE_ARRAY_H */
