/* The file that is compiled for the variant's level. */
#include "kernels.h"

int kernel_level(void) {
#if defined(__AVX512F__) && defined(__AVX512BW__)
  return 4;
#elif defined(__AVX2__) && defined(__BMI2__)
  return 3;
#elif defined(__SSE4_2__)
  return 2;
#else
  return 1;
#endif
}
