#include <Python.h>

#ifdef __AVX2__
#define LEVEL 3
#else
#define LEVEL 1
#endif

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_level", NULL, -1, NULL};

PyMODINIT_FUNC PyInit__level(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module && PyModule_AddIntConstant(module, "level", LEVEL) < 0)
        Py_CLEAR(module);
    return module;
}
