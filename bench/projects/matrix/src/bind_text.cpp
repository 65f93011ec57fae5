#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <regex>

#include "api.hpp"

namespace py = pybind11;

namespace {

struct Document {
  std::string title;
  std::string text;
  std::vector<std::string> tags;
  std::map<std::string, std::size_t> counts() const { return bench::word_counts(text); }
  bool matches(const std::string& pattern) const {
    return std::regex_search(text, std::regex(pattern));
  }
};

}  // namespace

void bind_text(py::module_& module) {
  module.def("tokens", &bench::tokens, py::arg("text"));
  module.def("word_counts", &bench::word_counts, py::arg("text"));
  module.def("evaluate", &bench::evaluate, py::arg("expression"));
  module.def("weekday", &bench::weekday, py::arg("year"), py::arg("month"), py::arg("day"));
  py::class_<Document>(module, "Document")
      .def(py::init<std::string, std::string, std::vector<std::string>>(), py::arg("title"),
           py::arg("text"), py::arg("tags") = std::vector<std::string>())
      .def_readwrite("title", &Document::title)
      .def_readwrite("text", &Document::text)
      .def_readwrite("tags", &Document::tags)
      .def("counts", &Document::counts)
      .def("matches", &Document::matches)
      .def("__repr__", [](const Document& document) { return "<" + document.title + ">"; });
}
