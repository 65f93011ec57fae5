#include <cuda_runtime.h>

#include <cstddef>

#include "cuda/cuda_kernels.h"

namespace sample_ext::cuda {
namespace {

constexpr unsigned saxpy_threads = 256;
constexpr std::size_t saxpy_blocks = 4096;  // at most: a thread takes several elements
constexpr unsigned tile_size = 16;

__global__ void saxpy_kernel(float a, const float* x, const float* y, float* out, std::size_t n) {
    const std::size_t stride = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    for (; i < n; i += stride) {
        out[i] = a * x[i] + y[i];
    }
}

// One block computes one tile of c, one thread one element of it, from tiles of a and b that pass
// through shared memory. Where a tile reaches over the edge of its matrix it is filled with zeros.
__global__ void matmul_kernel(const float* a, const float* b, float* c, std::size_t m,
                              std::size_t n, std::size_t k) {
    __shared__ float a_tile[tile_size][tile_size];
    __shared__ float b_tile[tile_size][tile_size];
    const std::size_t tiles_across = (n + tile_size - 1) / tile_size;
    const std::size_t row = blockIdx.x / tiles_across * tile_size + threadIdx.y;
    const std::size_t column = blockIdx.x % tiles_across * tile_size + threadIdx.x;
    float sum = 0.0f;
    for (std::size_t p = 0; p < k; p += tile_size) {
        const std::size_t a_column = p + threadIdx.x;
        const std::size_t b_row = p + threadIdx.y;
        const bool in_a = row < m && a_column < k;
        const bool in_b = b_row < k && column < n;
        a_tile[threadIdx.y][threadIdx.x] = in_a ? a[row * k + a_column] : 0.0f;
        b_tile[threadIdx.y][threadIdx.x] = in_b ? b[b_row * n + column] : 0.0f;
        __syncthreads();
        for (unsigned q = 0; q < tile_size; ++q) {
            sum += a_tile[threadIdx.y][q] * b_tile[q][threadIdx.x];
        }
        __syncthreads();
    }
    if (row < m && column < n) {
        c[row * n + column] = sum;
    }
}

// Floats in the GPU's memory, freed with the object.
class DeviceArray {
  public:
    DeviceArray() = default;
    DeviceArray(const DeviceArray&) = delete;
    DeviceArray& operator=(const DeviceArray&) = delete;
    ~DeviceArray() { cudaFree(data_); }

    cudaError_t allocate(std::size_t count) {
        count_ = count;
        return cudaMalloc(&data_, count * sizeof(float));
    }
    cudaError_t allocate_copy(const float* from, std::size_t count) {
        const cudaError_t error = allocate(count);
        if (error != cudaSuccess) {
            return error;
        }
        return cudaMemcpy(data_, from, count * sizeof(float), cudaMemcpyHostToDevice);
    }
    // Waits for the kernels before, and returns their errors as well.
    cudaError_t copy_to(float* to) const {
        return cudaMemcpy(to, data_, count_ * sizeof(float), cudaMemcpyDeviceToHost);
    }
    float* data() const { return data_; }

  private:
    float* data_ = nullptr;
    std::size_t count_ = 0;
};

const char* message(cudaError_t error) {
    return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

}  // namespace

const char* unavailable() noexcept {
    // Asks for the code of a kernel, not just for a GPU: that may be of another architecture.
    cudaFuncAttributes attributes;
    const cudaError_t error = cudaFuncGetAttributes(&attributes, saxpy_kernel);
    cudaGetLastError();  // or the next launch would report it
    return message(error);
}

const char* saxpy(float a, const float* x, const float* y, float* out, std::size_t n) noexcept {
    if (const char* reason = unavailable(); reason || n == 0) {
        return reason;
    }
    DeviceArray device_x, device_y, device_out;
    cudaError_t error = device_x.allocate_copy(x, n);
    if (error == cudaSuccess) {
        error = device_y.allocate_copy(y, n);
    }
    if (error == cudaSuccess) {
        error = device_out.allocate(n);
    }
    if (error == cudaSuccess) {
        const std::size_t needed = (n + saxpy_threads - 1) / saxpy_threads;
        const auto blocks = static_cast<unsigned>(needed < saxpy_blocks ? needed : saxpy_blocks);
        saxpy_kernel<<<blocks, saxpy_threads>>>(a, device_x.data(), device_y.data(),
                                                device_out.data(), n);
        error = cudaGetLastError();
    }
    if (error == cudaSuccess) {
        error = device_out.copy_to(out);
    }
    return message(error);
}

const char* matmul(const float* a, const float* b, float* c, std::size_t m, std::size_t n,
                   std::size_t k) noexcept {
    if (const char* reason = unavailable(); reason || m == 0 || n == 0) {
        return reason;
    }
    const std::size_t tiles = (m + tile_size - 1) / tile_size * ((n + tile_size - 1) / tile_size);
    if (tiles > 0x7fffffff) {
        return "the matrices are too large for one launch";
    }
    DeviceArray device_a, device_b, device_c;
    cudaError_t error = device_a.allocate_copy(a, m * k);
    if (error == cudaSuccess) {
        error = device_b.allocate_copy(b, k * n);
    }
    if (error == cudaSuccess) {
        error = device_c.allocate(m * n);
    }
    if (error == cudaSuccess) {
        const dim3 threads(tile_size, tile_size);
        matmul_kernel<<<static_cast<unsigned>(tiles), threads>>>(device_a.data(), device_b.data(),
                                                                 device_c.data(), m, n, k);
        error = cudaGetLastError();
    }
    if (error == cudaSuccess) {
        error = device_c.copy_to(c);
    }
    return message(error);
}

const int* architectures() noexcept {
    // What the compiler was told, not what the build meant to tell it.
    static const int compiled[] = {__CUDA_ARCH_LIST__, 0};
    return compiled;
}

}  // namespace sample_ext::cuda
