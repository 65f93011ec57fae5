#include <Python.h>

int counted(int times);
const char *compiled_for(void);

static PyObject *py_counted(PyObject *self, PyObject *times) {
  return PyLong_FromLong(counted((int)PyLong_AsLong(times)));
}

static PyObject *py_compiled_for(PyObject *self, PyObject *unused) {
  return PyUnicode_FromString(compiled_for());
}

static PyMethodDef methods[] = {{"counted", py_counted, METH_O, NULL},
                                {"compiled_for", py_compiled_for, METH_NOARGS, NULL},
                                {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods};

PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&module); }
