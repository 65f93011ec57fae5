#include <cstddef>

double total(const double* values, std::size_t size) {
  double sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += values[i];
  return sum;
}
