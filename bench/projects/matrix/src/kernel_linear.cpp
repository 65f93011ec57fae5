#include "api.hpp"
#include "unrolled.hpp"

namespace bench {

double dot(const double* a, const double* b, std::size_t size) {
  return dispatch_unrolled<double>(size, [=](std::size_t i) { return a[i] * b[i]; });
}

void axpy(double factor, const float* x, float* y, std::size_t size) {
  each_unrolled(size, [=](std::size_t i) { y[i] += static_cast<float>(factor) * x[i]; });
}

void matmul(const double* a, const double* b, double* c, std::size_t size) {
  for (std::size_t row = 0; row < size; ++row) {
    for (std::size_t column = 0; column < size; ++column) {
      c[row * size + column] = dispatch_unrolled<double>(size, [=](std::size_t i) {
        return a[row * size + i] * b[i * size + column];
      });
    }
  }
}

}  // namespace bench
