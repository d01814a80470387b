// SPDX-License-Identifier: MIT
#include "frame_pack.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Inner dimensions have no gaps. */
static uint64_t line_bytes(const struct dmaring_format_description *is)
{
	return is->numpy_dimensions > 1 ? is->numpy_shape[1] * is->numpy_strides[1] :
					  is->numpy_strides[0];
}

int frame_pack_open(struct frame_pack *pack, const struct dmaring_format *format)
{
	int err;

	*pack = (struct frame_pack){ .is.size = sizeof(pack->is) };
	err = dmaring_format_describe(format, &pack->is);
	if (err) {
		warnx("%s", dmaring_error());
		return err;
	}
	pack->lines = pack->is.numpy_shape[0];
	pack->line = line_bytes(&pack->is);
	pack->pitch = pack->is.numpy_strides[0];
	pack->bytes = pack->lines * pack->line;
	pack->packed = malloc(pack->bytes);
	if (pack->packed)
		return 0;
	warnx("no memory for a frame of %lu bytes", (unsigned long)pack->bytes);
	return -ENOMEM;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t frame_pack_bytes(const struct frame_pack *pack, uint64_t used)
{
	uint64_t whole = least(used / pack->pitch, pack->lines);

	if (whole == pack->lines)
		return pack->bytes;
	return whole * pack->line + least(used % pack->pitch, pack->line);
}

const void *frame_pack(struct frame_pack *pack, const void *data, uint64_t used)
{
	uint64_t left = frame_pack_bytes(pack, used), part;
	uint8_t *to = pack->packed;
	const uint8_t *from = data;

	if (left == pack->bytes && !frame_pack_is_padded(pack))
		return data;
	memset(to + left, 0, pack->bytes - left);
	for (; left; left -= part, from += pack->pitch, to += part) {
		part = least(left, pack->line);
		memcpy(to, from, part);
	}
	return pack->packed;
}

void frame_pack_close(struct frame_pack *pack)
{
	free(pack->packed);
	pack->packed = NULL;
}
