#include <hip/hip_runtime.h>

#ifndef FACTOR
#define FACTOR 2
#endif

__global__ void scale(float *values) { values[threadIdx.x] *= FACTOR; }

// Where there is no GPU, hipErrorNoDevice.
int scaled(float *values) {
  hipLaunchKernelGGL(scale, dim3(1), dim3(64), 0, 0, values);
  return hipGetLastError() == hipSuccess ? FACTOR : -FACTOR;
}

// For the processor: Clang turns it into vector instructions of the level that it compiles for.
int sum_of_squares(const int *values, int count) {
  int sum = 0;
  for (int i = 0; i < count; i++)
    sum += values[i] * values[i];
  return sum;
}
