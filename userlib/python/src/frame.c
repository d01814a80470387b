// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A frame: a buffer of the pool that an array can be made of, read-only.  It goes back
 * when the last view of it and the Frame are gone, or when it is released.
 */
#include "internal.h"

#include <errno.h>
#include <string.h>

/**
 * struct frame - the Python object
 * @weak:       weak references to it.
 * @handle:     of its stream; NULL: it is released.
 * @layout:     how it is an array; NULL: a row of bytes.
 * @data:       its bytes.
 * @bytes:      how many: the shape of a row of bytes.
 * @exports:    views that there are.
 * @descriptor: as the driver gave it.
 * @loss:       what is missing before it.
 */
struct frame {
	PyObject_HEAD
	PyObject *weak;
	struct handle *handle;
	struct layout *layout;
	const void *data;
	Py_ssize_t bytes;
	Py_ssize_t exports;
	struct dmaring_frame descriptor;
	struct dmaring_loss loss;
};

static PyTypeObject *type;
static Py_ssize_t one = 1;

static struct frame *self_of(PyObject *object)
{
	return (struct frame *)object;
}

PyObject *frame_new(struct handle *handle, const struct dmaring_frame *taken,
		    const struct dmaring_loss *loss)
{
	struct layout *layout = handle_layout(handle, taken);
	struct frame *self = PyObject_New(struct frame, type);

	if (!self) {
		dmaring_release(handle->stream, taken);
		return NULL;
	}
	if (layout && (!layout->known || taken->bytes_used < layout->extent))
		layout = NULL;
	if (layout)
		layout->references++;
	handle->references++;
	self->weak = NULL;
	self->handle = handle;
	self->layout = layout;
	self->data = dmaring_data(handle->stream, taken);
	self->bytes = taken->bytes_used;
	self->exports = 0;
	self->descriptor = *taken;
	self->loss = *loss;
	return (PyObject *)self;
}

/* What the library says; the card may be gone, then there is nothing to give back. */
static int give_back(struct frame *self)
{
	struct handle *handle = self->handle;
	int err = 0;

	if (!handle)
		return 0;
	self->handle = NULL;
	if (!handle_is_foreign(handle))
		err = dmaring_release(handle->stream, &self->descriptor);
	handle_put(handle);
	return err == -ENODEV ? 0 : err;
}

static void frame_dealloc(PyObject *object)
{
	struct frame *self = self_of(object);
	PyTypeObject *of = Py_TYPE(object);

	if (self->weak)
		PyObject_ClearWeakRefs(object);
	give_back(self);
	layout_put(self->layout);
	PyObject_Free(object);
	Py_DECREF(of);
}

/* ---------------------------------------------------------------------- views */

static int refuse(PyObject *exception, const char *why)
{
	PyErr_SetString(exception, why);
	return -1;
}

static int check_usable(const struct frame *self)
{
	if (!self->handle)
		return refuse(PyExc_ValueError, "the frame is released");
	if (handle_is_foreign(self->handle))
		return refuse(PyExc_ValueError, "the frame is of the process that has forked");
	return 0;
}

static void fill_row(struct frame *self, Py_buffer *view)
{
	view->len = self->bytes;
	view->itemsize = 1;
	view->format = "B";
	view->ndim = 1;
	view->shape = &self->bytes;
	view->strides = &one;
}

static void fill_array(struct layout *layout, Py_buffer *view)
{
	view->len = layout->array_bytes;
	view->itemsize = layout->item_bytes;
	view->format = layout->format;
	view->ndim = layout->dimensions;
	view->shape = layout->shape;
	view->strides = layout->strides;
}

/* What was not asked for must not be told. */
static void trim(Py_buffer *view, int flags)
{
	if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES)
		view->strides = NULL;
	if (!(flags & PyBUF_ND)) {
		view->shape = NULL;
		view->ndim = 1;
	}
	if (!(flags & PyBUF_FORMAT))
		view->format = NULL;
}

static bool is_refused(const struct frame *self, int flags)
{
	const int fortran = PyBUF_F_CONTIGUOUS & ~PyBUF_STRIDES;
	const int contiguous = (PyBUF_C_CONTIGUOUS | PyBUF_ANY_CONTIGUOUS) & ~PyBUF_STRIDES;

	if (!self->layout)
		return false;
	if (flags & fortran && self->layout->dimensions > 1)
		return true;
	return !self->layout->contiguous &&
	       (flags & contiguous || (flags & PyBUF_STRIDES) != PyBUF_STRIDES);
}

static int frame_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
	struct frame *self = self_of(object);

	view->obj = NULL;
	if (check_usable(self))
		return -1;
	if (flags & PyBUF_WRITABLE)
		return refuse(PyExc_BufferError, "a frame is read-only");
	if (is_refused(self, flags))
		return refuse(PyExc_BufferError,
			      "the lines of the frame are padded: its bytes do not follow each other");
	*view = (Py_buffer){
		.buf = (void *)self->data,
		.obj = Py_NewRef(object),
		.readonly = 1,
	};
	if (self->layout)
		fill_array(self->layout, view);
	else
		fill_row(self, view);
	trim(view, flags);
	self->exports++;
	return 0;
}

