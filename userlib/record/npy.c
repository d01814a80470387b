// SPDX-License-Identifier: LGPL-2.1-or-later
#include "npy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC		"\x93NUMPY\x01\x00"
#define MAGIC_BYTES	8
#define PREFIX_BYTES	10	/* with the length of the dictionary */
#define FIELD_TEXT	512
#define SHAPE_TEXT	96

uint64_t npy_stride(uint32_t frame_bytes)
{
	return ((uint64_t)frame_bytes + DMARING_RECORD_ALIGN - 1) /
	       DMARING_RECORD_ALIGN * DMARING_RECORD_ALIGN;
}

uint64_t npy_bytes(uint64_t frames, uint64_t stride)
{
	return DMARING_RECORD_ALIGN + (frames ? frames * stride : DMARING_RECORD_ALIGN);
}

/* As a tuple, from the dimension @from on. */
static void put_shape(char text[SHAPE_TEXT],
		      const struct dmaring_format_description *is, uint32_t from)
{
	size_t used = snprintf(text, SHAPE_TEXT, "(");

	for (uint32_t i = from; i < is->numpy_dimensions; i++)
		used += snprintf(text + used, SHAPE_TEXT - used, "%" PRIu64 ",",
				 is->numpy_shape[i]);
	snprintf(text + used, SHAPE_TEXT - used, ")");
}

/* A string, or a list of fields as it is. */
static const char *quote(const char *dtype)
{
	return *dtype == '[' ? "" : "'";
}

/* Bytes of its innermost lines, and from one to the next. */
static uint64_t line_bytes(const struct dmaring_format_description *is)
{
	return is->numpy_dimensions > 1 ?
		       is->numpy_strides[1] * is->numpy_shape[1] : 0;
}

/* Lines that are padded are a structure each. */
static void put_frame(char text[FIELD_TEXT],
		      const struct dmaring_format_description *is)
{
	const char *dtype = is->numpy_dtype, *mark = quote(dtype);
	uint64_t line = line_bytes(is), next = is->numpy_strides[0];
	char shape[SHAPE_TEXT];

	if (!line || line == next) {
		put_shape(shape, is, 0);
		snprintf(text, FIELD_TEXT, "('frame', %s%s%s, %s)", mark, dtype,
			 mark, shape);
		return;
	}
	put_shape(shape, is, 1);
	snprintf(text, FIELD_TEXT,
		 "('frame', [('line', %s%s%s, %s), ('', '|V%" PRIu64 "')], (%" PRIu64 ",))",
		 mark, dtype, mark, shape, next - line, is->numpy_shape[0]);
}

static uint64_t described_bytes(const struct dmaring_format_description *is)
{
	return is->numpy_strides[0] * is->numpy_shape[0];
}

int npy_header(char header[DMARING_RECORD_ALIGN],
	       const struct dmaring_format *format, uint64_t frames)
{
	const uint16_t length = DMARING_RECORD_ALIGN - PREFIX_BYTES;
	struct dmaring_format_description is = { .size = sizeof(is) };
	char frame[FIELD_TEXT], padding[SHAPE_TEXT] = "";
	int err = dmaring_format_describe(format, &is);
	uint64_t rest;
	size_t used;

	if (err)
		return err;
	put_frame(frame, &is);
	rest = npy_stride(format->frame_bytes) - described_bytes(&is);
	if (rest)
		snprintf(padding, sizeof(padding), ", ('', '|V%" PRIu64 "')", rest);
	memset(header, ' ', DMARING_RECORD_ALIGN);
	memcpy(header, MAGIC, MAGIC_BYTES);
	memcpy(header + MAGIC_BYTES, &length, sizeof(length));
	used = snprintf(header + PREFIX_BYTES, length,
			"{'descr': [%s%s], 'fortran_order': False, 'shape': (%" PRIu64 ",), }",
			frame, padding, frames);
	header[PREFIX_BYTES + used] = ' ';	/* where the NUL was */
	header[DMARING_RECORD_ALIGN - 1] = '\n';
	return 0;
}

int64_t npy_frames(const char header[DMARING_RECORD_ALIGN])
{
	static const char before[] = "'fortran_order': False, 'shape': (";
	char text[DMARING_RECORD_ALIGN - PREFIX_BYTES];
	char *shape, *end;
	int64_t frames;

	if (memcmp(header, MAGIC, MAGIC_BYTES))
		return -EPROTO;
	memcpy(text, header + PREFIX_BYTES, sizeof(text));
	text[sizeof(text) - 1] = '\0';
	shape = strstr(text, before);
	if (!shape)
		return -EPROTO;
	errno = 0;
	frames = strtoll(shape + sizeof(before) - 1, &end, 10);
	if (errno || frames < 0 || strncmp(end, ",)", 2))
		return -EPROTO;
	return frames;
}
