#include <pybind11/functional.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "api.hpp"

namespace py = pybind11;

void bind_text(py::module_& module);
void bind_tables(py::module_& module);

namespace {

template <typename Value>
using Array = py::array_t<Value, py::array::c_style | py::array::forcecast>;

py::array_t<double> matmul(const Array<double>& a, const Array<double>& b) {
  const auto size = static_cast<std::size_t>(a.shape(0));
  py::array_t<double> result({size, size});
  bench::matmul(a.data(), b.data(), result.mutable_data(), size);
  return result;
}

py::array_t<std::uint8_t> blur(const Array<std::uint8_t>& image, int radius) {
  const auto height = static_cast<std::size_t>(image.shape(0));
  const auto width = static_cast<std::size_t>(image.shape(1));
  py::array_t<std::uint8_t> result({height, width});
  bench::blur(image.data(), result.mutable_data(), width, height, radius);
  return result;
}

std::size_t size_of(const py::array& array) { return static_cast<std::size_t>(array.size()); }

}  // namespace

PYBIND11_MODULE(_core, module) {
  module.def("dot", [](const Array<double>& a, const Array<double>& b) {
    return bench::dot(a.data(), b.data(), size_of(a));
  });
  module.def("axpy", [](double factor, const Array<float>& x, Array<float> y) {
    bench::axpy(factor, x.data(), y.mutable_data(), size_of(x));
    return y;
  });
  module.def("matmul", &matmul);
  module.def("blur", &blur, py::arg("image"), py::arg("radius") = 2);
  module.def("gamma_correct", [](const Array<float>& in, int steps) {
    py::array_t<float> out(in.size());
    bench::gamma_correct(in.data(), out.mutable_data(), size_of(in), steps);
    return out;
  });
  module.def("sum", [](const Array<double>& a) { return bench::sum(a.data(), size_of(a)); });
  module.def("norm", [](const Array<float>& a, int power) {
    return bench::norm(a.data(), size_of(a), power);
  });
  module.def("histogram", [](const Array<std::int32_t>& a, int bins) {
    return bench::histogram(a.data(), size_of(a), bins);
  });
  module.def("apply", [](const std::function<double(double)>& call, std::vector<double> values) {
    for (double& value : values) value = call(value);
    return values;
  });
  bind_text(module);
  bind_tables(module);
}
