// SPDX-License-Identifier: LGPL-2.1-or-later
/* A stream, of which frames are taken; dmaring/_stream.py makes it comfortable. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1e9
#define TIMEOUT_MAX_S 9e9	/* in nanoseconds it fits 64 bits */

/**
 * struct stream - the Python object
 * @handle: what it shares with its frames; NULL: closed, or not open yet.
 */
struct stream {
	PyObject_HEAD
	struct handle *handle;
};

static struct handle *handle_of(PyObject *object)
{
	struct handle *handle = ((struct stream *)object)->handle;

	if (!handle)
		PyErr_SetString(PyExc_ValueError, "the stream is closed");
	else if (handle_is_foreign(handle))
		PyErr_SetString(PyExc_ValueError, "the stream is of the process that has forked");
	else
		return handle;
	return NULL;
}

/* What may take long is done without the GIL; meanwhile others can close the Stream. */
#define UNLOCKED(handle, err, call)		\
	do {					\
		(handle)->references++;		\
		Py_BEGIN_ALLOW_THREADS		\
		(err) = (call);			\
		Py_END_ALLOW_THREADS		\
		(err) = check(err);		\
		handle_put(handle);		\
	} while (0)

static PyObject *none_if_good(int err)
{
	return err ? NULL : Py_NewRef(Py_None);
}

/* ----------------------------------------------------------------------- life */

static int stream_init(PyObject *object, PyObject *args, PyObject *Py_UNUSED(keywords))
{
	struct dmaring_options options = { .size = sizeof(options) };
	struct stream *self = (struct stream *)object;
	const char *device;

	if (self->handle) {
		PyErr_SetString(PyExc_ValueError, "the stream is open already");
		return -1;
	}
	if (!PyArg_ParseTuple(args, "sIIIIII", &device, &options.flags, &options.policy,
			      &options.depth, &options.max_held, &options.watermark,
			      &options.watermark_us))
		return -1;
	self->handle = handle_open(device, &options);
	return self->handle ? 0 : -1;
}

/* The card need not run any more for this one, whoever still has frames. */
static void stop_quietly(struct handle *handle)
{
	Py_BEGIN_ALLOW_THREADS
	dmaring_stop(handle->stream);
	Py_END_ALLOW_THREADS
}

static PyObject *stream_close(PyObject *object, PyObject *Py_UNUSED(none))
{
	struct stream *self = (struct stream *)object;
	struct handle *handle = self->handle;

	self->handle = NULL;
	if (handle) {
		if (!handle_is_foreign(handle))
			stop_quietly(handle);
		handle_put(handle);
	}
	return Py_NewRef(Py_None);
}

static void stream_dealloc(PyObject *object)
{
	PyTypeObject *type = Py_TYPE(object);
	freefunc release = PyType_GetSlot(type, Py_tp_free);

	Py_DECREF(stream_close(object, NULL));
	release(object);
	Py_DECREF(type);
}

static PyObject *call(PyObject *object, int (*function)(struct dmaring *stream))
{
	struct handle *handle = handle_of(object);
	int err;

	if (!handle)
		return NULL;
	UNLOCKED(handle, err, function(handle->stream));
	return none_if_good(err);
}

static PyObject *stream_start(PyObject *object, PyObject *Py_UNUSED(none))
{
	return call(object, dmaring_start);
}

static PyObject *stream_stop(PyObject *object, PyObject *Py_UNUSED(none))
{
	return call(object, dmaring_stop);
}

static PyObject *stream_fileno(PyObject *object, PyObject *Py_UNUSED(none))
{
	struct handle *handle = handle_of(object);

	return handle ? PyLong_FromLong(dmaring_fd(handle->stream)) : NULL;
}

/* --------------------------------------------------------------------- frames */

/* None: nothing waits. */
static PyObject *stream_take(PyObject *object, PyObject *Py_UNUSED(none))
{
	struct handle *handle = handle_of(object);
	struct dmaring_frame frame;
	struct dmaring_loss loss;
	int err;

	if (!handle)
		return NULL;
	err = handle_take_now(handle, &frame, &loss);
	if (err == -EAGAIN)
		return Py_NewRef(Py_None);
	return err ? raise_error(err) : frame_new(handle, &frame, &loss);
}

/* Seconds; NULL or None: for ever */
static int to_ns(PyObject *timeout, int64_t *ns)
{
	double seconds = 0;

	*ns = -1;
	if (!timeout || timeout == Py_None)
		return 0;
	seconds = PyFloat_AsDouble(timeout);
	if (PyErr_Occurred())
		return -1;
	if (!(seconds >= 0)) {
		PyErr_SetString(PyExc_ValueError, "a timeout is not negative");
		return -1;
	}
	*ns = seconds < TIMEOUT_MAX_S ? (int64_t)(seconds * NS_PER_S) : -1;
	return 0;
}

