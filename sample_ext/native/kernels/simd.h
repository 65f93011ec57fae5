// The widest vector of floats that this file is compiled for, or none.
//
// The choice is the compiler's target, made by its predefined macros: a variant's wheel is only
// installed on processors that have what its label says, so nothing is asked at run time. Only
// kernels include this header, and all of it has internal linkage (see kernels.h).
#pragma once

#if defined(__AVX512F__) && defined(__AVX512BW__)
#define SAMPLE_EXT_SIMD_PATH "avx512"
#define SAMPLE_EXT_HAS_VECTOR 1
// MSVC defines no __FMA__, but its /arch:AVX2 allows FMA.
#elif defined(__AVX2__) && (defined(__FMA__) || defined(_MSC_VER))
#define SAMPLE_EXT_SIMD_PATH "avx2"
#define SAMPLE_EXT_HAS_VECTOR 1
#else
#define SAMPLE_EXT_SIMD_PATH "scalar"
#define SAMPLE_EXT_HAS_VECTOR 0
#endif

#if SAMPLE_EXT_HAS_VECTOR

#include <immintrin.h>

#include <cstddef>

namespace sample_ext {
namespace {

#if defined(__AVX512F__) && defined(__AVX512BW__)

using Vector = __m512;
using Mask = __mmask16;  // which lanes take part

constexpr std::size_t lanes = 16;

inline Vector zero() { return _mm512_setzero_ps(); }
inline Vector broadcast(float value) { return _mm512_set1_ps(value); }
inline Vector add(Vector a, Vector b) { return _mm512_add_ps(a, b); }
inline Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
inline float sum(Vector v) { return _mm512_reduce_add_ps(v); }

// The first `count` lanes, from 0 to all of them.
inline Mask first(std::size_t count) { return static_cast<Mask>((1u << count) - 1u); }

inline Vector load(const float* from) { return _mm512_loadu_ps(from); }
inline void store(float* to, Vector v) { _mm512_storeu_ps(to, v); }

// Lanes outside of the mask are not touched in memory, and are 0 when loaded.
inline Vector load(const float* from, Mask mask) { return _mm512_maskz_loadu_ps(mask, from); }
inline void store(float* to, Mask mask, Vector v) { _mm512_mask_storeu_ps(to, mask, v); }

#else

using Vector = __m256;
using Mask = __m256i;

constexpr std::size_t lanes = 8;

inline Vector zero() { return _mm256_setzero_ps(); }
inline Vector broadcast(float value) { return _mm256_set1_ps(value); }
inline Vector add(Vector a, Vector b) { return _mm256_add_ps(a, b); }
inline Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }

inline float sum(Vector v) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

inline Mask first(std::size_t count) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), lane);
}

inline Vector load(const float* from) { return _mm256_loadu_ps(from); }
inline void store(float* to, Vector v) { _mm256_storeu_ps(to, v); }
inline Vector load(const float* from, Mask mask) { return _mm256_maskload_ps(from, mask); }
inline void store(float* to, Mask mask, Vector v) { _mm256_maskstore_ps(to, mask, v); }

#endif

}  // namespace
}  // namespace sample_ext

#endif  // SAMPLE_EXT_HAS_VECTOR
