/* Cannot be compiled for one of the variants. */
#ifndef KIND
#define KIND 0
#endif

#if KIND == 2
#error "this source is not for the broken kind"
#endif

int kind(void) { return KIND; }
