// What all GPU functions have in common: they take addresses in the GPU's memory and a stream,
// return a CUDA error code, and choose an instantiation by a name or a number.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <type_traits>

#if defined(_WIN32)
#define BENCH_EXPORT extern "C" __declspec(dllexport)
#else
#define BENCH_EXPORT extern "C" __attribute__((visibility("default")))
#endif

namespace bench {

// Calls `use` with the constant that equals `value`; cudaErrorInvalidValue where there is none.
template <int... Constants, class Use>
cudaError_t with_constant(int value, Use use) {
    cudaError_t result = cudaErrorInvalidValue;
    ((value == Constants && (result = use(std::integral_constant<int, Constants>()), true)) || ...);
    return result;
}

// Calls `use` with a value of the type that has so many bytes: float or double.
template <class Use>
cudaError_t with_real(std::size_t bytes, Use use) {
    return bytes == sizeof(float)    ? use(float())
           : bytes == sizeof(double) ? use(double())
                                     : cudaErrorInvalidValue;
}

inline unsigned blocks_for(std::size_t work, unsigned threads) {
    return static_cast<unsigned>((work + threads - 1) / threads);
}

}  // namespace bench
