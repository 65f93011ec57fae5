// The operations, for whatever type values are computed in.
#pragma once

#include <climits>
#include <cmath>
#include <cstddef>
#include <type_traits>

#include "types.cuh"

namespace bench {

// One value -> one value.

#define BENCH_UNARY(Name, text, expression)       \
    struct Name {                                 \
        static constexpr const char* name = text; \
        template <class W>                        \
        __device__ W operator()(W x) const {      \
            return static_cast<W>(expression);    \
        }                                         \
    };

BENCH_UNARY(Negative, "negative", -x)
BENCH_UNARY(Absolute, "absolute", x > W(0) ? x : W(0) - x)
BENCH_UNARY(Square, "square", x* x)
BENCH_UNARY(Sign, "sign", W(W(0) < x) - W(x < W(0)))
BENCH_UNARY(Relu, "relu", x > W(0) ? x : W(0))
BENCH_UNARY(Exp, "exp", ::exp(x))
BENCH_UNARY(Expm1, "expm1", ::expm1(x))
BENCH_UNARY(Log, "log", ::log(x))
BENCH_UNARY(Log1p, "log1p", ::log1p(x))
BENCH_UNARY(Sqrt, "sqrt", ::sqrt(x))
BENCH_UNARY(Rsqrt, "rsqrt", W(1) / ::sqrt(x))
BENCH_UNARY(Reciprocal, "reciprocal", W(1) / x)
BENCH_UNARY(Sin, "sin", ::sin(x))
BENCH_UNARY(Cos, "cos", ::cos(x))
BENCH_UNARY(Tan, "tan", ::tan(x))
BENCH_UNARY(Atan, "atan", ::atan(x))
BENCH_UNARY(Tanh, "tanh", ::tanh(x))
BENCH_UNARY(Erf, "erf", ::erf(x))
BENCH_UNARY(Floor, "floor", ::floor(x))
BENCH_UNARY(Sigmoid, "sigmoid", W(1) / (W(1) + ::exp(-x)))
BENCH_UNARY(Silu, "silu", x / (W(1) + ::exp(-x)))
BENCH_UNARY(Softplus, "softplus", x > W(20) ? x : ::log1p(::exp(x)))
BENCH_UNARY(Gelu, "gelu", x* W(0.5) * (W(1) + ::erf(x * W(0.70710678118654752440))))

using AnyUnary = List<Negative, Absolute, Square, Sign, Relu>;
using FloatUnary = List<Exp, Expm1, Log, Log1p, Sqrt, Rsqrt, Reciprocal, Sin, Cos, Tan, Atan, Tanh,
                        Erf, Floor, Sigmoid, Silu, Softplus, Gelu>;

// Two values -> one value.

#define BENCH_BINARY(Name, text, expression)      \
    struct Name {                                 \
        static constexpr const char* name = text; \
        template <class W>                        \
        __device__ W operator()(W x, W y) const { \
            return static_cast<W>(expression);    \
        }                                         \
    };

BENCH_BINARY(Add, "add", x + y)
BENCH_BINARY(Subtract, "subtract", x - y)
BENCH_BINARY(Multiply, "multiply", x* y)
BENCH_BINARY(Maximum, "maximum", x < y ? y : x)
BENCH_BINARY(Minimum, "minimum", y < x ? y : x)
BENCH_BINARY(Less, "less", x < y)
BENCH_BINARY(Equal, "equal", x == y)
BENCH_BINARY(Divide, "divide", x / y)
BENCH_BINARY(Power, "power", ::pow(x, y))
BENCH_BINARY(Fmod, "fmod", ::fmod(x, y))
BENCH_BINARY(Atan2, "atan2", ::atan2(x, y))
BENCH_BINARY(Hypot, "hypot", ::hypot(x, y))

using AnyBinary = List<Add, Subtract, Multiply, Maximum, Minimum, Less, Equal>;
using FloatBinary = List<Divide, Power, Fmod, Atan2, Hypot>;

// The least and the greatest value of a type that is computed in.

template <class W>
__device__ W lowest() {
    if constexpr (std::is_floating_point_v<W>) {
        return W(-INFINITY);
    } else {
        return std::is_same_v<W, int> ? W(INT_MIN) : W(LLONG_MIN);
    }
}

template <class W>
__device__ W highest() {
    if constexpr (std::is_floating_point_v<W>) {
        return W(INFINITY);
    } else {
        return std::is_same_v<W, int> ? W(INT_MAX) : W(LLONG_MAX);
    }
}

// Many values -> one: each is prepared, they are combined in any order, the result is finished.

struct Reduction {
    template <class W>
    __device__ W prepare(W x) const {
        return x;
    }
    template <class W>
    __device__ W finish(W x, std::size_t) const {
        return x;
    }
};

struct Sum : Add, Reduction {
    static constexpr const char* name = "sum";
    template <class W>
    static __device__ W identity() {
        return W(0);
    }
};

struct Product : Multiply, Reduction {
    static constexpr const char* name = "product";
    template <class W>
    static __device__ W identity() {
        return W(1);
    }
};

struct Max : Maximum, Reduction {
    static constexpr const char* name = "max";
    template <class W>
    static __device__ W identity() {
        return lowest<W>();
    }
};

struct Min : Minimum, Reduction {
    static constexpr const char* name = "min";
    template <class W>
    static __device__ W identity() {
        return highest<W>();
    }
};

struct SumOfSquares : Sum {
    static constexpr const char* name = "sum_of_squares";
    template <class W>
    __device__ W prepare(W x) const {
        return x * x;
    }
};

struct Nonzero : Sum {
    static constexpr const char* name = "nonzero";
    template <class W>
    __device__ W prepare(W x) const {
        return W(x != W(0));
    }
};

struct Mean : Sum {
    static constexpr const char* name = "mean";
    template <class W>
    __device__ W finish(W x, std::size_t count) const {
        return x / static_cast<W>(count);
    }
};

struct Norm : SumOfSquares {
    static constexpr const char* name = "norm";
    template <class W>
    __device__ W finish(W x, std::size_t) const {
        return ::sqrt(x);
    }
};

using AnyReduction = List<Sum, Product, Max, Min, SumOfSquares, Nonzero>;
using FloatReduction = List<Mean, Norm>;
using Scans = List<Sum, Product, Max, Min>;

}  // namespace bench
