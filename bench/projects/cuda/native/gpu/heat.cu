// A step of the heat equation on a periodic grid of three dimensions, by central differences.
#include "export.cuh"

namespace bench {
namespace {

// The coefficients of the second derivative: of the point itself, and of those 1, 2, … away.
template <int Order, class T>
__device__ T weight(int distance) {
    static_assert(Order == 2 || Order == 4 || Order == 6 || Order == 8);
    constexpr double table[4][5] = {
        {-2.0, 1.0, 0, 0, 0},
        {-5.0 / 2, 4.0 / 3, -1.0 / 12, 0, 0},
        {-49.0 / 18, 3.0 / 2, -3.0 / 20, 1.0 / 90, 0},
        {-205.0 / 72, 8.0 / 5, -1.0 / 5, 8.0 / 315, -1.0 / 560},
    };
    return static_cast<T>(table[Order / 2 - 1][distance]);
}

__device__ int wrapped(int index, int size) {
    return index < 0 ? index + size : index >= size ? index - size : index;
}

// `Points` neighbours along z for each thread: they share what they load.
template <int Order, int Points, class T>
__global__ void heat_kernel(const T* now, T* next, int3 size, T factor) {
    constexpr int reach = Order / 2;
    const std::size_t plane = static_cast<std::size_t>(size.x) * size.y;
    const std::size_t at = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (at >= plane) {
        return;
    }
    const int x = static_cast<int>(at % size.x);
    const int y = static_cast<int>(at / size.x);
    const int first = blockIdx.y * Points;
    const auto value = [&](int i, int j, int k) {
        return now[k * plane + static_cast<std::size_t>(j) * size.x + i];
    };
    T column[Points + 2 * reach];
#pragma unroll
    for (int k = 0; k < Points + 2 * reach; ++k) {
        column[k] = value(x, y, wrapped((first + k - reach) % size.z, size.z));
    }
#pragma unroll
    for (int k = 0; k < Points; ++k) {
        const int z = first + k;
        if (z < size.z) {
            const T own = column[k + reach];
            T sum = 3 * weight<Order, T>(0) * own;
#pragma unroll
            for (int d = 1; d <= reach; ++d) {
                sum += weight<Order, T>(d) *
                       (column[k + reach - d] + column[k + reach + d] +
                        value(wrapped(x - d, size.x), y, z) + value(wrapped(x + d, size.x), y, z) +
                        value(x, wrapped(y - d, size.y), z) + value(x, wrapped(y + d, size.y), z));
            }
            next[z * plane + at] = own + factor * sum;
        }
    }
}

template <int Order, int Points, class T>
cudaError_t launch(const T* now, T* next, int3 size, T factor, cudaStream_t stream) {
    constexpr unsigned threads = 128;
    const dim3 blocks(blocks_for(static_cast<std::size_t>(size.x) * size.y, threads),
                      blocks_for(size.z, Points));
    heat_kernel<Order, Points><<<blocks, threads, 0, stream>>>(now, next, size, factor);
    return cudaGetLastError();
}

}  // namespace
}  // namespace bench

// `factor` is diffusivity * time step / spacing^2. Each side must be at least as long as the order.
BENCH_EXPORT int bench_heat(std::size_t bytes, int order, const void* now, void* next, int x, int y,
                            int z, double factor, void* stream) {
    using namespace bench;
    if (x < order || y < order || z < order) {
        return cudaErrorInvalidValue;
    }
    return with_real(bytes, [&](auto real) {
        using T = decltype(real);
        return with_constant<2, 4, 6, 8>(order, [&](auto constant) {
            constexpr int accuracy = decltype(constant)::value;
            const auto* from = static_cast<const T*>(now);
            auto* to = static_cast<T*>(next);
            const auto queue = static_cast<cudaStream_t>(stream);
            const int3 size = {x, y, z};
            const auto rate = static_cast<T>(factor);
            return z >= 256  ? launch<accuracy, 16>(from, to, size, rate, queue)
                   : z >= 64 ? launch<accuracy, 8>(from, to, size, rate, queue)
                             : launch<accuracy, 2>(from, to, size, rate, queue);
        });
    });
}
