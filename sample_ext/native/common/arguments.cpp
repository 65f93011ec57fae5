#include "common/arguments.h"

#include <string>
#include <vector>

#include "common/text.h"

namespace sample_ext {
namespace {

// The shape of any array, as Python writes it.
template <typename Array>
std::string shape_of(const Array& array) {
    std::vector<std::size_t> shape;
    for (std::size_t i = 0; i < array.ndim(); ++i) {
        shape.push_back(array.shape(i));
    }
    return shape_text(shape);
}

// For what is no dense array of the right kind: a copy that is, or the exception that says why not.
template <typename Array>
Array converted(nb::handle object, const char* name) {
    constexpr auto wanted = nb::dtype<typename Array::Scalar>();
    constexpr auto dimensions = static_cast<std::size_t>(Array::Config::N);
    const std::string argument = std::string(name) + ": ";
    const std::string array_wanted =
        argument + "expected an array of " + dtype_text(wanted.code, wanted.bits) + ", got ";

    nb::ndarray<nb::ro> any;
    if (!nb::try_cast(object, any, false)) {
        throw nb::type_error((array_wanted + nb::inst_name(object).c_str()).c_str());
    }
    if (any.dtype() != wanted) {
        const std::string got = dtype_text(any.dtype().code, any.dtype().bits);
        throw nb::type_error((array_wanted + got).c_str());
    }
    if (any.ndim() != dimensions) {
        const std::string problem = argument + "expected " + std::to_string(dimensions) +
                                    "-dimensional data, got shape " + shape_of(any);
        throw nb::value_error(problem.c_str());
    }
    Array array;
    if (!nb::try_cast(object, array)) {
        throw nb::type_error((array_wanted + "one that is not in main memory").c_str());
    }
    return array;
}

template <typename Array>
Array checked(nb::handle object, const char* name) {
    Array array;
    if (nb::try_cast(object, array, false)) {
        return array;
    }
    return converted<Array>(object, name);
}

}  // namespace

FloatVector float_vector(nb::handle object, const char* name) {
    return checked<FloatVector>(object, name);
}

FloatMatrix float_matrix(nb::handle object, const char* name) {
    return checked<FloatMatrix>(object, name);
}

ByteVector byte_vector(nb::handle object, const char* name) {
    return checked<ByteVector>(object, name);
}

void require_same_length(const FloatVector& x, const FloatVector& y) {
    if (x.shape(0) != y.shape(0)) {
        const std::string problem =
            "x and y must be of the same length, got shapes " + shape_of(x) + " and " + shape_of(y);
        throw nb::value_error(problem.c_str());
    }
}

void require_product(const FloatMatrix& a, const FloatMatrix& b) {
    if (a.shape(1) != b.shape(0)) {
        const std::string problem = "a must have as many columns as b has rows, got shapes " +
                                    shape_of(a) + " and " + shape_of(b);
        throw nb::value_error(problem.c_str());
    }
}

}  // namespace sample_ext
