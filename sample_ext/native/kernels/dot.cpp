#include "kernels/kernels.h"
#include "kernels/simd.h"

namespace sample_ext::kernels {
namespace {

// Long enough that adding up the lanes costs nothing, short enough that a lane's sum of floats
// stays precise.
constexpr std::size_t block_size = 4096;

#if SAMPLE_EXT_HAS_VECTOR

float dot_block(const float* x, const float* y, std::size_t n) noexcept {
    // A sum can take one addition per latency of four cycles or so; four sums keep the units busy.
    Vector sums[4] = {zero(), zero(), zero(), zero()};
    std::size_t i = 0;
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
        for (std::size_t j = 0; j < 4; ++j) {
            const std::size_t at = i + j * lanes;
            sums[j] = multiply_add(load(x + at), load(y + at), sums[j]);
        }
    }
    for (; i < n; i += lanes) {
        const Mask mask = first(n - i < lanes ? n - i : lanes);
        sums[0] = multiply_add(load(x + i, mask), load(y + i, mask), sums[0]);
    }
    return sum(add(add(sums[0], sums[1]), add(sums[2], sums[3])));
}

#else

float dot_block(const float* x, const float* y, std::size_t n) noexcept {
    // The compiler may not reorder a sum of floats; several of them it can keep in one vector.
    constexpr std::size_t count = 8;
    float sums[count] = {};
    std::size_t i = 0;
    for (; i + count <= n; i += count) {
        for (std::size_t j = 0; j < count; ++j) {
            sums[j] += x[i + j] * y[i + j];
        }
    }
    for (std::size_t j = 0; i < n; ++i, ++j) {
        sums[j] += x[i] * y[i];
    }
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
           ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

#endif

}  // namespace

double dot(const float* x, const float* y, std::size_t n) noexcept {
    double result = 0.0;
    for (std::size_t i = 0; i < n; i += block_size) {
        result += dot_block(x + i, y + i, n - i < block_size ? n - i : block_size);
    }
    return result;
}

}  // namespace sample_ext::kernels