static PyObject *take(struct handle *handle, int64_t timeout_ns, bool iterate)
{
	struct dmaring_frame frame;
	struct dmaring_loss loss;
	PyObject *object;
	int err;

	handle->references++;
	err = handle_take(handle, &frame, &loss, timeout_ns);
	if (!err)
		object = frame_new(handle, &frame, &loss);
	else if (err == -EBADFD && iterate)
		object = NULL;	/* without an exception: it is the end */
	else
		object = raise_error(err == -EAGAIN ? -ETIMEDOUT : err);
	handle_put(handle);
	return object;
}

static PyObject *stream_next(PyObject *object, PyObject *args, PyObject *keywords)
{
	static char *names[] = { "timeout", NULL };
	PyObject *timeout = NULL;
	struct handle *handle;
	int64_t timeout_ns;

	/* What a number is may be a program, which may close the stream: first that. */
	if (!PyArg_ParseTupleAndKeywords(args, keywords, "|O", names, &timeout) ||
	    to_ns(timeout, &timeout_ns))
		return NULL;
	handle = handle_of(object);
	return handle ? take(handle, timeout_ns, false) : NULL;
}

static PyObject *stream_iternext(PyObject *object)
{
	struct handle *handle = handle_of(object);

	return handle ? take(handle, -1, true) : NULL;
}

/* ----------------------------------------------------------------------- tell */

static PyObject *stream_info(PyObject *object, PyObject *Py_UNUSED(none))
{
	static const struct field fields[] = {
		FIELD(struct dmaring_info, caps),
		FIELD(struct dmaring_info, state),
		FIELD(struct dmaring_info, buffers),
		FIELD(struct dmaring_info, buffer_size),
		FIELD(struct dmaring_info, consumers),
		FIELD(struct dmaring_info, consumers_max),
		FIELD(struct dmaring_info, format_seq),
		FIELD(struct dmaring_info, control_seq),
		FIELD(struct dmaring_info, driver),
		FIELD(struct dmaring_info, card),
		FIELD(struct dmaring_info, bus_info),
		FIELD(struct dmaring_info, viewer_buffers),
		FIELD(struct dmaring_info, viewer_reserved),
		FIELD(struct dmaring_info, memory),
		FIELD(struct dmaring_info, formats),
		FIELD(struct dmaring_info, controls),
		FIELD(struct dmaring_info, stream),
		{ 0 }
	};
	struct handle *handle = handle_of(object);
	struct dmaring_info info;
	PyObject *dict;

	if (!handle || check(dmaring_get_info(handle->stream, &info)))
		return NULL;
	dict = fields_to_dict(&info, fields);
	if (dict && dict_add(dict, "format", format_to_dict(&info.format)))
		Py_CLEAR(dict);
	return dict;
}

static PyObject *stream_stats(PyObject *object, PyObject *Py_UNUSED(none))
{
	static const struct field fields[] = {
		FIELD(struct dmaring_stats, produced),
		FIELD(struct dmaring_stats, completed),
		FIELD(struct dmaring_stats, overruns),
		FIELD(struct dmaring_stats, errors),
		FIELD(struct dmaring_stats, bad_completions),
		FIELD(struct dmaring_stats, bad_releases),
		FIELD(struct dmaring_stats, stalls),
		FIELD(struct dmaring_stats, starts),
		FIELD(struct dmaring_stats, bytes),
		FIELD(struct dmaring_stats, idle),
		FIELD(struct dmaring_stats, armed),
		FIELD(struct dmaring_stats, held),
		FIELD(struct dmaring_stats, quarantined),
		FIELD(struct dmaring_stats, consumer_produced),
		FIELD(struct dmaring_stats, consumer_delivered),
		FIELD(struct dmaring_stats, consumer_waiting),
		FIELD(struct dmaring_stats, consumer_dropped),
		FIELD(struct dmaring_stats, consumer_overruns),
		FIELD(struct dmaring_stats, consumer_held),
		FIELD(struct dmaring_stats, consumer_running),
		{ 0 }
	};
	struct handle *handle = handle_of(object);
	struct dmaring_stats stats;

	if (!handle || check(dmaring_get_stats(handle->stream, &stats)))
		return NULL;
	return fields_to_dict(&stats, fields);
}

