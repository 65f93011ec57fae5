#include "common/text.h"

#include <cstdio>

namespace sample_ext {

std::string shape_text(const std::vector<std::size_t>& shape) {
    std::string text = "(";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
    }
    return text + (shape.size() == 1 ? ",)" : ")");
}

std::string dtype_text(unsigned code, unsigned bits) {
    switch (code) {
        case 0:
            return "int" + std::to_string(bits);
        case 1:
            return "uint" + std::to_string(bits);
        case 2:
            return "float" + std::to_string(bits);
        case 4:
            return "bfloat" + std::to_string(bits);
        case 5:
            return "complex" + std::to_string(bits);
        case 6:
            return "bool";
        default:
            return "elements of DLPack type " + std::to_string(code);
    }
}

std::string number_text(double value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.6g", value);
    return text;
}

}  // namespace sample_ext
