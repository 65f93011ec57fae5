#include "headers/header.h"

namespace {
__device__ int only_here;

__global__ void kernel(float *out)
{
    out[threadIdx.x] = only_here++;
}
}

const char *launch(float *out)
{
    static int count = 0;
    kernel<<<1, 32>>>(out);
    return count++ ? __FILE__ : header();
}
