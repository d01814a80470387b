// SPDX-License-Identifier: MIT
#include "cbor.h"

#include <string.h>

/* --------------------------------------------------------------------------- write */

static void put_byte(struct cbor_out *out, uint8_t byte)
{
	if (out->used < out->room)
		out->to[out->used] = byte;
	out->used++;
}

void cbor_put(struct cbor_out *out, enum cbor_kind kind, uint64_t value)
{
	unsigned int bytes = value < 24 ? 0 : value <= UINT8_MAX ? 1 :
			     value <= UINT16_MAX ? 2 : value <= UINT32_MAX ? 4 : 8;
	unsigned int how = !bytes ? value : bytes == 1 ? 24 : bytes == 2 ? 25 :
			   bytes == 4 ? 26 : 27;

	put_byte(out, kind << 5 | how);
	while (bytes--)
		put_byte(out, value >> (8 * bytes));
}

void cbor_put_text(struct cbor_out *out, const char *text)
{
	cbor_put(out, CBOR_TEXT, strlen(text));
	while (*text)
		put_byte(out, *text++);
}

void cbor_put_number_of(struct cbor_out *out, const char *name, uint64_t number)
{
	cbor_put_text(out, name);
	cbor_put(out, CBOR_NUMBER, number);
}

void cbor_put_text_of(struct cbor_out *out, const char *name, const char *text)
{
	cbor_put_text(out, name);
	cbor_put_text(out, text);
}

/* ---------------------------------------------------------------------------- read */

static size_t left_of(const struct cbor_in *in)
{
	return in->end - in->at;
}

static bool may_be_open(enum cbor_kind kind)
{
	return kind >= CBOR_BYTES && kind <= CBOR_MAP;
}

/* The beginning of an item.  False if there is none, or none that CBOR has. */
static bool get(struct cbor_in *in, enum cbor_kind *kind, uint64_t *value)
{
	unsigned int how, bytes;

	if (in->at == in->end)
		return false;
	*kind = *in->at >> 5;
	how = *in->at++ & 31;
	if (how == 31) {
		*value = CBOR_OPEN;
		return may_be_open(*kind);
	}
	if (how < 24) {
		*value = how;
		return true;
	}
	bytes = 1U << (how - 24);
	if (how > 27 || bytes > left_of(in))
		return false;
	for (*value = 0; bytes--; in->at++)
		*value = *value << 8 | *in->at;
	/* It would be taken for one that does not say how long it is. */
	return *value != CBOR_OPEN || !may_be_open(*kind);
}

bool cbor_get_kind(struct cbor_in *in, enum cbor_kind kind, uint64_t *value)
{
	enum cbor_kind is;

	return get(in, &is, value) && is == kind;
}

static bool get_string(struct cbor_in *in, enum cbor_kind kind, const void **bytes,
		       size_t *count)
{
	uint64_t length;

	if (!cbor_get_kind(in, kind, &length) || length > left_of(in))
		return false;
	*bytes = in->at;
	*count = length;
	in->at += length;
	return true;
}

bool cbor_get_bytes(struct cbor_in *in, const void **bytes, size_t *count)
{
	return get_string(in, CBOR_BYTES, bytes, count);
}

bool cbor_get_text(struct cbor_in *in, char *text, size_t room)
{
	const void *bytes;
	size_t count;

	if (!get_string(in, CBOR_TEXT, &bytes, &count) || count >= room ||
	    memchr(bytes, '\0', count))
		return false;
	memcpy(text, bytes, count);
	text[count] = '\0';
	return true;
}

bool cbor_more(struct cbor_in *in, uint64_t *left)
{
	if (*left != CBOR_OPEN)
		return (*left)-- > 0;
	if (in->at < in->end && *in->at == 0xff) {
		in->at++;
		return false;
	}
	return true;
}

static bool skip(struct cbor_in *in, unsigned int depth)
{
	enum cbor_kind kind;
	uint64_t value;

	if (depth > CBOR_DEPTH || !get(in, &kind, &value))
		return false;
	switch (kind) {
	case CBOR_BYTES:
	case CBOR_TEXT:
		if (value != CBOR_OPEN) {
			if (value > left_of(in))
				return false;
			in->at += value;
			return true;
		}
		break;		/* its pieces are items */
	case CBOR_ARRAY:
		break;
	case CBOR_MAP:
		if (value != CBOR_OPEN && value > left_of(in))
			return false;	/* and twice as many do not overflow */
		value *= value == CBOR_OPEN ? 1 : 2;
		break;
	case CBOR_TAG:
		value = 1;
		break;
	default:
		return true;
	}
	while (cbor_more(in, &value))
		if (!skip(in, depth + 1))
			return false;
	return true;
}

bool cbor_skip(struct cbor_in *in)
{
	return skip(in, 0);
}
