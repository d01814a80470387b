/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the extension know about each other.  Include it first.
 *
 * Only the limited API of Python 3.11 is used: one file serves all later ones.  All
 * counts of references here change with the GIL held, and need no lock of their own.
 */
#ifndef DMARING_PYTHON_INTERNAL_H
#define DMARING_PYTHON_INTERNAL_H

#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <structmember.h>

#include <libdmaring-record.h>

#define DIMENSIONS 4

/**
 * struct layout - how a frame's bytes are elements of an array
 * @references:  who has it.
 * @format_seq:  of the format of which it is.
 * @known:       false: nobody knows: a row of bytes.
 * @contiguous:  there is no padding.
 * @item_bytes:  of an element.
 * @array_bytes: of all elements, without padding.
 * @extent:      bytes from the first byte to the last one.
 * @dimensions:  how many of the next two.
 * @shape:       elements in each dimension.
 * @strides:     bytes from one to the next.
 * @format:      of an element, as PEP 3118 spells it.
 * @dtype:       the same as NumPy spells it.
 */
struct layout {
	Py_ssize_t references;
	uint32_t format_seq;
	bool known;
	bool contiguous;
	Py_ssize_t item_bytes;
	Py_ssize_t array_bytes;
	Py_ssize_t extent;
	int dimensions;
	Py_ssize_t shape[DIMENSIONS];
	Py_ssize_t strides[DIMENSIONS];
	char format[DMARING_NAME_BYTES];
	char dtype[DMARING_NAME_BYTES];
};

struct layout *layout_new(const struct dmaring_format *format, uint32_t format_seq);
void layout_put(struct layout *layout);
PyObject *layout_describe(const struct dmaring_format *format);
PyObject *tuple_of(const Py_ssize_t *values, int count);

/**
 * struct handle - an open stream, which lives as long as its last frame
 * @stream:     the library's.
 * @references: the Stream, each Frame, each thread that waits.
 * @generation: of the process that opened it: see handle_is_foreign().
 * @layout:     of the newest frame; NULL before the first.
 * @last:       the frame that was taken last, and whether there is one.
 * @has_last:   see there.
 * @meta:       a tuple of the names of the metadata that frames have.
 * @turn:       held by the one thread that waits in the kernel: so losses are
 *              counted in the order in which frames were taken.
 * @waiting:    somebody has @turn.
 */
struct handle {
	struct dmaring *stream;
	Py_ssize_t references;
	unsigned long generation;
	struct layout *layout;
	struct dmaring_frame last;
	bool has_last;
	PyObject *meta;
	PyThread_type_lock turn;
	bool waiting;
};

struct handle *handle_open(const char *device, const struct dmaring_options *options);
void handle_put(struct handle *handle);
bool handle_is_foreign(const struct handle *handle);
struct layout *handle_layout(struct handle *handle, const struct dmaring_frame *frame);
int handle_take_now(struct handle *handle, struct dmaring_frame *frame,
		    struct dmaring_loss *loss);
int handle_take(struct handle *handle, struct dmaring_frame *frame,
		struct dmaring_loss *loss, int64_t timeout_ns);
int handle_prepare(void);

/* An exception is set when it fails, as in all functions that return objects. */
PyObject *frame_new(struct handle *handle, const struct dmaring_frame *taken,
		    const struct dmaring_loss *loss);
int frame_prepare(PyObject *module);
int stream_prepare(PyObject *module);
int recording_prepare(PyObject *module);

/* error.c: raise what the library said; NULL */
/* Of a new tuple.  @value: NULL, if there was no memory for it. */
static inline int set_item(PyObject *tuple, Py_ssize_t at, PyObject *value)
{
	return value ? PyTuple_SetItem(tuple, at, value) : -1;
}

PyObject *raise_error(int err);
PyObject *raise_record_error(int err);
/* 0, or -1 and an exception, of what a library returned */
int check(int err);

/**
 * struct field - a number or a text in a structure, for a dict
 * @name:   as Python sees it; NULL: the end.
 * @offset: where it is.
 * @bytes:  4 or 8; else a text of at most so many.
 */
struct field {
	const char *name;
	size_t offset;
	size_t bytes;
};

#define FIELD(type, member) \
	{ #member, offsetof(type, member), sizeof(((type *)0)->member) }

PyObject *fields_to_dict(const void *from, const struct field *fields);
/* Steals @value, which may be NULL. */
int dict_add(PyObject *dict, const char *name, PyObject *value);

/* struct dmaring_format and a dict of the same names */
PyObject *format_to_dict(const struct dmaring_format *format);
int format_from_args(PyObject *args, struct dmaring_format *format);

PyObject *type_add(PyObject *module, PyType_Spec *spec, const char *name);

#endif /* DMARING_PYTHON_INTERNAL_H */
