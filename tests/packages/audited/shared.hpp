// A template that both the kernels and the common code instantiate.
#pragma once

template <typename T>
__attribute__((noinline, noclone)) T scaled_sum(const T *x, int n, T factor) {
  T total = 0;
  for (int i = 0; i < n; i++) total += x[i] * factor;
  return total;
}
