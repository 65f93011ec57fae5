#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <numpy/arrayobject.h>

static PyObject *
built_with(PyObject *self, PyObject *args)
{
    return PyUnicode_FromString(BUILT_WITH);
}

static PyObject *
headers(PyObject *self, PyObject *args)
{
    return PyUnicode_FromString(HEADERS);
}

static PyObject *
total(PyObject *self, PyObject *values)
{
    PyArrayObject *array =
        (PyArrayObject *)PyArray_FROM_OTF(values, NPY_DOUBLE, NPY_ARRAY_IN_ARRAY);
    if (array == NULL) {
        return NULL;
    }
    double sum = 0;
    for (npy_intp i = 0; i < PyArray_SIZE(array); i++) {
        sum += ((double *)PyArray_DATA(array))[i];
    }
    Py_DECREF(array);
    return PyFloat_FromDouble(sum);
}

static PyMethodDef methods[] = {
    {"built_with", built_with, METH_NOARGS, NULL},
    {"headers", headers, METH_NOARGS, NULL},
    {"total", total, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "numpy_abi", NULL, -1, methods};

PyMODINIT_FUNC
PyInit_numpy_abi(void)
{
    import_array();
    return PyModule_Create(&definition);
}
