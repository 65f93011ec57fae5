// bench_cuda._host: the functions of api.hpp for Python.
#include <Python.h>

#include <exception>
#include <memory>
#include <regex>
#include <tuple>
#include <type_traits>
#include <utility>

#include "api.hpp"

namespace bench {
namespace {

struct PythonError {};  // the interpreter has the exception already

struct Decrement {
    void operator()(PyObject* object) const { Py_DECREF(object); }
};
using Object = std::unique_ptr<PyObject, Decrement>;

Object owned(PyObject* object) {
    if (object == nullptr) {
        throw PythonError();
    }
    return Object(object);
}

// from: Python -> C++, into: C++ -> Python.
template <class T>
struct Convert;

template <>
struct Convert<double> {
    static double from(PyObject* object) {
        const double value = PyFloat_AsDouble(object);
        return PyErr_Occurred() ? throw PythonError() : value;
    }
    static Object into(double value) { return owned(PyFloat_FromDouble(value)); }
};

template <>
struct Convert<int> {
    static int from(PyObject* object) {
        const long value = PyLong_AsLong(object);
        return PyErr_Occurred() ? throw PythonError() : static_cast<int>(value);
    }
    static Object into(int value) { return owned(PyLong_FromLong(value)); }
};

template <>
struct Convert<std::string> {
    static std::string from(PyObject* object) {
        Py_ssize_t size = 0;
        const char* text = PyUnicode_AsUTF8AndSize(object, &size);
        return text ? std::string(text, static_cast<std::size_t>(size)) : throw PythonError();
    }
    static Object into(const std::string& text) {
        return owned(
            PyUnicode_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size())));
    }
};

template <class Items>
Object list_of(const Items& items) {
    Object list = owned(PyList_New(0));
    for (const auto& item : items) {
        using Item = std::decay_t<decltype(item)>;
        if (PyList_Append(list.get(), Convert<Item>::into(item).get()) < 0) {
            throw PythonError();
        }
    }
    return list;
}

template <class T>
struct Convert<std::vector<T>> {
    static std::vector<T> from(PyObject* object) {
        const Object items = owned(PySequence_Fast(object, "a sequence is needed"));
        std::vector<T> result;
        for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items.get()); ++i) {
            result.push_back(Convert<T>::from(PySequence_Fast_GET_ITEM(items.get(), i)));
        }
        return result;
    }
    static Object into(const std::vector<T>& items) { return list_of(items); }
};

template <class T, std::size_t Size>
struct Convert<std::array<T, Size>> {
    static Object into(const std::array<T, Size>& items) { return list_of(items); }
};

template <class K, class V>
struct Convert<std::map<K, V>> {
    static std::map<K, V> from(PyObject* object) {
        const Object items = owned(PyMapping_Items(object));
        std::map<K, V> result;
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
            PyObject* item = PyList_GET_ITEM(items.get(), i);
            result.emplace(Convert<K>::from(PyTuple_GET_ITEM(item, 0)),
                           Convert<V>::from(PyTuple_GET_ITEM(item, 1)));
        }
        return result;
    }
    static Object into(const std::map<K, V>& items) {
        Object result = owned(PyDict_New());
        for (const auto& [key, value] : items) {
            if (PyDict_SetItem(result.get(), Convert<K>::into(key).get(),
                               Convert<V>::into(value).get()) < 0) {
                throw PythonError();
            }
        }
        return result;
    }
};

template <class Result, class... Arguments, std::size_t... Index>
Object call(Result (*function)(Arguments...), PyObject* const* arguments,
            std::index_sequence<Index...>) {
    return Convert<Result>::into(
        function(Convert<std::decay_t<Arguments>>::from(arguments[Index])...));
}

template <class Result, class... Arguments>
Object call(Result (*function)(Arguments...), PyObject* const* arguments, Py_ssize_t count) {
    if (count != static_cast<Py_ssize_t>(sizeof...(Arguments))) {
        PyErr_Format(PyExc_TypeError, "%zu arguments are needed, not %zd", sizeof...(Arguments),
                     count);
        throw PythonError();
    }
    return call(function, arguments, std::index_sequence_for<Arguments...>());
}

// A function of api.hpp as the interpreter calls it.
template <auto Function>
PyObject* wrapper(PyObject*, PyObject* const* arguments, Py_ssize_t count) noexcept {
    try {
        return call(Function, arguments, count).release();
    } catch (const PythonError&) {
    } catch (const std::regex_error& error) {
        PyErr_Format(PyExc_RuntimeError, "the text is too complex: %s", error.what());
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_ValueError, error.what());
    }
    return nullptr;
}

template <auto Function>
PyMethodDef method(const char* name) {
    return {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(wrapper<Function>)),
            METH_FASTCALL, nullptr};
}

}  // namespace
}  // namespace bench

PyMODINIT_FUNC PyInit__host() {
    using namespace bench;
    static PyMethodDef methods[] = {
        method<parse_config>("parse_config"),
        method<parse_quantity>("parse_quantity"),
        method<evaluate>("evaluate"),
        method<render>("render"),
        method<plan>("plan"),
        method<components>("components"),
        method<summarize>("summarize"),
        method<group_means>("group_means"),
        method<sorted_table>("sorted_table"),
        {},
    };
    static PyModuleDef module = {
        PyModuleDef_HEAD_INIT, "_host", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};
    return PyModule_Create(&module);
}
