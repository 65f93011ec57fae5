// A few numbers about an array. Nothing here is hot, so no variant compiles it.
#pragma once

#include <cstddef>
#include <string>

namespace sample_ext {

struct Summary {
    std::size_t count;
    double minimum;
    double maximum;
    double mean;
    double deviation;  // of the population: the root of the mean squared distance from the mean
};

// Of at least one value. Computed in double; a value that is not a number makes all results so.
Summary summarize(const float* values, std::size_t count);

std::string summary_text(const Summary& summary);

}  // namespace sample_ext
