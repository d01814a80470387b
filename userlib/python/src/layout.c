// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a frame's bytes are elements of an array. */
#include "internal.h"

#include <assert.h>
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

static_assert(DIMENSIONS * sizeof(uint64_t) ==
		      sizeof(((struct dmaring_format_description *)NULL)->numpy_shape),
	      "as many as the library has");

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

static void take_shape(struct layout *layout, const struct dmaring_format_description *is)
{
	int i;

	layout->dimensions = (int)is->numpy_dimensions;
	for (i = 0; i < layout->dimensions; i++) {
		layout->shape[i] = (Py_ssize_t)is->numpy_shape[i];
		layout->strides[i] = (Py_ssize_t)is->numpy_strides[i];
	}
}

static void fill(struct layout *layout, const struct dmaring_format *format)
{
	struct dmaring_format_description is = { .size = sizeof(is) };

	if (!format->pixelformat || dmaring_format_describe(format, &is) ||
	    !spell(layout, is.numpy_dtype))
		return;
	take_shape(layout, &is);
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

PyObject *tuple_of(const Py_ssize_t *values, int count)
{
	PyObject *tuple = PyTuple_New(count);
	int i;

	for (i = 0; tuple && i < count; i++)
		if (set_item(tuple, i, PyLong_FromSsize_t(values[i])))
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
	struct layout layout = { 0 };
	PyObject *dict;

	if (check(dmaring_format_describe(format, &is)))
		return NULL;
	take_shape(&layout, &is);
	dict = fields_to_dict(&is, fields);
	if (dict && (dict_add(dict, "numpy_shape",
			      tuple_of(layout.shape, layout.dimensions)) ||
		     dict_add(dict, "numpy_strides",
			      tuple_of(layout.strides, layout.dimensions))))
		Py_CLEAR(dict);
	return dict;
}
