// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a frame's bytes are elements of an array. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Native characters where they mean the same: memoryview knows no others. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LITTLE ""
#else
#define LITTLE "<"
#endif

/* A number, of which NumPy says "<u2", as PEP 3118 and the module struct spell it. */
static const struct {
	const char *dtype;
	const char *format;
	Py_ssize_t bytes;
} numbers[] = {
	{ "|u1", "B", 1 },
	{ "<u2", LITTLE "H", 2 },
	{ "<u4", LITTLE "I", 4 },
	{ "<u8", LITTLE "Q", 8 },
	{ "|i1", "b", 1 },
	{ "<i1", "b", 1 },
	{ "<i2", LITTLE "h", 2 },
	{ "<i4", LITTLE "i", 4 },
	{ "<i8", LITTLE "q", 8 },
	{ "<f2", LITTLE "e", 2 },
	{ "<f4", LITTLE "f", 4 },
	{ "<f8", LITTLE "d", 8 },
	{ "[('re', '<i1'), ('im', '<i1')]", "T{b:re:b:im:}", 2 },
	{ "[('re', '<i2'), ('im', '<i2')]", "T{<h:re:<h:im:}", 4 },
	{ "[('re', '<i4'), ('im', '<i4')]", "T{<i:re:<i:im:}", 8 },
};

static bool spell(struct layout *layout, const char *dtype)
{
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strcmp(numbers[i].dtype, dtype))
			continue;
		strcpy(layout->format, numbers[i].format);
		strcpy(layout->dtype, dtype);
		layout->item_bytes = numbers[i].bytes;
		return true;
	}
	return false;
}

static void measure(struct layout *layout)
{
	Py_ssize_t bytes = layout->item_bytes;
	int i;

	layout->extent = layout->item_bytes;
	layout->contiguous = true;
	for (i = layout->dimensions - 1; i >= 0; i--) {
		if (layout->strides[i] != bytes && layout->shape[i] > 1)
			layout->contiguous = false;
		layout->extent += (layout->shape[i] - 1) * layout->strides[i];
		bytes *= layout->shape[i];
	}
	layout->array_bytes = bytes;
}

static void fill(struct layout *layout, const struct dmaring_format *format)
{
	struct dmaring_format_description is = { .size = sizeof(is) };
	uint32_t i;

	if (!format->pixelformat || dmaring_format_describe(format, &is) ||
	    is.numpy_dimensions > DIMENSIONS || !spell(layout, is.numpy_dtype))
		return;
	layout->dimensions = (int)is.numpy_dimensions;
	for (i = 0; i < is.numpy_dimensions; i++) {
		layout->shape[i] = (Py_ssize_t)is.numpy_shape[i];
		layout->strides[i] = (Py_ssize_t)is.numpy_strides[i];
	}
	measure(layout);
	layout->known = true;
}

/* Never fails but for memory: what nobody knows is a row of bytes. */
struct layout *layout_new(const struct dmaring_format *format, uint32_t format_seq)
{
	struct layout *layout = calloc(1, sizeof(*layout));

	if (!layout) {
		PyErr_NoMemory();
		return NULL;
	}
	layout->references = 1;
	layout->format_seq = format_seq;
	fill(layout, format);
	return layout;
}

void layout_put(struct layout *layout)
{
	if (layout && !--layout->references)
		free(layout);
}

static PyObject *tuple_of(const uint64_t *numbers_of, uint32_t count)
{
	PyObject *tuple = PyTuple_New(count);
	uint32_t i;

	for (i = 0; tuple && i < count; i++)
		if (set_item(tuple, i, PyLong_FromUnsignedLongLong(numbers_of[i])))
			Py_CLEAR(tuple);
	return tuple;
}

PyObject *layout_describe(const struct dmaring_format *format)
{
	static const struct field fields[] = {
		FIELD(struct dmaring_format_description, bits),
		FIELD(struct dmaring_format_description, storage_bits),
		FIELD(struct dmaring_format_description, flags),
		FIELD(struct dmaring_format_description, name),
		FIELD(struct dmaring_format_description, v4l2),
		FIELD(struct dmaring_format_description, genicam),
		FIELD(struct dmaring_format_description, gstreamer),
		FIELD(struct dmaring_format_description, numpy_dtype),
		{ 0 }
	};
	struct dmaring_format_description is = { .size = sizeof(is) };
	PyObject *dict;

	if (check(dmaring_format_describe(format, &is)))
		return NULL;
	dict = fields_to_dict(&is, fields);
	if (dict && (dict_add(dict, "numpy_shape",
			      tuple_of(is.numpy_shape, is.numpy_dimensions)) ||
		     dict_add(dict, "numpy_strides",
			      tuple_of(is.numpy_strides, is.numpy_dimensions))))
		Py_CLEAR(dict);
	return dict;
}
