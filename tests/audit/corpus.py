"""Small programs, each with a known demand on the processor, in many ways of being compiled.

Every function of a program is called by its ``main``, so an emulated processor that lacks something
dies of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

HEAD = r"""
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#define KERNEL __attribute__((noinline, used))
static volatile int one = 1;
"""

INTRINSICS = {
    "SSE3": ("-msse3", "__m128 a = _mm_set1_ps(one); r = _mm_cvtss_f32(_mm_hadd_ps(a, a));"),
    "SSSE3": ("-mssse3", "r = _mm_cvtsi128_si32(_mm_abs_epi8(_mm_set1_epi8(-one)));"),
    "SSE4.1": (
        "-msse4.1",
        "__m128i a = _mm_set1_epi32(one); r = _mm_extract_epi32(_mm_mullo_epi32(a, a), 2);",
    ),
    "SSE4.2": ("-msse4.2", "r = _mm_crc32_u32(one, 7);"),
    "POPCNT": ("-mpopcnt", "r = __builtin_popcount(one);"),
    "AVX": (
        "-mavx",
        "__m256 a = _mm256_set1_ps(one); r = _mm256_movemask_ps(_mm256_mul_ps(a, a));",
    ),
    "AVX2": (
        "-mavx2",
        "__m256i a = _mm256_set1_epi32(one); r = _mm256_movemask_epi8(_mm256_add_epi32(a, a));",
    ),
    "FMA": ("-mfma", "__m128 a = _mm_set1_ps(one); r = _mm_cvtss_f32(_mm_fmadd_ps(a, a, a));"),
    "F16C": ("-mf16c", "__m128 a = _mm_set1_ps(one); r = _mm_cvtsi128_si32(_mm_cvtps_ph(a, 0));"),
    "BMI": ("-mbmi", "r = _andn_u32(one, 77);"),
    "BMI2": ("-mbmi2", "r = _pdep_u32(one, 0x1234);"),
    "MOVBE": (
        "-mmovbe",
        (
            "volatile uint32_t x = one; uint32_t y; "
            'asm volatile("movbe %1, %0" : "=r"(y) : "m"(x)); r = y;'
        ),
    ),
    "AES": (
        "-maes",
        "__m128i a = _mm_set1_epi32(one); r = _mm_cvtsi128_si32(_mm_aesenc_si128(a, a));",
    ),
    "PCLMULQDQ": (
        "-mpclmul",
        "__m128i a = _mm_set1_epi32(one); r = _mm_cvtsi128_si32(_mm_clmulepi64_si128(a, a, 0));",
    ),
    "RDRAND": ("-mrdrnd", "unsigned x; r = _rdrand32_step(&x);"),
    "ADX": ("-madx", 'unsigned x = one; asm volatile("adcx %0, %0" : "+r"(x)); r = x;'),
    "SHA": (
        "-msha -msse4.1",
        "__m128i a = _mm_set1_epi32(one); r = _mm_cvtsi128_si32(_mm_sha1msg1_epu32(a, a));",
    ),
    "AVX512F": (
        "-mavx512f",
        "__m512i a = _mm512_set1_epi32(one); r = _mm512_reduce_add_epi32(_mm512_add_epi32(a, a));",
    ),
    "AVX512VL": (
        "-mavx512vl -mavx512f",
        (
            "__m128i a = _mm_set1_epi32(one); r = _mm_cvtsi128_si32("
            "_mm_ternarylogic_epi32(a, a, a, 0x1e));"
        ),
    ),
    "AVX512BW": (
        "-mavx512bw",
        "__m512i a = _mm512_set1_epi8(one); r = (int)_mm512_movepi8_mask(_mm512_adds_epi8(a, a));",
    ),
    "AVX512_VNNI": (
        "-mavx512vnni",
        (
            "__m512i a = _mm512_set1_epi32(one); r = "
            "_mm512_reduce_add_epi32(_mm512_dpbusd_epi32(a, a, a));"
        ),
    ),
    "GFNI": (
        "-mgfni",
        "__m128i a = _mm_set1_epi8(one); r = _mm_cvtsi128_si32(_mm_gf2p8mul_epi8(a, a));",
    ),
    "VAES": (
        "-mvaes -mavx2",
        "__m256i a = _mm256_set1_epi32(one); r = _mm256_movemask_epi8(_mm256_aesenc_epi128(a, a));",
    ),
    "AVX_VNNI": (
        "-mavxvnni",
        (
            "__m256i a = _mm256_set1_epi32(one); r = _mm256_movemask_epi8("
            "_mm256_dpbusd_avx_epi32(a, a, a));"
        ),
    ),
}
"""Extension -> the compiler's options, and statements that need it and give ``r``."""

