// out[i] = operation(x[i], y[i]).
#include "elementwise.cuh"
#include "operations.cuh"

namespace bench {
namespace {

template <class Operations, class Types>
cudaError_t binary(const char* operation, const char* type, const void* x, const void* y, void* out,
                   std::size_t count, cudaStream_t stream) {
    return with(type, Types{}, [&](auto item) {
        using T = typename decltype(item)::type;
        return with(operation, Operations{}, [&](auto op) {
            return elementwise(op, count, stream, static_cast<T*>(out), static_cast<const T*>(x),
                               static_cast<const T*>(y));
        });
    });
}

}  // namespace
}  // namespace bench

BENCH_EXPORT int bench_binary(const char* operation, const char* type, const void* x, const void* y,
                              void* out, std::size_t count, void* stream) {
    using namespace bench;
    const auto queue = static_cast<cudaStream_t>(stream);
    const cudaError_t error = binary<AnyBinary, Numbers>(operation, type, x, y, out, count, queue);
    return error != cudaErrorInvalidValue
               ? error
               : binary<FloatBinary, Floats>(operation, type, x, y, out, count, queue);
}
