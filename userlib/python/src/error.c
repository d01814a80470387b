// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a library returns becomes an exception: dmaring._errors knows which. */
#include "internal.h"

static PyObject *raise(int err, const char *sentence)
{
	PyObject *errors = PyImport_ImportModule("dmaring._errors"), *exception;

	if (!errors)
		return NULL;
	exception = PyObject_CallMethod(errors, "error_of", "is", -err, sentence);
	Py_DECREF(errors);
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
