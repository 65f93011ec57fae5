#define PY_SSIZE_T_CLEAN
#include <Python.h>

extern const char blob[] __attribute__((visibility("hidden")));
int kernel_level(void);

static PyObject *content(PyObject *self, PyObject *args) {
  (void)self;
  (void)args;
  return Py_BuildValue("(si)", blob, kernel_level());
}

static PyMethodDef methods[] = {
    {"content", content, METH_NOARGS, "(content of blob.bin, level of the kernels)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods,
                                        NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&definition); }
