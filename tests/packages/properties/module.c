#define PY_SSIZE_T_CLEAN
#include <Python.h>

#ifndef C_FLAG
#define C_FLAG ""
#endif

int cxx_flag(void);

static PyObject *seen(PyObject *self, PyObject *args) {
  (void)self;
  (void)args;
  return Py_BuildValue("(sisis)", C_FLAG, cxx_flag(), DEMO_DEFINE, DEMO_SWITCH, DEMO_ENVIRONMENT);
}

static PyMethodDef methods[] = {
    {"seen", seen, METH_NOARGS, "(C flag, C++ flag, define, switch, environment) of the build"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods,
                                        NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&definition); }
