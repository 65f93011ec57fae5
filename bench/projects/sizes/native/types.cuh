// Element types, the types that they are computed in, and the way from names to instantiations.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstddef>
#include <cstring>
#include <utility>

#if defined(_WIN32)
#define BENCH_EXPORT extern "C" __declspec(dllexport)
#else
#define BENCH_EXPORT extern "C" __attribute__((visibility("default")))
#endif

namespace bench {

template <class T>
struct Computed {
    using type = T;
};
template <>
struct Computed<__half> {
    using type = float;
};
template <>
struct Computed<__nv_bfloat16> {
    using type = float;
};

// What values of T are computed in: 16 bits are for memory only.
template <class T>
using Wide = typename Computed<T>::type;

template <class T>
struct Type {
    using type = T;
    static constexpr const char* name = "";
};

struct Float64 : Type<double> {
    static constexpr const char* name = "float64";
};
struct Float32 : Type<float> {
    static constexpr const char* name = "float32";
};
struct Float16 : Type<__half> {
    static constexpr const char* name = "float16";
};
struct BFloat16 : Type<__nv_bfloat16> {
    static constexpr const char* name = "bfloat16";
};
struct Int32 : Type<int> {
    static constexpr const char* name = "int32";
};
struct Int64 : Type<long long> {
    static constexpr const char* name = "int64";
};

template <class... Items>
struct List {};

using Floats = List<Float64, Float32, Float16, BFloat16>;
using Numbers = List<Float64, Float32, Float16, BFloat16, Int32, Int64>;

// Calls `use` with the item of that name; cudaErrorInvalidValue where there is none.
template <class Use, class... Items>
cudaError_t with(const char* name, List<Items...>, Use&& use) {
    cudaError_t result = cudaErrorInvalidValue;
    ((std::strcmp(name, Items::name) == 0 && (result = use(Items{}), true)) || ...);
    return result;
}

inline unsigned blocks_for(std::size_t work, unsigned threads) {
    constexpr std::size_t most = 65536;  // threads take several elements beyond that
    const std::size_t needed = (work + threads - 1) / threads;
    return static_cast<unsigned>(needed < 1 ? 1 : needed < most ? needed : most);
}

}  // namespace bench
