// Convolution of images with small square masks; what is beyond the edge counts as its last pixel.
#include "export.cuh"

namespace bench {
namespace {

constexpr int tile = 16;

// A block computes tile x tile pixels, from as many and those around them in shared memory.
template <int Radius, class T>
__global__ void convolve_kernel(const T* image, const T* mask, T* out, int rows, int columns) {
    constexpr int side = 2 * Radius + 1;
    constexpr int padded = tile + 2 * Radius;
    __shared__ T pixels[padded][padded];
    const int row = blockIdx.y * tile;
    const int column = blockIdx.x * tile;
    for (int i = threadIdx.y * tile + threadIdx.x; i < padded * padded; i += tile * tile) {
        const int from_row = min(max(row + i / padded - Radius, 0), rows - 1);
        const int from_column = min(max(column + i % padded - Radius, 0), columns - 1);
        pixels[i / padded][i % padded] =
            image[static_cast<std::size_t>(from_row) * columns + from_column];
    }
    __syncthreads();
    T sum = 0;
#pragma unroll
    for (int i = 0; i < side; ++i) {
#pragma unroll
        for (int j = 0; j < side; ++j) {
            sum += mask[i * side + j] * pixels[threadIdx.y + i][threadIdx.x + j];
        }
    }
    const int own_row = row + threadIdx.y;
    const int own_column = column + threadIdx.x;
    if (own_row < rows && own_column < columns) {
        out[static_cast<std::size_t>(own_row) * columns + own_column] = sum;
    }
}

}  // namespace
}  // namespace bench

BENCH_EXPORT int bench_convolve(std::size_t bytes, int radius, const void* image, const void* mask,
                                void* out, int rows, int columns, void* stream) {
    using namespace bench;
    if (rows <= 0 || columns <= 0) {
        return rows == 0 || columns == 0 ? cudaSuccess : cudaErrorInvalidValue;
    }
    return with_real(bytes, [&](auto real) {
        using T = decltype(real);
        return with_constant<1, 2, 3, 4, 5, 6, 7>(radius, [&](auto constant) {
            const dim3 threads(tile, tile);
            const dim3 blocks(blocks_for(columns, tile), blocks_for(rows, tile));
            convolve_kernel<decltype(constant)::value>
                <<<blocks, threads, 0, static_cast<cudaStream_t>(stream)>>>(
                    static_cast<const T*>(image), static_cast<const T*>(mask), static_cast<T*>(out),
                    rows, columns);
            return cudaGetLastError();
        });
    });
}
