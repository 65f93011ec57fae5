#include <algorithm>
#include <cmath>
#include <numeric>
#include <regex>
#include <stdexcept>
#include <unordered_map>

#include "api.hpp"

namespace bench {
namespace {

double quantile(const std::vector<double>& sorted, double fraction) {
    const double at = fraction * static_cast<double>(sorted.size() - 1);
    const auto low = static_cast<std::size_t>(at);
    const std::size_t high = std::min(low + 1, sorted.size() - 1);
    return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

}  // namespace

std::vector<double> summarize(const std::vector<double>& values) {
    if (values.empty()) {
        throw std::invalid_argument("no values");
    }
    std::vector<double> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    const auto count = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
    const double squares =
        std::transform_reduce(values.begin(), values.end(), 0.0, std::plus<>(),
                              [mean](double value) { return (value - mean) * (value - mean); });
    return {count,
            mean,
            std::sqrt(squares / count),
            sorted.front(),
            quantile(sorted, 0.25),
            quantile(sorted, 0.5),
            quantile(sorted, 0.75),
            sorted.back()};
}

Variables group_means(const std::string& text) {
    static const std::regex row(R"(([^,\n]+),\s*([-+]?\d+\.?\d*([eE][-+]?\d+)?))");
    std::unordered_map<std::string, std::pair<double, double>> sums;
    for (std::sregex_iterator i(text.begin(), text.end(), row), end; i != end; ++i) {
        auto& [sum, count] = sums[(*i)[1]];
        sum += std::stod((*i)[2]);
        count += 1;
    }
    Variables means;
    for (const auto& [group, entry] : sums) {
        means[group] = entry.first / entry.second;
    }
    return means;
}

}  // namespace bench
