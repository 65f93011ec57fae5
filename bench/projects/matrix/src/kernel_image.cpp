#include <algorithm>
#include <cmath>

#include "api.hpp"
#include "unrolled.hpp"

namespace bench {

void blur(const std::uint8_t* in, std::uint8_t* out, std::size_t width, std::size_t height,
          int radius) {
  const auto reach = static_cast<std::size_t>(radius);
  for (std::size_t row = 0; row < height; ++row) {
    for (std::size_t column = 0; column < width; ++column) {
      const std::size_t first = column < reach ? 0 : column - reach;
      const std::size_t last = std::min(width - 1, column + reach);
      unsigned total = 0;
      for (std::size_t i = first; i <= last; ++i) total += in[row * width + i];
      out[row * width + column] = static_cast<std::uint8_t>(total / (last - first + 1));
    }
  }
}

void gamma_correct(const float* in, float* out, std::size_t size, int steps) {
  each_unrolled(size, [=](std::size_t i) {
    float value = in[i];
    for (int step = 0; step < steps; ++step) value = std::sqrt(value) * (1.5f - 0.5f * value);
    out[i] = value;
  });
}

}  // namespace bench
