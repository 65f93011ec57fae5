#pragma once

#include <stddef.h>

/* The sum of x[i] * y[i] over count elements. */
double demo_dot(const double *x, const double *y, size_t count);

/* The widest instructions that the kernels were compiled for. */
const char *demo_compiled_for(void);
