#define PY_SSIZE_T_CLEAN
#include <Python.h>
#ifdef _OPENMP
#include <omp.h>
#endif

/* How many threads took part, and the sum of what they did: 0 + 1 + ... + 999. */
static PyObject *summed(PyObject *self, PyObject *args) {
  int threads = 0, sum = 0;
  (void)self;
  (void)args;
#ifdef _OPENMP
#pragma omp parallel num_threads(2)
#pragma omp single
  threads = omp_get_num_threads();
#pragma omp parallel for reduction(+ : sum)
#endif
  for (int i = 0; i < 1000; i++)
    sum += i;
  return Py_BuildValue("(ii)", threads, sum);
}

static PyMethodDef methods[] = {
    {"summed", summed, METH_NOARGS, "(threads, sum)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods,
                                        NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&definition); }
