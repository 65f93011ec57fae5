#define PY_SSIZE_T_CLEAN
#include <Python.h>

long sum_of_squares(const int *x, long n);
int half_of_all(int n);

static PyObject *answer(PyObject *self, PyObject *ignored) {
  int numbers[64];
  for (int i = 0; i < 64; i++) numbers[i] = i;
  return PyLong_FromLong(sum_of_squares(numbers, 64) + half_of_all(1));
}

static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_core", NULL, 0, methods};
PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&module); }
