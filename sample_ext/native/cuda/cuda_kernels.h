// What the GPU kernels offer to their bindings. Plain functions, as in kernels/kernels.h: this side
// is compiled by nvcc for one variant's GPUs, the other side is common to all.
//
// Arrays are in main memory, dense and row-major; a size may be zero. The functions use the current
// GPU and return null, or a message that says what failed.
#pragma once

#include <cstddef>

namespace sample_ext::cuda {

// Null where there is a driver and a GPU that these kernels have code for.
const char* unavailable() noexcept;

// out[i] = a * x[i] + y[i].
const char* saxpy(float a, const float* x, const float* y, float* out, std::size_t n) noexcept;

// c (m rows, n columns) = a (m rows, k columns) times b (k rows, n columns).
const char* matmul(const float* a, const float* b, float* c, std::size_t m, std::size_t n,
                   std::size_t k) noexcept;

// The GPU architectures that these kernels were compiled for, times ten, a zero at the end:
// {800, 900, 0}.
const int* architectures() noexcept;

}  // namespace sample_ext::cuda
