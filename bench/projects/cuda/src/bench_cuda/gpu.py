"""The kernels for GPUs, in the wheels that have them; each call returns a CUDA error code.

They take addresses in the GPU's memory. ``_size`` first is that of an element, 4 or 8 bytes.
"""

from __future__ import annotations

from ctypes import CDLL, c_bool, c_char, c_double, c_int, c_size_t, c_void_p
from pathlib import Path

_library = CDLL(str(next(Path(__file__).parent.glob("gpu.[sd]*"))))


convolve = _library.bench_convolve
convolve.argtypes = [c_size_t, c_int, *[c_void_p] * 3, c_int, c_int, c_void_p]

heat = _library.bench_heat
heat.argtypes = [c_size_t, c_int, c_void_p, c_void_p, *[c_int] * 3, c_double, c_void_p]

forces = _library.bench_forces
forces.argtypes = [c_size_t, c_int, c_void_p, c_void_p, c_size_t, c_double, c_void_p]

sort = _library.bench_sort
sort.argtypes = [c_char, *[c_void_p] * 3, c_int, c_int, c_bool, c_void_p]
