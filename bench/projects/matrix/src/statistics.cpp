#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numeric>
#include <random>
#include <regex>
#include <sstream>
#include <valarray>

#include "api.hpp"

namespace bench {

namespace {

template <typename Distribution>
double expected(Distribution distribution, std::size_t draws) {
  std::mt19937_64 generator(draws);
  double total = 0;
  for (std::size_t i = 0; i < draws; ++i) total += distribution(generator);
  return total / static_cast<double>(draws);
}

std::array<double, 5> references() {
  return {expected(std::normal_distribution<double>(0, 1), 16),
          expected(std::gamma_distribution<double>(2, 2), 16),
          expected(std::weibull_distribution<double>(2, 1), 16),
          expected(std::student_t_distribution<double>(5), 16),
          expected(std::poisson_distribution<int>(4), 16)};
}

template <typename Range>
double quantile(const Range& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - std::floor(at)) * (sorted[above] - sorted[below]);
}

std::valarray<std::complex<double>> spectrum(const std::valarray<std::complex<double>>& signal) {
  const std::size_t size = signal.size();
  if (size <= 1) return signal;
  const auto even = spectrum(signal[std::slice(0, (size + 1) / 2, 2)]);
  const auto odd = spectrum(signal[std::slice(1, size / 2, 2)]);
  std::valarray<std::complex<double>> result(size);
  for (std::size_t k = 0; k < size / 2; ++k) {
    const auto turn = std::polar(1.0, -2 * 3.141592653589793 * static_cast<double>(k) /
                                          static_cast<double>(size));
    result[k] = even[k] + turn * odd[k];
    result[k + size / 2] = even[k] - turn * odd[k];
  }
  return result;
}

}  // namespace

std::vector<double> summary(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const double mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  std::vector<double> result{mean, quantile(values, 0.25), quantile(values, 0.5),
                             quantile(values, 0.75)};
  std::valarray<std::complex<double>> signal(values.size());
  std::copy(values.begin(), values.end(), std::begin(signal));
  result.push_back(std::abs(spectrum(signal)[0]));
  for (double reference : references()) result.push_back(mean - reference);
  std::ostringstream text;
  for (double value : result) text << value << ';';
  result.push_back(std::regex_search(text.str(), std::regex("nan|inf")) ? 0.0 : 1.0);
  return result;
}

}  // namespace bench
