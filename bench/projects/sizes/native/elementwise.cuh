// Several neighbours at a time where the addresses allow it: a load of 16 bytes each.
#pragma once

#include <cstdint>

#include "types.cuh"

namespace bench {

constexpr unsigned elementwise_threads = 256;

template <class T, int Width>
struct alignas(sizeof(T) * Width) Pack {
    T values[Width];
};

template <class T>
constexpr int widest = 16 / sizeof(T);

template <class... Pointers>
bool aligned(Pointers... pointers) {
    return ((reinterpret_cast<std::uintptr_t>(pointers) % 16 == 0) && ...);
}

// out[i] = op(inputs[i]...) for all i below `count`.
template <int Width, class T, class Op, class... Inputs>
__global__ void elementwise_kernel(std::size_t count, T* out, Op op, const Inputs*... inputs) {
    using W = Wide<T>;
    using P = Pack<T, Width>;
    const std::size_t stride = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    const std::size_t first = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    const std::size_t packs = count / Width;
    for (std::size_t i = first; i < packs; i += stride) {
        P result;
        [&](const auto&... packed) {
#pragma unroll
            for (int j = 0; j < Width; ++j) {
                result.values[j] = static_cast<T>(op(static_cast<W>(packed.values[j])...));
            }
        }(reinterpret_cast<const P*>(inputs)[i]...);
        reinterpret_cast<P*>(out)[i] = result;
    }
    for (std::size_t i = packs * Width + first; i < count; i += stride) {
        out[i] = static_cast<T>(op(static_cast<W>(inputs[i])...));
    }
}

template <class T, class Op, class... Inputs>
cudaError_t elementwise(Op op, std::size_t count, cudaStream_t stream, T* out,
                        const Inputs*... inputs) {
    constexpr int width = widest<T>;
    if (aligned(out, inputs...)) {
        const unsigned blocks = blocks_for(count / width, elementwise_threads);
        elementwise_kernel<width>
            <<<blocks, elementwise_threads, 0, stream>>>(count, out, op, inputs...);
    } else {
        const unsigned blocks = blocks_for(count, elementwise_threads);
        elementwise_kernel<1>
            <<<blocks, elementwise_threads, 0, stream>>>(count, out, op, inputs...);
    }
    return cudaGetLastError();
}

}  // namespace bench
