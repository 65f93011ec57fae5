#include "shared.hpp"

extern "C" float kernel(const float *x, int n) {
  float lanes[16] = {};
  for (int i = 0; i + 16 <= n; i += 16)
    for (int j = 0; j < 16; j++) lanes[j] += x[i + j] * x[i + j];
  float total = 0;
  for (int j = 0; j < 16; j++) total += lanes[j];
  return total;
}
