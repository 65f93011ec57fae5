// Running sums, products, minima and maxima along each row of a dense matrix.
#include "block.cuh"
#include "operations.cuh"

namespace bench {
namespace {

// A thread takes `Items` neighbours, a block `Threads * Items`, and carries on where it ended.
template <int Threads, int Items, bool Exclusive, class T, class Op>
__global__ void scan_kernel(const T* x, T* out, std::size_t columns, Op op) {
    using W = Wide<T>;
    const T* from = x + blockIdx.x * columns;
    T* to = out + blockIdx.x * columns;
    const W identity = Op::template identity<W>();
    W carry = identity;
    for (std::size_t start = 0; start < columns; start += Threads * Items) {
        const std::size_t own = start + threadIdx.x * Items;
        W values[Items];
        W sum = identity;
#pragma unroll
        for (int j = 0; j < Items; ++j) {
            values[j] = own + j < columns ? static_cast<W>(from[own + j]) : identity;
            sum = op(sum, values[j]);
        }
        W total;
        W before = op(carry, block_scan<Threads>(sum, identity, op, total));
#pragma unroll
        for (int j = 0; j < Items; ++j) {
            const W after = op(before, values[j]);
            if (own + j < columns) {
                to[own + j] = static_cast<T>(Exclusive ? before : after);
            }
            before = after;
        }
        carry = op(carry, total);
    }
}

template <int Threads, bool Exclusive, class T, class Op>
cudaError_t launch(Op op, const T* x, T* out, std::size_t rows, std::size_t columns,
                   cudaStream_t stream) {
    constexpr int items = 32 / sizeof(T);
    scan_kernel<Threads, items, Exclusive>
        <<<static_cast<unsigned>(rows), Threads, 0, stream>>>(x, out, columns, op);
    return cudaGetLastError();
}

template <bool Exclusive>
cudaError_t scan(const char* operation, const char* type, const void* x, void* out,
                 std::size_t rows, std::size_t columns, cudaStream_t stream) {
    return with(type, Numbers{}, [&](auto item) {
        using T = typename decltype(item)::type;
        return with(operation, Scans{}, [&](auto op) {
            const auto* from = static_cast<const T*>(x);
            auto* to = static_cast<T*>(out);
            return columns <= 512 ? launch<64, Exclusive>(op, from, to, rows, columns, stream)
                                  : launch<256, Exclusive>(op, from, to, rows, columns, stream);
        });
    });
}

}  // namespace
}  // namespace bench

BENCH_EXPORT int bench_scan(const char* operation, const char* type, const void* x, void* out,
                            std::size_t rows, std::size_t columns, bool exclusive, void* stream) {
    using namespace bench;
    if (rows == 0 || rows > 0x7fffffff) {
        return rows == 0 ? cudaSuccess : cudaErrorInvalidConfiguration;
    }
    const auto queue = static_cast<cudaStream_t>(stream);
    return exclusive ? scan<true>(operation, type, x, out, rows, columns, queue)
                     : scan<false>(operation, type, x, out, rows, columns, queue);
}
