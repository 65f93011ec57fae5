#include <cmath>

#include "api.hpp"
#include "unrolled.hpp"

namespace bench {

double sum(const double* values, std::size_t size) {
  return dispatch_unrolled<double>(size, [=](std::size_t i) { return values[i]; });
}

double norm(const float* values, std::size_t size, int power) {
  switch (power) {
    case 1:
      return dispatch_unrolled<double>(size, [=](std::size_t i) { return std::fabs(values[i]); });
    case 2:
      return std::sqrt(dispatch_unrolled<double>(
          size, [=](std::size_t i) { return values[i] * static_cast<double>(values[i]); }));
    default:
      return std::pow(dispatch_unrolled<double>(size,
                                                [=](std::size_t i) {
                                                  double term = 1;
                                                  for (int k = 0; k < power; ++k)
                                                    term *= std::fabs(values[i]);
                                                  return term;
                                                }),
                      1.0 / power);
  }
}

std::vector<std::size_t> histogram(const std::int32_t* values, std::size_t size, int bins) {
  std::vector<std::size_t> counts(static_cast<std::size_t>(bins));
  for (int bin = 0; bin < bins; ++bin) {
    counts[static_cast<std::size_t>(bin)] = dispatch_unrolled<std::size_t>(
        size, [=](std::size_t i) { return static_cast<std::size_t>(values[i] % bins == bin); });
  }
  return counts;
}

}  // namespace bench
