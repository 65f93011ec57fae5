#define PY_SSIZE_T_CLEAN
#include <Python.h>

#ifdef DDOT
double DDOT(const INTEGER *n, const double *x, const INTEGER *dx, const double *y, const INTEGER *dy);
#endif

static PyObject *
vendor(PyObject *self, PyObject *args)
{
    return PyUnicode_FromString(EXAMPLE_BLAS);
}

/* The sum of i * i for i in range(n), by the library's dot product. */
static PyObject *
squares(PyObject *self, PyObject *args)
{
    double values[100], sum = 0;
    int n;
    if (!PyArg_ParseTuple(args, "i", &n) || n > 100) {
        return NULL;
    }
    for (int i = 0; i < n; i++) {
        values[i] = i;
    }
#ifdef DDOT
    const INTEGER count = n, step = 1;
    sum = DDOT(&count, values, &step, values, &step);
#else
    for (int i = 0; i < n; i++) {
        sum += values[i] * values[i];
    }
#endif
    return PyFloat_FromDouble(sum);
}

static PyMethodDef methods[] = {
    {"vendor", vendor, METH_NOARGS, NULL},
    {"squares", squares, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods};

PyMODINIT_FUNC
PyInit__core(void)
{
    return PyModule_Create(&definition);
}
