#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "kernels.h"

/* The elements of a sequence of floats, in memory that the caller frees; NULL with an exception. */
static double *doubles(PyObject *sequence, Py_ssize_t *count)
{
    PyObject *items = PySequence_Fast(sequence, "expected a sequence of floats");
    if (items == NULL)
        return NULL;
    *count = PySequence_Fast_GET_SIZE(items);
    double *result = PyMem_New(double, *count + 1);
    if (result == NULL)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; result != NULL && i < *count; ++i) {
        result[i] = PyFloat_AsDouble(PySequence_Fast_GET_ITEM(items, i));
        if (PyErr_Occurred()) {
            PyMem_Free(result);
            result = NULL;
        }
    }
    Py_DECREF(items);
    return result;
}

static PyObject *dot(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *first, *second;
    Py_ssize_t count, other;
    if (!PyArg_ParseTuple(args, "OO:dot", &first, &second))
        return NULL;
    double *x = doubles(first, &count);
    if (x == NULL)
        return NULL;
    double *y = doubles(second, &other);
    PyObject *result = NULL;
    if (y != NULL && count != other)
        PyErr_SetString(PyExc_ValueError, "dot: the sequences differ in length");
    else if (y != NULL)
        result = PyFloat_FromDouble(demo_dot(x, y, (size_t)count));
    PyMem_Free(x);
    PyMem_Free(y);
    return result;
}

static PyObject *compiled_for(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    return PyUnicode_FromString(demo_compiled_for());
}

static PyMethodDef methods[] = {
    {"dot", dot, METH_VARARGS, "The sum of the products of two sequences' elements."},
    {"compiled_for", compiled_for, METH_NOARGS, "The widest instructions the kernel may use."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_kernels", NULL, 0, methods,
                                    NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernels(void)
{
    return PyModule_Create(&module);
}
