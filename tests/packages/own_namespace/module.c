#define PY_SSIZE_T_CLEAN
#include <Python.h>

#ifndef BOARD
#define BOARD 0
#endif

static PyObject *board(PyObject *self, PyObject *args) {
  (void)self;
  (void)args;
  return Py_BuildValue("(ii)", BOARD, BUS);
}

static PyMethodDef methods[] = {
    {"board", board, METH_NOARGS, "(board, bits of its bus) that it was built for"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods,
                                        NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&definition); }
