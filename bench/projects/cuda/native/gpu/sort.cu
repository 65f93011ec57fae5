// Each row of a matrix sorted, with the columns that its elements came from: a bitonic network in
// shared memory, for rows that fit into it.
#include <climits>

#include "export.cuh"

namespace bench {
namespace {

template <bool Descending, class T>
__device__ bool before(T a, int a_column, T b, int b_column) {
    if (a != b) {
        return Descending ? b < a : a < b;
    }
    return a_column < b_column;  // so that equal elements keep their order
}

template <int Size, bool Descending, class T>
__global__ void sort_kernel(const T* x, T* out, int* from, int columns) {
    __shared__ T keys[Size];
    __shared__ int places[Size];
    const std::size_t row = static_cast<std::size_t>(blockIdx.x) * columns;
    for (int i = threadIdx.x; i < Size; i += blockDim.x) {
        // What fills up the network comes last: its place is beyond all others, whatever its key.
        keys[i] = i < columns ? x[row + i] : T(0);
        places[i] = i < columns ? i : INT_MAX;
    }
    const auto precedes = [&](int i, int j) {
        const bool i_fills = places[i] == INT_MAX;
        const bool j_fills = places[j] == INT_MAX;
        if (i_fills || j_fills) {
            return !i_fills;
        }
        return before<Descending>(keys[i], places[i], keys[j], places[j]);
    };
    __syncthreads();
#pragma unroll 1
    for (int run = 2; run <= Size; run *= 2) {
#pragma unroll 1
        for (int step = run / 2; step > 0; step /= 2) {
            for (int i = threadIdx.x; i < Size / 2; i += blockDim.x) {
                const int low = 2 * i - (i & (step - 1));
                const int high = low + step;
                const bool up = (low & run) == 0;
                if (up ? precedes(high, low) : precedes(low, high)) {
                    const T key = keys[low];
                    keys[low] = keys[high];
                    keys[high] = key;
                    const int place = places[low];
                    places[low] = places[high];
                    places[high] = place;
                }
            }
            __syncthreads();
        }
    }
    for (int i = threadIdx.x; i < columns; i += blockDim.x) {
        out[row + i] = keys[i];
        from[row + i] = places[i];
    }
}

template <int Size, class T>
cudaError_t launch(const T* x, T* out, int* from, int rows, int columns, bool descending,
                   cudaStream_t stream) {
    constexpr int threads = Size / 2 < 512 ? Size / 2 : 512;
    if (descending) {
        sort_kernel<Size, true><<<rows, threads, 0, stream>>>(x, out, from, columns);
    } else {
        sort_kernel<Size, false><<<rows, threads, 0, stream>>>(x, out, from, columns);
    }
    return cudaGetLastError();
}

template <class T>
cudaError_t sort(const void* x, void* out, int* from, int rows, int columns, bool descending,
                 cudaStream_t stream) {
    int size = 32;
    while (size < columns) {
        size *= 2;
    }
    return with_constant<32, 64, 128, 256, 512, 1024, 2048>(size, [&](auto constant) {
        return launch<decltype(constant)::value>(static_cast<const T*>(x), static_cast<T*>(out),
                                                 from, rows, columns, descending, stream);
    });
}

}  // namespace
}  // namespace bench

// `type`: f (float), d (double), i (int), l (64 bits). Rows have 2048 columns at most.
BENCH_EXPORT int bench_sort(char type, const void* x, void* out, int* from, int rows, int columns,
                            bool descending, void* stream) {
    using namespace bench;
    if (rows <= 0 || columns <= 0 || columns > 2048) {
        return rows == 0 || columns == 0 ? cudaSuccess : cudaErrorInvalidValue;
    }
    const auto queue = static_cast<cudaStream_t>(stream);
    switch (type) {
        case 'f':
            return sort<float>(x, out, from, rows, columns, descending, queue);
        case 'd':
            return sort<double>(x, out, from, rows, columns, descending, queue);
        case 'i':
            return sort<int>(x, out, from, rows, columns, descending, queue);
        case 'l':
            return sort<long long>(x, out, from, rows, columns, descending, queue);
        default:
            return cudaErrorInvalidValue;
    }
}