static PyObject *stream_format_range(PyObject *object, PyObject *args)
{
	static const struct field fields[] = {
		FIELD(struct dmaring_format_range, pixelformat),
		FIELD(struct dmaring_format_range, width_min),
		FIELD(struct dmaring_format_range, width_max),
		FIELD(struct dmaring_format_range, width_step),
		FIELD(struct dmaring_format_range, height_min),
		FIELD(struct dmaring_format_range, height_max),
		FIELD(struct dmaring_format_range, height_step),
		FIELD(struct dmaring_format_range, channels_max),
		FIELD(struct dmaring_format_range, line_step),
		FIELD(struct dmaring_format_range, rate_min_numerator),
		FIELD(struct dmaring_format_range, rate_min_denominator),
		FIELD(struct dmaring_format_range, rate_max_numerator),
		FIELD(struct dmaring_format_range, rate_max_denominator),
		{ 0 }
	};
	struct dmaring_format_range range;
	struct handle *handle;
	unsigned int index;

	if (!PyArg_ParseTuple(args, "I", &index))
		return NULL;
	handle = handle_of(object);
	if (!handle ||
	    check(dmaring_get_format_range(handle->stream, index, &range)))
		return NULL;
	return fields_to_dict(&range, fields);
}

/* (try?, with the rate?, the format): what comes of it */
static PyObject *stream_set_format(PyObject *object, PyObject *args)
{
	struct dmaring_format format;
	int only_try, rate, err;
	struct handle *handle;
	PyObject *values;
	uint32_t flags;

	if (!PyArg_ParseTuple(args, "ppO", &only_try, &rate, &values) ||
	    format_from_args(values, &format))
		return NULL;
	handle = handle_of(object);
	if (!handle)
		return NULL;
	flags = rate ? DMARING_SET_FORMAT_RATE : 0;
	UNLOCKED(handle, err, only_try ? dmaring_try_format(handle->stream, &format, flags) :
					 dmaring_set_format(handle->stream, &format, flags));
	return err ? NULL : format_to_dict(&format);
}

/* ------------------------------------------------------------------- controls */

static PyObject *stream_control(PyObject *object, PyObject *args)
{
	static const struct field fields[] = {
		FIELD(struct dmaring_control_info, index),
		FIELD(struct dmaring_control_info, type),
		FIELD(struct dmaring_control_info, flags),
		FIELD(struct dmaring_control_info, items),
		FIELD(struct dmaring_control_info, name),
		FIELD(struct dmaring_control_info, unit),
		FIELD(struct dmaring_control_info, text),
		{ 0 }
	};
	struct dmaring_control_info info;
	unsigned int index, item;
	struct handle *handle;
	PyObject *dict;

	if (!PyArg_ParseTuple(args, "II", &index, &item))
		return NULL;
	handle = handle_of(object);
	if (!handle ||
	    check(dmaring_get_control_info(handle->stream, index, item, &info)))
		return NULL;
	dict = fields_to_dict(&info, fields);
	if (dict && (dict_add(dict, "minimum", PyLong_FromLongLong(info.minimum)) ||
		     dict_add(dict, "maximum", PyLong_FromLongLong(info.maximum)) ||
		     dict_add(dict, "step", PyLong_FromLongLong(info.step)) ||
		     dict_add(dict, "default", PyLong_FromLongLong(info.default_value))))
		Py_CLEAR(dict);
	return dict;
}

/* A sequence of (index, value, text) */
static struct dmaring_control_value *values_from(PyObject *list, Py_ssize_t *count)
{
	struct dmaring_control_value *values;
	PyObject *item;
	long long value;
	const char *text;
	Py_ssize_t i;
	int parsed = 1;

	*count = PyList_Size(list);
	if (*count < 0)
		return NULL;
	values = PyMem_Calloc(*count + 1, sizeof(*values));
	if (!values) {
		PyErr_NoMemory();
		return NULL;
	}
	for (i = 0; parsed && i < *count; i++) {
		item = PyList_GetItem(list, i);
		parsed = PyArg_ParseTuple(item, "ILs", &values[i].index, &value, &text);
		if (!parsed)
			break;
		values[i].value = value;
		/* Too long: then it has no end, which the kernel refuses. */
		memccpy(values[i].text, text, '\0', sizeof(values[i].text));
	}
	if (!parsed) {
		PyMem_Free(values);
		return NULL;
	}
	return values;
}

static PyObject *value_to_tuple(const struct dmaring_control_value *value)
{
	Py_ssize_t length = (Py_ssize_t)strnlen(value->text, sizeof(value->text));
	PyObject *text = PyUnicode_DecodeUTF8(value->text, length, "replace");

	return Py_BuildValue("(LN)", (long long)value->value, text);
}

