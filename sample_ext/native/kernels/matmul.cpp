#include "kernels/kernels.h"
#include "kernels/simd.h"

namespace sample_ext::kernels {

#if SAMPLE_EXT_HAS_VECTOR

namespace {

// A tile of c is held in registers while all of k passes by: `tile_rows` rows of two vectors each.
// That leaves AVX2's 16 registers three for the operands, and is enough to hide the latency of the
// multiply-add in both instruction sets.
constexpr std::size_t tile_rows = 6;
constexpr std::size_t tile_columns = 2 * lanes;

struct Sizes {
    std::size_t m, n, k;
};

// One tile of `Rows` full rows. Masks are for the last columns only: masked stores are slow on some
// processors.
template <std::size_t Rows, bool Masked>
void tile(const float* a, const float* b, float* c, Sizes sizes, Mask left, Mask right) noexcept {
    Vector sums[Rows][2];
    for (std::size_t row = 0; row < Rows; ++row) {
        sums[row][0] = sums[row][1] = zero();
    }
    for (std::size_t p = 0; p < sizes.k; ++p) {
        const float* from = b + p * sizes.n;
        const Vector b0 = Masked ? load(from, left) : load(from);
        const Vector b1 = Masked ? load(from + lanes, right) : load(from + lanes);
        for (std::size_t row = 0; row < Rows; ++row) {
            const Vector factor = broadcast(a[row * sizes.k + p]);
            sums[row][0] = multiply_add(factor, b0, sums[row][0]);
            sums[row][1] = multiply_add(factor, b1, sums[row][1]);
        }
    }
    for (std::size_t row = 0; row < Rows; ++row) {
        float* to = c + row * sizes.n;
        if constexpr (Masked) {
            store(to, left, sums[row][0]);
            store(to + lanes, right, sums[row][1]);
        } else {
            store(to, sums[row][0]);
            store(to + lanes, sums[row][1]);
        }
    }
}

// The last rows, fewer than a whole tile has.
template <std::size_t Rows, bool Masked>
void last_tile(std::size_t rows, const float* a, const float* b, float* c, Sizes sizes, Mask left,
               Mask right) noexcept {
    if constexpr (Rows > 0) {
        if (rows == Rows) {
            tile<Rows, Masked>(a, b, c, sizes, left, right);
        } else {
            last_tile<Rows - 1, Masked>(rows, a, b, c, sizes, left, right);
        }
    }
}

// Up to `tile_columns` columns of b and c; b's part stays in the cache for all rows of a.
template <bool Masked>
void columns(const float* a, const float* b, float* c, Sizes sizes, Mask left,
             Mask right) noexcept {
    std::size_t i = 0;
    for (; i + tile_rows <= sizes.m; i += tile_rows) {
        tile<tile_rows, Masked>(a + i * sizes.k, b, c + i * sizes.n, sizes, left, right);
    }
    last_tile<tile_rows - 1, Masked>(sizes.m - i, a + i * sizes.k, b, c + i * sizes.n, sizes, left,
                                     right);
}

}  // namespace

void matmul(const float* a, const float* b, float* c, std::size_t m, std::size_t n,
            std::size_t k) noexcept {
    const Sizes sizes = {m, n, k};
    const Mask all = first(lanes);
    std::size_t j = 0;
    for (; j + tile_columns <= n; j += tile_columns) {
        columns<false>(a, b + j, c + j, sizes, all, all);
    }
    const std::size_t rest = n - j;
    if (rest > lanes) {
        columns<true>(a, b + j, c + j, sizes, all, first(rest - lanes));
    } else if (rest > 0) {
        columns<true>(a, b + j, c + j, sizes, first(rest), first(0));
    }
}

#else

// Row by row of b: the innermost loop runs over neighbours, and compilers vectorise it.
void matmul(const float* __restrict a, const float* __restrict b, float* __restrict c,
            std::size_t m, std::size_t n, std::size_t k) noexcept {
    for (std::size_t i = 0; i < m; ++i) {
        float* row = c + i * n;
        for (std::size_t j = 0; j < n; ++j) {
            row[j] = 0.0f;
        }
        for (std::size_t p = 0; p < k; ++p) {
            const float factor = a[i * k + p];
            for (std::size_t j = 0; j < n; ++j) {
                row[j] += factor * b[p * n + j];
            }
        }
    }
}

#endif

}  // namespace sample_ext::kernels
