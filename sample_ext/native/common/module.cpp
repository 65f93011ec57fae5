// sample_ext._core: the kernels for Python. Arguments are checked, then the kernels run without the
// interpreter's lock.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "common/arguments.h"
#include "common/build_info.h"
#include "common/results.h"
#include "common/statistics.h"
#include "kernels/kernels.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace sample_ext {
namespace {

double dot(nb::handle x_object, nb::handle y_object) {
    const FloatVector x = float_vector(x_object, "x");
    const FloatVector y = float_vector(y_object, "y");
    require_same_length(x, y);
    nb::gil_scoped_release unlocked;
    return kernels::dot(x.data(), y.data(), x.shape(0));
}

NewVector saxpy(double a, nb::handle x_object, nb::handle y_object) {
    const FloatVector x = float_vector(x_object, "x");
    const FloatVector y = float_vector(y_object, "y");
    require_same_length(x, y);
    NewVector result = new_vector(x.shape(0));
    nb::gil_scoped_release unlocked;
    kernels::saxpy(static_cast<float>(a), x.data(), y.data(), result.data(), x.shape(0));
    return result;
}

NewMatrix matmul(nb::handle a_object, nb::handle b_object) {
    const FloatMatrix a = float_matrix(a_object, "a");
    const FloatMatrix b = float_matrix(b_object, "b");
    require_product(a, b);
    NewMatrix result = new_matrix(a.shape(0), b.shape(1));
    nb::gil_scoped_release unlocked;
    kernels::matmul(a.data(), b.data(), result.data(), a.shape(0), b.shape(1), a.shape(1));
    return result;
}

NewCounts histogram(nb::handle data_object) {
    const ByteVector data = byte_vector(data_object, "data");
    NewCounts counts = new_counts(256);
    nb::gil_scoped_release unlocked;
    kernels::histogram(data.data(), data.shape(0), counts.data());
    return counts;
}

Summary summarize_vector(nb::handle x_object) {
    const FloatVector x = float_vector(x_object, "x");
    if (x.shape(0) == 0) {
        throw nb::value_error("x: nothing to summarize, the array is empty");
    }
    nb::gil_scoped_release unlocked;
    return summarize(x.data(), x.shape(0));
}

}  // namespace
}  // namespace sample_ext

NB_MODULE(_core, m) {
    using sample_ext::Summary;

    m.def("dot", &sample_ext::dot, "x"_a, "y"_a);
    m.def("saxpy", &sample_ext::saxpy, "a"_a, "x"_a, "y"_a);
    m.def("matmul", &sample_ext::matmul, "a"_a, "b"_a);
    m.def("histogram", &sample_ext::histogram, "data"_a);
    m.def("summarize", &sample_ext::summarize_vector, "x"_a);
    m.def("build_record", &sample_ext::build_record);

    nb::class_<Summary>(m, "Summary", "A few numbers about an array.")
        .def_ro("count", &Summary::count)
        .def_ro("minimum", &Summary::minimum)
        .def_ro("maximum", &Summary::maximum)
        .def_ro("mean", &Summary::mean)
        .def_ro("deviation", &Summary::deviation)
        .def("__repr__", &sample_ext::summary_text);
}
