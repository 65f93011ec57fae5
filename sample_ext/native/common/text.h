// How values are written in messages.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sample_ext {

// As Python writes a tuple: "()", "(3,)", "(3, 4)".
std::string shape_text(const std::vector<std::size_t>& shape);

// As numpy names an element type, "float32", from DLPack's type code and number of bits.
std::string dtype_text(unsigned code, unsigned bits);

// Six digits at most: "0.25", "1e+20".
std::string number_text(double value);

}  // namespace sample_ext
