#include <pybind11/complex.h>
#include <pybind11/operators.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl_bind.h>

#include <variant>

#include "api.hpp"

namespace py = pybind11;

namespace {

struct Point {
  double x, y;
  Point operator+(const Point& other) const { return {x + other.x, y + other.y}; }
  Point operator*(double factor) const { return {x * factor, y * factor}; }
  bool operator==(const Point& other) const { return x == other.x && y == other.y; }
};

using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<double>>;

std::map<std::string, std::vector<Value>> columns(const std::vector<std::map<std::string, Value>>& rows) {
  std::map<std::string, std::vector<Value>> result;
  for (const auto& row : rows)
    for (const auto& [name, value] : row) result[name].push_back(value);
  return result;
}

}  // namespace

void bind_tables(py::module_& module) {
  module.def("group_means", &bench::group_means, py::arg("keys"), py::arg("values"));
  module.def("shortest_path", &bench::shortest_path);
  module.def("summary", &bench::summary);
  module.def("columns", &columns);
  py::class_<Point>(module, "Point")
      .def(py::init<double, double>())
      .def_readwrite("x", &Point::x)
      .def_readwrite("y", &Point::y)
      .def(py::self + py::self)
      .def(py::self * double())
      .def(py::self == py::self);
  py::bind_vector<std::vector<std::complex<double>>>(module, "ComplexVector");
}
