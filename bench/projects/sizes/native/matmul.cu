// c = epilogue(a times b + bias) for dense row-major matrices. One of a and b may be transposed:
// what a linear layer and its gradients need.
#include "operations.cuh"

namespace bench {
namespace {

struct Plain {
    static constexpr const char* name = "none";
    template <class W>
    __device__ W operator()(W x) const {
        return x;
    }
};
using Epilogues = List<Plain, Relu>;

struct Sizes {
    std::size_t m, n, k;
};

// A block computes Rows x Columns elements of c, a thread Each x Each of them in registers, from
// parts of a and b, `Depth` long, that pass through shared memory.
template <int Rows, int Columns, int Depth, int Each>
struct Tile {
    static constexpr int rows = Rows;
    static constexpr int columns = Columns;
    static constexpr int depth = Depth;
    static constexpr int each = Each;
    static constexpr int threads = (Rows / Each) * (Columns / Each);
};

template <class T, class Tiles, bool TransposeA, bool TransposeB, class Epilogue>
__global__ void __launch_bounds__(Tiles::threads)
    matmul_kernel(const T* a, const T* b, const T* bias, T* c, Sizes sizes, Epilogue epilogue) {
    using W = Wide<T>;
    __shared__ W a_tile[Tiles::depth][Tiles::rows + 1];
    __shared__ W b_tile[Tiles::depth][Tiles::columns + 1];
    constexpr int across = Tiles::columns / Tiles::each;
    const std::size_t tiles_across = (sizes.n + Tiles::columns - 1) / Tiles::columns;
    const std::size_t row = blockIdx.x / tiles_across * Tiles::rows;
    const std::size_t column = blockIdx.x % tiles_across * Tiles::columns;
    const int own_row = threadIdx.x / across;
    const int own_column = threadIdx.x % across;
    W sums[Tiles::each][Tiles::each] = {};
    for (std::size_t p = 0; p < sizes.k; p += Tiles::depth) {
        // Neighbouring threads read neighbouring elements, so what comes first depends on the
        // order.
#pragma unroll
        for (int i = threadIdx.x; i < Tiles::rows * Tiles::depth; i += Tiles::threads) {
            const int r = TransposeA ? i % Tiles::rows : i / Tiles::depth;
            const int q = TransposeA ? i / Tiles::rows : i % Tiles::depth;
            const bool inside = row + r < sizes.m && p + q < sizes.k;
            const std::size_t at =
                TransposeA ? (p + q) * sizes.m + row + r : (row + r) * sizes.k + p + q;
            a_tile[q][r] = inside ? static_cast<W>(a[at]) : W(0);
        }
#pragma unroll
        for (int i = threadIdx.x; i < Tiles::columns * Tiles::depth; i += Tiles::threads) {
            const int s = TransposeB ? i / Tiles::depth : i % Tiles::columns;
            const int q = TransposeB ? i % Tiles::depth : i / Tiles::columns;
            const bool inside = column + s < sizes.n && p + q < sizes.k;
            const std::size_t at =
                TransposeB ? (column + s) * sizes.k + p + q : (p + q) * sizes.n + column + s;
            b_tile[q][s] = inside ? static_cast<W>(b[at]) : W(0);
        }
        __syncthreads();
#pragma unroll
        for (int q = 0; q < Tiles::depth; ++q) {
            W factors[Tiles::each];
#pragma unroll
            for (int j = 0; j < Tiles::each; ++j) {
                factors[j] = b_tile[q][own_column + j * across];
            }
#pragma unroll
            for (int i = 0; i < Tiles::each; ++i) {
                const W factor = a_tile[q][own_row * Tiles::each + i];
#pragma unroll
                for (int j = 0; j < Tiles::each; ++j) {
                    sums[i][j] += factor * factors[j];
                }
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < Tiles::each; ++i) {
        const std::size_t to_row = row + own_row * Tiles::each + i;
#pragma unroll
        for (int j = 0; j < Tiles::each; ++j) {
            const std::size_t to_column = column + own_column + j * across;
            if (to_row < sizes.m && to_column < sizes.n) {
                const W added = bias ? static_cast<W>(bias[to_column]) : W(0);
                c[to_row * sizes.n + to_column] =
                    static_cast<T>(epilogue(static_cast<W>(sums[i][j] + added)));
            }
        }
    }
}

template <class Tiles, bool TransposeA, bool TransposeB, class T, class Epilogue>
cudaError_t launch(Epilogue epilogue, const T* a, const T* b, const T* bias, T* c, Sizes sizes,
                   cudaStream_t stream) {
    const std::size_t down = (sizes.m + Tiles::rows - 1) / Tiles::rows;
    const std::size_t across = (sizes.n + Tiles::columns - 1) / Tiles::columns;
    if (down * across > 0x7fffffff) {
        return cudaErrorInvalidConfiguration;
    }
    matmul_kernel<T, Tiles, TransposeA, TransposeB>
        <<<static_cast<unsigned>(down * across), Tiles::threads, 0, stream>>>(a, b, bias, c, sizes,
                                                                              epilogue);
    return cudaGetLastError();
}

template <bool TransposeA, bool TransposeB, class T, class Epilogue>
cudaError_t matmul(Epilogue epilogue, const T* a, const T* b, const T* bias, T* c, Sizes sizes,
                   cudaStream_t stream) {
    // Large tiles read less memory; small ones keep a GPU busy with small matrices.
    if (sizes.m * sizes.n >= std::size_t(2048) * 2048) {
        return launch<Tile<128, 128, 8, 8>, TransposeA, TransposeB>(epilogue, a, b, bias, c, sizes,
                                                                    stream);
    }
    return launch<Tile<32, 32, 16, 2>, TransposeA, TransposeB>(epilogue, a, b, bias, c, sizes,
                                                               stream);
}

}  // namespace
}  // namespace bench

BENCH_EXPORT int bench_matmul(const char* epilogue, const char* type, const void* a, const void* b,
                              const void* bias, void* c, std::size_t m, std::size_t n,
                              std::size_t k, bool transpose_a, bool transpose_b, void* stream) {
    using namespace bench;
    if (m == 0 || n == 0) {
        return cudaSuccess;
    }
    if (transpose_a && transpose_b) {
        return cudaErrorInvalidValue;
    }
    return with(type, Floats{}, [&](auto item) {
        using T = typename decltype(item)::type;
        return with(epilogue, Epilogues{}, [&](auto op) {
            const auto* from_a = static_cast<const T*>(a);
            const auto* from_b = static_cast<const T*>(b);
            const auto* from_bias = static_cast<const T*>(bias);
            auto* to = static_cast<T*>(c);
            const Sizes sizes = {m, n, k};
            const auto queue = static_cast<cudaStream_t>(stream);
            const auto call = [&](auto transposed_a, auto transposed_b) {
                return matmul<decltype(transposed_a)::value, decltype(transposed_b)::value>(
                    op, from_a, from_b, from_bias, to, sizes, queue);
            };
            using Yes = std::true_type;
            using No = std::false_type;
            return transpose_a   ? call(Yes{}, No{})
                   : transpose_b ? call(No{}, Yes{})
                                 : call(No{}, No{});
        });
    });
}
