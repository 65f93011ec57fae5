"""The packages, compilers, paths and variables with which a wheel is built."""
