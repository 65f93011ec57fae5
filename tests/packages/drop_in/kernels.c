/* The file that is compiled for the variant's level in both scopes. */
int kernel_level(void) {
#if defined(__AVX512F__)
  return 4;
#elif defined(__AVX2__)
  return 3;
#elif defined(__ARM_FEATURE_ATOMICS)
  return 2;
#else
  return 1;
#endif
}
