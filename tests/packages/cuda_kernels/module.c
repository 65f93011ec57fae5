/* A file that no variant changes. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

int twice(int value);

static PyObject *py_twice(PyObject *self, PyObject *args) {
  int value;
  (void)self;
  if (!PyArg_ParseTuple(args, "i", &value)) return NULL;
  return PyLong_FromLong(twice(value));
}

static PyMethodDef methods[] = {
    {"twice", py_twice, METH_VARARGS, "twice(value): computed on the GPU, or -1 where there is none"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods,
                                        NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&definition); }
