// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A recording's files, mapped; dmaring/_recording.py makes arrays of them.  A Memory is a
 * part of one, which keeps the recording mapped for as long as an array is made of it.
 */
#include "internal.h"

struct recording {
	PyObject_HEAD
	struct dmaring_recording *recording;
};

/**
 * struct memory - the Python object
 * @owner:   the recording.
 * @address: of its first byte.
 * @bytes:   how many.
 */
struct memory {
	PyObject_HEAD
	PyObject *owner;
	const void *address;
	Py_ssize_t bytes;
};

static PyTypeObject *memory_type;

/* A memoryview of it */
static PyObject *memory_new(PyObject *owner, const void *address, uint64_t bytes)
{
	struct memory *self = PyObject_New(struct memory, memory_type);
	PyObject *view;

	if (!self)
		return NULL;
	self->owner = Py_NewRef(owner);
	self->address = address ? address : "";
	self->bytes = (Py_ssize_t)bytes;
	view = PyMemoryView_FromObject((PyObject *)self);
	Py_DECREF(self);
	return view;
}

static void memory_dealloc(PyObject *object)
{
	PyTypeObject *type = Py_TYPE(object);

	Py_DECREF(((struct memory *)object)->owner);
	PyObject_Free(object);
	Py_DECREF(type);
}

static int memory_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
	const struct memory *self = (struct memory *)object;

	return PyBuffer_FillInfo(view, object, (void *)self->address, self->bytes, 1, flags);
}

static PyType_Slot memory_slots[] = {
	{ Py_tp_dealloc, memory_dealloc },
	{ Py_bf_getbuffer, memory_getbuffer },
	{ 0 }
};

static PyType_Spec memory_spec = {
	.name = "dmaring._dmaring.Memory",
	.basicsize = sizeof(struct memory),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = memory_slots,
};

/* ------------------------------------------------------------------ recordings */

static int recording_init(PyObject *object, PyObject *args, PyObject *Py_UNUSED(keywords))
{
	struct recording *self = (struct recording *)object;
	PyObject *path;
	int err;

	if (self->recording) {
		PyErr_SetString(PyExc_ValueError, "the recording is open already");
		return -1;
	}
	if (!PyArg_ParseTuple(args, "O&", PyUnicode_FSConverter, &path))
		return -1;
	/* Each record of its index is checked. */
	Py_BEGIN_ALLOW_THREADS
	err = dmaring_recording_open(PyBytes_AsString(path), &self->recording);
	Py_END_ALLOW_THREADS
	Py_DECREF(path);
	if (err)
		raise_record_error(err);
	return err ? -1 : 0;
}

static void recording_dealloc(PyObject *object)
{
	PyTypeObject *type = Py_TYPE(object);
	freefunc release = PyType_GetSlot(type, Py_tp_free);

	dmaring_recording_close(((struct recording *)object)->recording);
	release(object);
	Py_DECREF(type);
}

static const struct dmaring_recording *recording_of(PyObject *object)
{
	const struct dmaring_recording *recording = ((struct recording *)object)->recording;

	if (!recording)
		PyErr_SetString(PyExc_ValueError, "the recording is not open");
	return recording;
}

static PyObject *recording_format(PyObject *object, PyObject *Py_UNUSED(none))
{
	const struct dmaring_recording *recording = recording_of(object);

	return recording ? format_to_dict(dmaring_recording_format(recording)) : NULL;
}

static PyObject *file_to_tuple(PyObject *owner, const struct dmaring_recording_file *file,
			       uint64_t frame_bytes)
{
	uint64_t data_bytes = 0;

	if (file->present)
		data_bytes = (file->present - 1) * file->stride + frame_bytes;
	return Py_BuildValue("(KKKKNN)", (unsigned long long)file->first,
			     (unsigned long long)file->frames,
			     (unsigned long long)file->present,
			     (unsigned long long)file->stride,
			     memory_new(owner, file->records,
					file->frames * sizeof(struct dmaring_record)),
			     memory_new(owner, file->data, data_bytes));
}

/* A list of (first, frames, present, stride, records, data), one for each pair of files */
static PyObject *recording_files(PyObject *object, PyObject *Py_UNUSED(none))
{
	const struct dmaring_recording *recording = recording_of(object);
	struct dmaring_recording_file file = { .size = sizeof(file) };
	PyObject *list, *tuple;
	uint32_t number;
	int err = 0;

	list = recording ? PyList_New(0) : NULL;
	if (!list)
		return NULL;
	for (number = 0; !err && !dmaring_recording_get_file(recording, number, &file);
	     number++) {
		tuple = file_to_tuple(object, &file,
				      dmaring_recording_format(recording)->frame_bytes);
		err = tuple ? PyList_Append(list, tuple) : -1;
		Py_XDECREF(tuple);
	}
	if (err)
		Py_CLEAR(list);
	return list;
}

/* (path): what is wrong with it */
static PyObject *recording_verify(PyObject *Py_UNUSED(type), PyObject *args)
{
	static const struct field fields[] = {
		FIELD(struct dmaring_verdict, files),
		FIELD(struct dmaring_verdict, frames),
		FIELD(struct dmaring_verdict, absent),
		FIELD(struct dmaring_verdict, corrupt),
		FIELD(struct dmaring_verdict, checked),
		FIELD(struct dmaring_verdict, damaged),
		FIELD(struct dmaring_verdict, torn),
		FIELD(struct dmaring_verdict, spare),
		FIELD(struct dmaring_verdict, unended),
		FIELD(struct dmaring_verdict, overruns),
		FIELD(struct dmaring_verdict, drops),
		FIELD(struct dmaring_verdict, skipped),
		FIELD(struct dmaring_verdict, triggers),
		{ 0 }
	};
	struct dmaring_verdict verdict = { .size = sizeof(verdict) };
	PyObject *path;
	int err;

	if (!PyArg_ParseTuple(args, "O&", PyUnicode_FSConverter, &path))
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	err = dmaring_recording_verify(PyBytes_AsString(path), 0, &verdict);
	Py_END_ALLOW_THREADS
	Py_DECREF(path);
	return err ? raise_record_error(err) : fields_to_dict(&verdict, fields);
}

static PyMethodDef methods[] = {
	{ "format", recording_format, METH_NOARGS, NULL },
	{ "files", recording_files, METH_NOARGS, NULL },
	{ "verify", recording_verify, METH_VARARGS | METH_STATIC, NULL },
	{ 0 }
};

static PyType_Slot slots[] = {
	{ Py_tp_new, PyType_GenericNew },
	{ Py_tp_init, recording_init },
	{ Py_tp_dealloc, recording_dealloc },
	{ Py_tp_methods, methods },
	{ 0 }
};

static PyType_Spec spec = {
	.name = "dmaring._dmaring.Recording",
	.basicsize = sizeof(struct recording),
	.flags = Py_TPFLAGS_DEFAULT,
	.slots = slots,
};

int recording_prepare(PyObject *module)
{
	PyObject *type = type_add(module, &spec, "Recording");

	Py_XDECREF(type);
	memory_type = (PyTypeObject *)type_add(module, &memory_spec, "Memory");
	return type && memory_type ? 0 : -1;
}
