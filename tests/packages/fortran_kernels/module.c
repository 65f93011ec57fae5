#define PY_SSIZE_T_CLEAN
#include <Python.h>

int kind_of_fortran(void);

static PyObject *kind(PyObject *self, PyObject *args) {
  (void)self;
  (void)args;
  return PyLong_FromLong(kind_of_fortran());
}

static PyMethodDef methods[] = {
    {"kind", kind, METH_NOARGS, "what the Fortran compiler was told"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods,
                                        NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&definition); }
