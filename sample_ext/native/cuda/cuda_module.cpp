// sample_ext._cuda: the GPU kernels for Python. The module can be imported where there is no GPU
// and no driver; its functions then raise CudaError.
#include <nanobind/nanobind.h>

#include <exception>
#include <stdexcept>

#include "common/arguments.h"
#include "common/results.h"
#include "cuda/cuda_kernels.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace sample_ext {
namespace {

struct CudaFailure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void require_success(const char* failure) {
    if (failure) {
        throw CudaFailure(failure);
    }
}

bool available() {
    nb::gil_scoped_release unlocked;
    return cuda::unavailable() == nullptr;
}

NewVector saxpy(double a, nb::handle x_object, nb::handle y_object) {
    const FloatVector x = float_vector(x_object, "x");
    const FloatVector y = float_vector(y_object, "y");
    require_same_length(x, y);
    NewVector result = new_vector(x.shape(0));
    nb::gil_scoped_release unlocked;
    require_success(
        cuda::saxpy(static_cast<float>(a), x.data(), y.data(), result.data(), x.shape(0)));
    return result;
}

NewMatrix matmul(nb::handle a_object, nb::handle b_object) {
    const FloatMatrix a = float_matrix(a_object, "a");
    const FloatMatrix b = float_matrix(b_object, "b");
    require_product(a, b);
    NewMatrix result = new_matrix(a.shape(0), b.shape(1));
    nb::gil_scoped_release unlocked;
    require_success(
        cuda::matmul(a.data(), b.data(), result.data(), a.shape(0), b.shape(1), a.shape(1)));
    return result;
}

nb::list architectures() {
    nb::list result;
    for (const int* architecture = cuda::architectures(); *architecture; ++architecture) {
        result.append(*architecture / 10);
    }
    return result;
}

// C++'s failure as the package's own exception, which is there without this module as well.
void translate_failure(const std::exception_ptr& error, void* cuda_error) {
    try {
        std::rethrow_exception(error);
    } catch (const CudaFailure& failure) {
        PyErr_SetString(static_cast<PyObject*>(cuda_error), failure.what());
    }
}

}  // namespace
}  // namespace sample_ext

NB_MODULE(_cuda, m) {
    nb::object cuda_error = nb::module_::import_("sample_ext._errors").attr("CudaError");
    // Lives as long as the translator, which is never removed.
    nb::register_exception_translator(&sample_ext::translate_failure, cuda_error.release().ptr());

    m.def("available", &sample_ext::available);
    m.def("architectures", &sample_ext::architectures);
    m.def("saxpy", &sample_ext::saxpy, "a"_a, "x"_a, "y"_a);
    m.def("matmul", &sample_ext::matmul, "a"_a, "b"_a);
}
