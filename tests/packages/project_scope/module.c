#define PY_SSIZE_T_CLEAN
#include <Python.h>

#ifdef __AVX2__
#define SOURCES_HAVE_AVX2 1
#else
#define SOURCES_HAVE_AVX2 0
#endif

static PyObject *checks(PyObject *self, PyObject *args) {
  (void)self;
  (void)args;
  return Py_BuildValue("(iii)", HAVE_SSE42, HAVE_AVX2, SOURCES_HAVE_AVX2);
}

static PyMethodDef methods[] = {
    {"checks", checks, METH_NOARGS, "(check for SSE4.2, check for AVX2, AVX2 in the sources)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods,
                                        NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&definition); }
