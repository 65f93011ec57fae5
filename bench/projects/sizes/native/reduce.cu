// Each row of a dense matrix becomes one value.
#include "block.cuh"
#include "operations.cuh"

namespace bench {
namespace {

template <int Threads, class T, class Op>
__global__ void reduce_kernel(const T* x, T* out, std::size_t columns, Op op) {
    using W = Wide<T>;
    const T* row = x + blockIdx.x * columns;
    W value = Op::template identity<W>();
#pragma unroll 4
    for (std::size_t i = threadIdx.x; i < columns; i += Threads) {
        value = op(value, op.prepare(static_cast<W>(row[i])));
    }
    value = block_reduce<Threads>(value, op);
    if (threadIdx.x == 0) {
        out[blockIdx.x] = static_cast<T>(op.finish(value, columns));
    }
}

template <int Threads, class T, class Op>
cudaError_t launch(Op op, const T* x, T* out, std::size_t rows, std::size_t columns,
                   cudaStream_t stream) {
    reduce_kernel<Threads>
        <<<static_cast<unsigned>(rows), Threads, 0, stream>>>(x, out, columns, op);
    return cudaGetLastError();
}

template <class Operations, class Types>
cudaError_t reduce(const char* operation, const char* type, const void* x, void* out,
                   std::size_t rows, std::size_t columns, cudaStream_t stream) {
    return with(type, Types{}, [&](auto item) {
        using T = typename decltype(item)::type;
        return with(operation, Operations{}, [&](auto op) {
            const auto* from = static_cast<const T*>(x);
            auto* to = static_cast<T*>(out);
            // As many threads as the row keeps busy.
            return columns <= 256 ? launch<32>(op, from, to, rows, columns, stream)
                                  : launch<256>(op, from, to, rows, columns, stream);
        });
    });
}

}  // namespace
}  // namespace bench

BENCH_EXPORT int bench_reduce(const char* operation, const char* type, const void* x, void* out,
                              std::size_t rows, std::size_t columns, void* stream) {
    using namespace bench;
    if (rows == 0 || rows > 0x7fffffff) {
        return rows == 0 ? cudaSuccess : cudaErrorInvalidConfiguration;
    }
    const auto queue = static_cast<cudaStream_t>(stream);
    const cudaError_t error =
        reduce<AnyReduction, Numbers>(operation, type, x, out, rows, columns, queue);
    return error != cudaErrorInvalidValue
               ? error
               : reduce<FloatReduction, Floats>(operation, type, x, out, rows, columns, queue);
}
