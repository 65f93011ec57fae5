#include "kernels/kernels.h"

namespace sample_ext::kernels {

// Not written by hand: compilers vectorise this loop for any level, and memory is what it waits
// for.
void saxpy(float a, const float* __restrict x, const float* __restrict y, float* __restrict out,
           std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
        out[i] = a * x[i] + y[i];
    }
}

}  // namespace sample_ext::kernels
