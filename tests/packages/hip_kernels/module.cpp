#define PY_SSIZE_T_CLEAN
#include <Python.h>

int scaled(float *values);
int sum_of_squares(const int *values, int count);

static PyObject *factor(PyObject *, PyObject *) {
  float values[64] = {};
  return PyLong_FromLong(abs(scaled(values)));
}

static PyObject *squares(PyObject *, PyObject *) {
  int values[] = {1, 2, 3};
  return PyLong_FromLong(sum_of_squares(values, 3));
}

static PyMethodDef methods[] = {
    {"factor", factor, METH_NOARGS, "what the HIP compiler was told"},
    {"squares", squares, METH_NOARGS, "1 + 4 + 9"},
    {},
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_core", nullptr, -1, methods};

PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&definition); }
