// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a library returns becomes an exception: dmaring._errors knows which. */
#include "internal.h"

#include <string.h>

static PyObject *raise(int err, const char *sentence)
{
	/* A path in it may be anything, and a long one cut. */
	PyObject *text = PyUnicode_DecodeUTF8(sentence, (Py_ssize_t)strlen(sentence), "replace");
	PyObject *errors = text ? PyImport_ImportModule("dmaring._errors") : NULL;
	PyObject *exception = NULL;

	if (errors)
		exception = PyObject_CallMethod(errors, "error_of", "iO", -err, text);
	Py_XDECREF(errors);
	Py_XDECREF(text);
	if (exception)
		PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
	Py_XDECREF(exception);
	return NULL;
}

PyObject *raise_error(int err)
{
	/* Somebody else's exception, as of a signal's handler, comes first. */
	return PyErr_Occurred() ? NULL : raise(err, dmaring_error());
}

PyObject *raise_record_error(int err)
{
	return raise(err, dmaring_record_error());
}

int check(int err)
{
	if (err < 0)
		raise_error(err);
	return err < 0 ? -1 : 0;
}