static void frame_releasebuffer(PyObject *object, Py_buffer *Py_UNUSED(view))
{
	self_of(object)->exports--;
}

/* Only what is no buffer any more comes here: else NumPy would make an array of it, with
 * the Frame as its one element.
 */
static PyObject *frame_array(PyObject *object, PyObject *args, PyObject *keywords)
{
	static char *names[] = { "dtype", "copy", NULL };
	PyObject *numpy, *view, *array = NULL, *dtype = Py_None, *copy = Py_None;

	if (check_usable(self_of(object)) ||
	    !PyArg_ParseTupleAndKeywords(args, keywords, "|OO", names, &dtype, &copy))
		return NULL;
	view = PyMemoryView_FromObject(object);
	numpy = view ? PyImport_ImportModule("numpy") : NULL;
	if (numpy)
		array = PyObject_CallMethod(numpy, copy == Py_True ? "array" : "asarray", "OO",
					    view, dtype);
	Py_XDECREF(numpy);
	Py_XDECREF(view);
	return array;
}

/* -------------------------------------------------------------------- release */

static PyObject *frame_release(PyObject *object, PyObject *Py_UNUSED(none))
{
	struct frame *self = self_of(object);

	if (self->exports) {
		PyErr_Format(PyExc_BufferError,
			     "the frame has %zd arrays or other views, which still use it",
			     self->exports);
		return NULL;
	}
	if (check(give_back(self)))
		return NULL;
	return Py_NewRef(Py_None);
}

static PyObject *frame_enter(PyObject *object, PyObject *Py_UNUSED(none))
{
	return check_usable(self_of(object)) ? NULL : Py_NewRef(object);
}

static PyObject *frame_exit(PyObject *object, PyObject *Py_UNUSED(args))
{
	return frame_release(object, NULL);
}

/* ----------------------------------------------------------------------- tell */

static PyObject *value_to_object(const struct dmaring_meta_value *value)
{
	switch (value->type) {
	case DMARING_META_F32:
	case DMARING_META_F64:
		return PyFloat_FromDouble(value->f);
	case DMARING_META_S32:
	case DMARING_META_S64:
		return PyLong_FromLongLong(value->s);
	}
	return PyLong_FromUnsignedLongLong(value->u);
}

static PyObject *meta_value(const struct frame *self, PyObject *name)
{
	struct dmaring_meta_value value;
	PyObject *bytes = PyUnicode_AsUTF8String(name);
	int err;

	if (!bytes)
		return NULL;
	err = dmaring_frame_meta(self->handle->stream, &self->descriptor,
				 PyBytes_AsString(bytes), &value);
	Py_DECREF(bytes);
	return err ? raise_error(err) : value_to_object(&value);
}

/* Metadata are attributes, too, unless the name is one of ours. */
static PyObject *frame_getattro(PyObject *object, PyObject *name)
{
	const struct frame *self = self_of(object);
	PyObject *value = PyObject_GenericGetAttr(object, name);

	if (value || !PyErr_ExceptionMatches(PyExc_AttributeError) || !self->handle ||
	    handle_is_foreign(self->handle) ||
	    PySequence_Contains(self->handle->meta, name) <= 0)
		return value;
	PyErr_Clear();
	return meta_value(self, name);
}

static PyObject *frame_get_meta(PyObject *object, void *Py_UNUSED(closure))
{
	const struct frame *self = self_of(object);
	PyObject *dict, *name, *value;
	Py_ssize_t i;
	int err = 0;

	if (check_usable(self))
		return NULL;
	dict = PyDict_New();
	for (i = 0; dict && !err && i < PyTuple_Size(self->handle->meta); i++) {
		name = PyTuple_GetItem(self->handle->meta, i);
		value = meta_value(self, name);
		err = value ? PyDict_SetItem(dict, name, value) : -1;
		Py_XDECREF(value);
	}
	if (err)
		Py_CLEAR(dict);
	return dict;
}

static PyObject *frame_get_shape(PyObject *object, void *Py_UNUSED(closure))
{
	const struct frame *self = self_of(object);

	return self->layout ? tuple_of(self->layout->shape, self->layout->dimensions) :
			      tuple_of(&self->bytes, 1);
}

static PyObject *frame_get_strides(PyObject *object, void *Py_UNUSED(closure))
{
	const struct frame *self = self_of(object);

	return self->layout ? tuple_of(self->layout->strides, self->layout->dimensions) :
			      tuple_of(&one, 1);
}

static PyObject *frame_get_dtype(PyObject *object, void *Py_UNUSED(closure))
{
	const struct frame *self = self_of(object);

	return PyUnicode_FromString(self->layout ? self->layout->dtype : "|u1");
}

