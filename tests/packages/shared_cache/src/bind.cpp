#include <pybind11/pybind11.h>

#include <string>

#include "config.h"

double total(const double* values, std::size_t size);
std::string line();

PYBIND11_MODULE(_core, module) {
  module.def("line", &line);
  module.def("total", [](double value) { return total(&value, 1); });
  module.attr("width") = WIDTH;
}
