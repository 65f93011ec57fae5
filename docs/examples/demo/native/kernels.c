#include "kernels.h"

/* Four sums at a time, which a compiler that may use AVX2 keeps in one register. */
double demo_dot(const double *x, const double *y, size_t count)
{
    double sums[4] = {0, 0, 0, 0};
    size_t i = 0;
    for (; i + 4 <= count; i += 4)
        for (size_t lane = 0; lane < 4; ++lane)
            sums[lane] += x[i + lane] * y[i + lane];
    double sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    for (; i < count; ++i)
        sum += x[i] * y[i];
    return sum;
}

const char *demo_compiled_for(void)
{
#if defined(__AVX512F__)
    return "AVX-512";
#elif defined(__AVX2__)
    return "AVX2";
#elif defined(__AVX__)
    return "AVX";
#elif defined(__SSE4_2__)
    return "SSE4.2";
#elif defined(__SSE2__) || defined(_M_X64)
    return "SSE2";
#elif defined(__aarch64__) || defined(_M_ARM64)
    return "NEON";
#else
    return "C";
#endif
}
