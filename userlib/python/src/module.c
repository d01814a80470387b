// SPDX-License-Identifier: LGPL-2.1-or-later
/* The module dmaring._dmaring: what of the package is in C. */
#include "internal.h"

/* The type stays for ever: a reference of its own is kept. */
PyObject *type_add(PyObject *module, PyType_Spec *spec, const char *name)
{
	PyObject *type = PyType_FromSpec(spec);

	if (type && PyModule_AddObjectRef(module, name, type))
		Py_CLEAR(type);
	return type;
}

static PyObject *describe(PyObject *Py_UNUSED(module), PyObject *args)
{
	struct dmaring_format format;

	return format_from_args(args, &format) ? NULL : layout_describe(&format);
}

static PyMethodDef functions[] = {
	{ "describe", describe, METH_VARARGS, NULL },
	{ 0 }
};

static struct PyModuleDef definition = {
	.m_base = PyModuleDef_HEAD_INIT,
	.m_name = "dmaring._dmaring",
	.m_size = -1,
	.m_methods = functions,
};

PyMODINIT_FUNC PyInit__dmaring(void);

PyMODINIT_FUNC PyInit__dmaring(void)
{
	PyObject *module = PyModule_Create(&definition);

	if (module && (PyModule_AddStringConstant(module, "version", dmaring_version()) ||
		       handle_prepare() || frame_prepare(module) || stream_prepare(module) ||
		       recording_prepare(module)))
		Py_CLEAR(module);
	return module;
}
