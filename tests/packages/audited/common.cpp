#include "shared.hpp"

extern "C" float common(const float *x, int n) { return scaled_sum(x, n, 2.0f); }
