#include <Python.h>

int match_first(const char* text);
int match_second(const char* text);
int match_third(const char* text);

static PyObject* match(PyObject* self, PyObject* argument) {
  (void)self;
  const char* text = PyUnicode_AsUTF8(argument);
  if (text == NULL) return NULL;
  return PyLong_FromLong(match_first(text) + match_second(text) + match_third(text));
}

static PyMethodDef methods[] = {{"match", match, METH_O, "How many patterns match."}, {0}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods,
                                    NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&module); }
