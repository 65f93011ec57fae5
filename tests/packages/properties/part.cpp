#ifndef CXX_FLAG
#define CXX_FLAG 0
#endif

extern "C" int cxx_flag(void) { return CXX_FLAG; }
