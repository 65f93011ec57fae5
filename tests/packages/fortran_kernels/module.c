#define PY_SSIZE_T_CLEAN
#include <Python.h>

int kind_of_fortran(void);
void add_scaled(int count, double factor, const double *x, double *y);

static PyObject *kind(PyObject *self, PyObject *args) {
  (void)self;
  (void)args;
  return PyLong_FromLong(kind_of_fortran());
}

static PyObject *added(PyObject *self, PyObject *args) {
  const double x[] = {1, 2, 3, 4, 5};
  double y[] = {1, 1, 1, 1, 1};
  (void)self;
  (void)args;
  add_scaled(5, 2, x, y);
  return PyFloat_FromDouble(y[4]);
}

static PyMethodDef methods[] = {
    {"kind", kind, METH_NOARGS, "what the Fortran compiler was told"},
    {"added", added, METH_NOARGS, "1 + 2 * 5"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods,
                                        NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&definition); }
