// Functions of a row as a whole: softmax and the normalisations of neural networks.
#include "block.cuh"
#include "operations.cuh"

namespace bench {
namespace {

// Each has a prepare, which all threads of a block call together, and what becomes of one value.

template <class W>
struct SoftmaxRow {
    W greatest, sum;

    template <int Threads, class Value>
    __device__ void prepare(std::size_t columns, Value value) {
        greatest = lowest<W>();
        for (std::size_t i = threadIdx.x; i < columns; i += Threads) {
            greatest = Maximum{}(greatest, value(i));
        }
        greatest = block_reduce<Threads>(greatest, Maximum{});
        sum = W(0);
        for (std::size_t i = threadIdx.x; i < columns; i += Threads) {
            sum += ::exp(value(i) - greatest);
        }
        sum = block_reduce<Threads>(sum, Add{});
    }
    __device__ W operator()(W x) const { return ::exp(x - greatest) / sum; }
};

template <class W>
struct LogSoftmaxRow : SoftmaxRow<W> {
    __device__ W operator()(W x) const { return x - this->greatest - ::log(this->sum); }
};

template <class W>
struct LayerNormRow {
    W mean, scale;

    template <int Threads, class Value>
    __device__ void prepare(std::size_t columns, Value value) {
        W sum = W(0);
        for (std::size_t i = threadIdx.x; i < columns; i += Threads) {
            sum += value(i);
        }
        mean = block_reduce<Threads>(sum, Add{}) / static_cast<W>(columns);
        W squares = W(0);
        for (std::size_t i = threadIdx.x; i < columns; i += Threads) {
            squares += (value(i) - mean) * (value(i) - mean);
        }
        const W variance = block_reduce<Threads>(squares, Add{}) / static_cast<W>(columns);
        scale = W(1) / ::sqrt(variance + W(1e-5));
    }
    __device__ W operator()(W x) const { return (x - mean) * scale; }
};

template <class W>
struct RmsNormRow {
    W scale;

    template <int Threads, class Value>
    __device__ void prepare(std::size_t columns, Value value) {
        W squares = W(0);
        for (std::size_t i = threadIdx.x; i < columns; i += Threads) {
            squares += value(i) * value(i);
        }
        squares = block_reduce<Threads>(squares, Add{}) / static_cast<W>(columns);
        scale = W(1) / ::sqrt(squares + W(1e-5));
    }
    __device__ W operator()(W x) const { return x * scale; }
};

struct Softmax {
    static constexpr const char* name = "softmax";
    template <class W>
    using Row = SoftmaxRow<W>;
};
struct LogSoftmax {
    static constexpr const char* name = "log_softmax";
    template <class W>
    using Row = LogSoftmaxRow<W>;
};
struct LayerNorm {
    static constexpr const char* name = "layer_norm";
    template <class W>
    using Row = LayerNormRow<W>;
};
struct RmsNorm {
    static constexpr const char* name = "rms_norm";
    template <class W>
    using Row = RmsNormRow<W>;
};

using RowOperations = List<Softmax, LogSoftmax, LayerNorm, RmsNorm>;

template <int Threads, class Op, class T>
__global__ void rows_kernel(const T* x, T* out, std::size_t columns) {
    using W = Wide<T>;
    const T* from = x + blockIdx.x * columns;
    T* to = out + blockIdx.x * columns;
    typename Op::template Row<W> row;
    row.template prepare<Threads>(columns, [&](std::size_t i) { return static_cast<W>(from[i]); });
    for (std::size_t i = threadIdx.x; i < columns; i += Threads) {
        to[i] = static_cast<T>(row(static_cast<W>(from[i])));
    }
}

template <int Threads, class Op, class T>
cudaError_t launch(const T* x, T* out, std::size_t rows, std::size_t columns, cudaStream_t stream) {
    rows_kernel<Threads, Op><<<static_cast<unsigned>(rows), Threads, 0, stream>>>(x, out, columns);
    return cudaGetLastError();
}

}  // namespace
}  // namespace bench

BENCH_EXPORT int bench_rows(const char* operation, const char* type, const void* x, void* out,
                            std::size_t rows, std::size_t columns, void* stream) {
    using namespace bench;
    if (rows == 0 || rows > 0x7fffffff) {
        return rows == 0 ? cudaSuccess : cudaErrorInvalidConfiguration;
    }
    return with(type, Floats{}, [&](auto item) {
        using T = typename decltype(item)::type;
        return with(operation, RowOperations{}, [&](auto op) {
            using Op = decltype(op);
            const auto* from = static_cast<const T*>(x);
            auto* to = static_cast<T*>(out);
            const auto queue = static_cast<cudaStream_t>(stream);
            return columns <= 256 ? launch<32, Op>(from, to, rows, columns, queue)
                                  : launch<256, Op>(from, to, rows, columns, queue);
        });
    });
}
