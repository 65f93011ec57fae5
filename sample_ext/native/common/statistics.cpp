#include "common/statistics.h"

#include <algorithm>
#include <cmath>

#include "common/text.h"

namespace sample_ext {

Summary summarize(const float* values, std::size_t count) {
    double minimum = values[0];
    double maximum = values[0];
    double sum = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
        const double value = values[i];
        if (std::isnan(value)) {
            return {count, value, value, value, value};
        }
        minimum = std::min(minimum, value);
        maximum = std::max(maximum, value);
        sum += value;
    }
    const double mean = sum / static_cast<double>(count);
    // In a second pass: the mean of the squares less the square of the mean loses all digits where
    // the values are close together.
    double squares = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
        const double distance = values[i] - mean;
        squares += distance * distance;
    }
    return {count, minimum, maximum, mean, std::sqrt(squares / static_cast<double>(count))};
}

std::string summary_text(const Summary& summary) {
    return "Summary(count=" + std::to_string(summary.count) +
           ", minimum=" + number_text(summary.minimum) +
           ", maximum=" + number_text(summary.maximum) + ", mean=" + number_text(summary.mean) +
           ", deviation=" + number_text(summary.deviation) + ")";
}

}  // namespace sample_ext
