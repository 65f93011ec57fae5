/* Armv8.1-A counts in one instruction. Below it GCC calls a function of its own, which asks the
   processor and has that instruction as well. */
static int count;

int counted(int times) {
  for (int i = 0; i < times; ++i) __atomic_fetch_add(&count, 1, __ATOMIC_ACQ_REL);
  return __atomic_load_n(&count, __ATOMIC_ACQUIRE);
}

const char *compiled_for(void) {
#if defined(__ARM_FEATURE_ATOMICS)
  return "atomics";
#elif defined(__aarch64__)
  return "baseline";
#elif defined(__AVX2__)
  return "AVX2";
#else
  return "another";
#endif
}