static PyObject *frame_get_released(PyObject *object, void *Py_UNUSED(closure))
{
	return PyBool_FromLong(!self_of(object)->handle);
}

static PyObject *frame_repr(PyObject *object)
{
	const struct frame *self = self_of(object);

	return PyUnicode_FromFormat("<dmaring.Frame %llu: %zd bytes%s>",
				    (unsigned long long)self->descriptor.sequence, self->bytes,
				    self->handle ? "" : ", released");
}

static PyGetSetDef properties[] = {
	{ "shape", frame_get_shape, NULL,
	  "Elements in each dimension, the outermost first, as NumPy counts them.", NULL },
	{ "strides", frame_get_strides, NULL,
	  "Bytes from one element to the next in each dimension.", NULL },
	{ "dtype", frame_get_dtype, NULL,
	  "Type of an element as NumPy spells it, for example \"<u2\".", NULL },
	{ "released", frame_get_released, NULL,
	  "True when its buffer was given back by release() or \"with\".", NULL },
	{ "meta", frame_get_meta, NULL,
	  "What the card says of the frame: a dict of numbers by name, perhaps empty.\n\n"
	  "ValueError when it is released.", NULL },
	{ 0 }
};

#define DESCRIPTOR(member) (offsetof(struct frame, descriptor) + \
			    offsetof(struct dmaring_frame, member))

static PyMemberDef members[] = {
	{ "__weaklistoffset__", T_PYSSIZET, offsetof(struct frame, weak), READONLY, NULL },
	{ "sequence", T_ULONGLONG, DESCRIPTOR(sequence), READONLY,
	  "Number of the frame; it counts lost ones, too." },
	{ "timestamp_ns", T_ULONGLONG, DESCRIPTOR(timestamp_ns), READONLY,
	  "When it was complete: CLOCK_MONOTONIC, nanoseconds (time.monotonic_ns())." },
	{ "flags", T_UINT, DESCRIPTOR(flags), READONLY, "Bits of dmaring.FrameFlag." },
	{ "bytes_used", T_UINT, DESCRIPTOR(bytes_used), READONLY, "Bytes of the frame." },
	{ "buffer", T_UINT, DESCRIPTOR(buffer), READONLY, "Index of its buffer." },
	{ "format_seq", T_UINT, DESCRIPTOR(format_seq), READONLY, "Number of its format." },
	{ "control_seq", T_UINT, DESCRIPTOR(control_seq), READONLY,
	  "Number of the values that the controls had." },
	{ "hw_meta", T_ULONGLONG, DESCRIPTOR(hw_meta), READONLY, "The card's own word." },
	{ "overruns_total", T_ULONGLONG, DESCRIPTOR(overruns_total), READONLY,
	  "Frames before this one that the card lost." },
	{ "overruns", T_ULONGLONG, offsetof(struct frame, loss.overruns), READONLY,
	  "Frames that the card lost between this Stream's frame before and this one." },
	{ "drops", T_ULONGLONG, offsetof(struct frame, loss.drops), READONLY,
	  "Frames that were dropped there for this Stream alone." },
	{ 0 }
};

static PyMethodDef methods[] = {
	{ "release", frame_release, METH_NOARGS,
	  "release()\n--\n\n"
	  "Give the buffer back now.\n\n"
	  "BufferError while there are arrays or other views of it: then nothing is given\n"
	  "back.  A frame that is released already stays so." },
	{ "__enter__", frame_enter, METH_NOARGS, NULL },
	{ "__exit__", frame_exit, METH_VARARGS, NULL },
	{ "__array__", (PyCFunction)(void (*)(void))frame_array,
	  METH_VARARGS | METH_KEYWORDS, NULL },
	{ 0 }
};

static const char doc[] =
	"A frame, whose buffer is this program's until it is released.\n\n"
	"numpy.asarray(frame) and memoryview(frame) show it where it is, read-only, in the\n"
	"shape and type of its format; a frame that is shorter than its format is a row of\n"
	"bytes.  They keep it.  When it is gone and they are, the card gets the buffer.";

static PyType_Slot slots[] = {
	{ Py_tp_dealloc, frame_dealloc },
	{ Py_tp_doc, (void *)doc },
	{ Py_tp_getattro, frame_getattro },
	{ Py_tp_repr, frame_repr },
	{ Py_tp_methods, methods },
	{ Py_tp_members, members },
	{ Py_tp_getset, properties },
	{ Py_bf_getbuffer, frame_getbuffer },
	{ Py_bf_releasebuffer, frame_releasebuffer },
	{ 0 }
};

static PyType_Spec spec = {
	.name = "dmaring.Frame",
	.basicsize = sizeof(struct frame),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = slots,
};

int frame_prepare(PyObject *module)
{
	type = (PyTypeObject *)type_add(module, &spec, "Frame");
	return type ? 0 : -1;
}
