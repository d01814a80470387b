// SPDX-License-Identifier: LGPL-2.1-or-later
/* Structures as dicts, and back. */
#include "internal.h"

#include <string.h>

int dict_add(PyObject *dict, const char *name, PyObject *value)
{
	int err = value ? PyDict_SetItemString(dict, name, value) : -1;

	Py_XDECREF(value);
	return err;
}

static PyObject *field_value(const char *at, size_t bytes)
{
	uint32_t number;
	uint64_t large;

	if (bytes == sizeof(number)) {
		memcpy(&number, at, bytes);
		return PyLong_FromUnsignedLong(number);
	}
	if (bytes == sizeof(large)) {
		memcpy(&large, at, bytes);
		return PyLong_FromUnsignedLongLong(large);
	}
	return PyUnicode_DecodeUTF8(at, (Py_ssize_t)strnlen(at, bytes), "replace");
}

PyObject *fields_to_dict(const void *from, const struct field *fields)
{
	PyObject *dict = PyDict_New();

	for (; dict && fields->name; fields++)
		if (dict_add(dict, fields->name,
			     field_value((const char *)from + fields->offset, fields->bytes)))
			Py_CLEAR(dict);
	return dict;
}

PyObject *format_to_dict(const struct dmaring_format *format)
{
	static const struct field fields[] = {
		FIELD(struct dmaring_format, width),
		FIELD(struct dmaring_format, height),
		FIELD(struct dmaring_format, pixelformat),
		FIELD(struct dmaring_format, bytes_per_line),
		FIELD(struct dmaring_format, frame_bytes),
		FIELD(struct dmaring_format, channels),
		FIELD(struct dmaring_format, rate_numerator),
		FIELD(struct dmaring_format, rate_denominator),
		{ 0 }
	};

	return fields_to_dict(format, fields);
}

int format_from_args(PyObject *args, struct dmaring_format *format)
{
	*format = (struct dmaring_format){ 0 };
	return PyArg_ParseTuple(args, "IIIIIIII", &format->width, &format->height,
				&format->pixelformat, &format->bytes_per_line,
				&format->frame_bytes, &format->channels,
				&format->rate_numerator, &format->rate_denominator) ? 0 : -1;
}
