#define PY_SSIZE_T_CLEAN
#include <Python.h>

#ifdef HAS_GENERATED
#include "generated.h"
#else
#define GENERATED "nothing"
#endif

int kernel_level(void);

static PyObject *level(PyObject *self, PyObject *args) {
  (void)self;
  (void)args;
  return Py_BuildValue("(is)", kernel_level(), GENERATED);
}

static PyMethodDef methods[] = {
    {"level", level, METH_NOARGS, "(level of the kernels, what is in generated.h)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods,
                                        NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&definition); }
