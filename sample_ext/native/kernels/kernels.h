// What the kernels offer to the rest of the package.
//
// The kernels are compiled for the processors of one variant, everything that includes this header
// for any processor. So nothing in here may be code: of an inline function or a template that both
// sides instantiate, the linker keeps one copy, perhaps the one with AVX-512 in it. For the same
// reason the kernels' own helpers have internal linkage, and use no templates of the standard
// library.
//
// Arrays are dense and row-major. They need no alignment beyond that of their elements, and none
// may overlap an output. A size may be zero.
//
// Sums of floats depend on the order of their terms, and a fused multiply-add rounds once where a
// multiplication and an addition round twice. So the results of `dot`, `saxpy` and `matmul` differ
// in their last bits from one instruction set to another; they are the same in every run of one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sample_ext::kernels {

// The sum of x[i] * y[i]. Summed in float over short blocks and in double over the blocks, so that
// the error does not grow with n beyond that of one block.
double dot(const float* x, const float* y, std::size_t n) noexcept;

// out[i] = a * x[i] + y[i].
void saxpy(float a, const float* x, const float* y, float* out, std::size_t n) noexcept;

// c (m rows, n columns) = a (m rows, k columns) times b (k rows, n columns), each element summed in
// float in the order of k. Meant for matrices that fit into a core's caches.
void matmul(const float* a, const float* b, float* c, std::size_t m, std::size_t n,
            std::size_t k) noexcept;

// counts[v] = how many of the n bytes have the value v.
void histogram(const std::uint8_t* bytes, std::size_t n, std::uint64_t counts[256]) noexcept;

}  // namespace sample_ext::kernels
