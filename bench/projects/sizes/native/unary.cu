// out[i] = operation(x[i]).
#include "elementwise.cuh"
#include "operations.cuh"

namespace bench {
namespace {

template <class Operations, class Types>
cudaError_t unary(const char* operation, const char* type, const void* x, void* out,
                  std::size_t count, cudaStream_t stream) {
    return with(type, Types{}, [&](auto item) {
        using T = typename decltype(item)::type;
        return with(operation, Operations{}, [&](auto op) {
            return elementwise(op, count, stream, static_cast<T*>(out), static_cast<const T*>(x));
        });
    });
}

}  // namespace
}  // namespace bench

BENCH_EXPORT int bench_unary(const char* operation, const char* type, const void* x, void* out,
                             std::size_t count, void* stream) {
    using namespace bench;
    const auto queue = static_cast<cudaStream_t>(stream);
    const cudaError_t error = unary<AnyUnary, Numbers>(operation, type, x, out, count, queue);
    return error != cudaErrorInvalidValue
               ? error
               : unary<FloatUnary, Floats>(operation, type, x, out, count, queue);
}