ASSEMBLY = {
    "SSE3": "movddup %%xmm0, %%xmm0",
    "SSSE3": "pshufb %%xmm0, %%xmm0",
    "SSE4.1": "pmulld %%xmm0, %%xmm0",
    "SSE4.2": "pcmpgtq %%xmm0, %%xmm0",
    "AVX": "vaddps %%ymm0, %%ymm0, %%ymm0",
    "AVX2": "vpaddd %%ymm0, %%ymm0, %%ymm0",
    "FMA": "vfmadd213ps %%xmm0, %%xmm0, %%xmm0",
    "BMI2": "mulx %%rcx, %%rax, %%rax",
    "AES": "aesenc %%xmm0, %%xmm0",
    "AVX512VL": "vpternlogd $1, %%xmm0, %%xmm0, %%xmm0",
    "AVX512F": "vaddps %%zmm16, %%zmm16, %%zmm16",
}

HARMLESS = {
    "endbr": ("-O2 -fcf-protection=full", "r = one;"),
    "nops": (
        "-O2 -falign-functions=128 -falign-loops=64",
        "for (int i = 0; i < one; i++) r ^= i;",
    ),
    "tzcnt": ("-O2", "r = __builtin_ctz(one);"),
    "rep_bsf": ("-O2", 'unsigned x; asm volatile("rep bsf %1, %0" : "=r"(x) : "r"(one)); r = x;'),
    "pause": ("-O2", "_mm_pause(); r = one;"),
    "switch": (
        "-O2 -fno-pie -no-pie",
        (
            "switch (one + 3) {case 0: r=5; break; case 1: r=77; break;"
            " case 2: r=8; break; case 3: r=31; break; case 4: r=one*7; break; case 5: r=2;"
            " break; case 6: r=one-3; break; default: r=99;}"
        ),
    ),
    "double": ("-O3", "double x = one; for (int i = 0; i < 99; i++) x = x * 1.5 + i; r = (int)x;"),
    "prefetchw": ("-O2", "__builtin_prefetch((void *)&one, 1); r = one;"),
    "data_after_jump": (
        "-O2",
        'asm volatile("jmp 1f\\n.byte 0xc5,0xfc,0x58,0xc0,0x62,0xf1\\n1:"); r = one;',
    ),
    "xgetbv_asked": (
        "-O2",
        (
            'if (__builtin_cpu_supports("avx")) {unsigned a, d; asm volatile('
            '".byte 0x0f,0x01,0xd0" : "=a"(a), "=d"(d) : "c"(0)); r = a;}'
        ),
    ),
    "sse2": ("-O2", "__m128d a = _mm_set1_pd(one); r = (int)_mm_cvtsd_f64(_mm_mul_pd(a, a));"),
    "exceptions": ("-O2", "try { if (one) throw one; } catch (int e) { r = e; }"),
}


@dataclass(frozen=True)
class Program:
    """A program: its compiler, options and source, the extension it is about, whether to strip it.

    ``is_literal`` says that the extension's instruction stands in it as assembly.
    """

    name: str
    compiler: str
    options: tuple[str, ...]
    source: str
    needs: str = ""
    strip: bool = False
    is_literal: bool = False


def _program(body: str) -> str:
    return (
        f"{HEAD}\nKERNEL int kernel(void) {{ int r = 0; {body} return r; }}\n"
        'int main() { printf("%d\\n", kernel()); return 0; }\n'
    )


def _template(body: str) -> str:
    return (
        f"{HEAD}\ntemplate <int N> struct Wrapped {{ KERNEL static int run() "
        f"{{ int r = 0; {body} return r + N; }} }};\n"
        'int main() { printf("%d\\n", Wrapped<1>::run() + Wrapped<2>::run()); return 0; }\n'
    )


def programs() -> Iterator[Program]:
    """All programs: each extension in several ways, and what only looks like one."""
    levels = itertools.cycle(["-O0", "-O1", "-O2", "-O3"])
    strips = itertools.cycle([False, True, False])
    for extension, (flags, body) in INTRINSICS.items():
        for compiler in ("g++", "clang++"):
            level = next(levels)
            options = (level, *flags.split())
            name = f"{extension}-{compiler}{level}"
            yield Program(name, compiler, options, _program(body), extension, next(strips))
        options = ("-O2", "-flto", *flags.split())
        yield Program(f"{extension}-template-lto", "g++", options, _template(body), extension)
    for extension, instruction in ASSEMBLY.items():
        body = f'asm volatile("{instruction}" ::: "rax", "rcx", "xmm0"); r = one;'
        strip = next(strips)
        yield Program(f"{extension}-asm", "g++", ("-O2",), _program(body), extension, strip, True)
    for name, (flags, body) in HARMLESS.items():
        for compiler in ("g++", "clang++"):
            strip = next(strips)
            source = _program(body)
            yield Program(f"{name}-{compiler}", compiler, tuple(flags.split()), source, "", strip)
