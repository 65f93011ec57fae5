#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "kernels.h"

static PyObject *level(PyObject *self, PyObject *args) {
  (void)self;
  (void)args;
  return Py_BuildValue("(ii)", kernel_level(), common_level());
}

static PyMethodDef methods[] = {
    {"level", level, METH_NOARGS, "(level of the kernels, level of the common code)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods,
                                        NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&definition); }
