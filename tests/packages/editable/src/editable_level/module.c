#define PY_SSIZE_T_CLEAN
#include <Python.h>

#if defined(__AVX512F__)
#define LEVEL 4
#elif defined(__AVX2__)
#define LEVEL 3
#else
#define LEVEL 1
#endif

static PyObject *level(PyObject *self, PyObject *args) {
  (void)self;
  (void)args;
  return PyLong_FromLong(LEVEL);
}

static PyMethodDef methods[] = {
    {"level", level, METH_NOARGS, "the level that this file was compiled for"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods,
                                        NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&definition); }