static PyObject *values_to_list(const struct dmaring_control_value *values, Py_ssize_t count)
{
	PyObject *list = PyList_New(count), *value;
	Py_ssize_t i;

	for (i = 0; list && i < count; i++) {
		value = value_to_tuple(&values[i]);
		if (!value || PyList_SetItem(list, i, value))
			Py_CLEAR(list);
	}
	return list;
}

/* First the list, whose numbers may be programs: these may close the stream. */
static struct handle *begin_controls(PyObject *object, PyObject *list,
				     struct dmaring_control_value **values, Py_ssize_t *count)
{
	struct handle *handle;

	*values = values_from(list, count);
	handle = *values ? handle_of(object) : NULL;
	if (!handle)
		PyMem_Free(*values);
	return handle;
}

/* (list): their values; none is set */
static PyObject *stream_get_controls(PyObject *object, PyObject *list)
{
	struct dmaring_control_value *values;
	PyObject *answer = NULL;
	struct handle *handle;
	Py_ssize_t count;
	int err;

	handle = begin_controls(object, list, &values, &count);
	if (!handle)
		return NULL;
	UNLOCKED(handle, err, dmaring_get_controls(handle->stream, values, (uint32_t)count,
						   NULL));
	if (!err)
		answer = values_to_list(values, count);
	PyMem_Free(values);
	return answer;
}

/* (list): the number that frames have from now on */
static PyObject *stream_set_controls(PyObject *object, PyObject *list)
{
	struct dmaring_control_value *values;
	uint32_t control_seq = 0;
	struct handle *handle;
	Py_ssize_t count;
	int err;

	handle = begin_controls(object, list, &values, &count);
	if (!handle)
		return NULL;
	UNLOCKED(handle, err, dmaring_set_controls(handle->stream, values, (uint32_t)count,
						   &control_seq, NULL));
	PyMem_Free(values);
	return err ? NULL : PyLong_FromUnsignedLong(control_seq);
}

static PyObject *stream_get_closed(PyObject *object, void *Py_UNUSED(closure))
{
	return PyBool_FromLong(!((struct stream *)object)->handle);
}

static PyGetSetDef properties[] = {
	{ "closed", stream_get_closed, NULL, "True after close().", NULL },
	{ 0 }
};

static PyMethodDef methods[] = {
	{ "close", stream_close, METH_NOARGS,
	  "close()\n--\n\nStop.  Frames that are still there keep the stream mapped." },
	{ "start", stream_start, METH_NOARGS, NULL },
	{ "stop", stream_stop, METH_NOARGS, NULL },
	{ "fileno", stream_fileno, METH_NOARGS,
	  "fileno()\n--\n\nThe descriptor: readable when a frame waits.  Do not close it." },
	{ "take", stream_take, METH_NOARGS,
	  "take()\n--\n\nThe oldest frame that waits, or None; it never waits itself." },
	{ "next", (PyCFunction)(void (*)(void))stream_next, METH_VARARGS | METH_KEYWORDS,
	  "next(timeout=None)\n--\n\nThe oldest frame; wait for it so many seconds, or for ever.\n\n"
	  "dmaring.TimedOut after that; dmaring.Stopped when the stream does not run." },
	{ "_info", stream_info, METH_NOARGS, NULL },
	{ "_stats", stream_stats, METH_NOARGS, NULL },
	{ "_format_range", stream_format_range, METH_VARARGS, NULL },
	{ "_set_format", stream_set_format, METH_VARARGS, NULL },
	{ "_control", stream_control, METH_VARARGS, NULL },
	{ "_get_controls", stream_get_controls, METH_O, NULL },
	{ "_set_controls", stream_set_controls, METH_O, NULL },
	{ 0 }
};

static PyType_Slot slots[] = {
	{ Py_tp_new, PyType_GenericNew },
	{ Py_tp_init, stream_init },
	{ Py_tp_dealloc, stream_dealloc },
	{ Py_tp_iternext, stream_iternext },
	{ Py_tp_methods, methods },
	{ Py_tp_getset, properties },
	{ 0 }
};

static PyType_Spec spec = {
	.name = "dmaring._dmaring.Stream",
	.basicsize = sizeof(struct stream),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.slots = slots,
};

int stream_prepare(PyObject *module)
{
	PyObject *type = type_add(module, &spec, "Stream");

	Py_XDECREF(type);
	return type ? 0 : -1;
}
