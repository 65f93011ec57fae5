/* A file that no variant changes. */
#include "kernels.h"

int common_level(void) {
#if defined(__AVX2__) || defined(__SSE4_2__)
  return 2;
#else
  return 1;
#endif
}
