/* What the library would be linked with. */
const char *blas(void) { return BLAS; }
