"""GPU kernels on arrays in GPU memory, by their addresses; each call returns a CUDA error code."""

from __future__ import annotations

import ctypes
from pathlib import Path

_library = ctypes.CDLL(str(next(Path(__file__).parent.glob("ops.*"))))
_size, _pointer, _text = ctypes.c_size_t, ctypes.c_void_p, ctypes.c_char_p


def _function(name: str, *arguments: type) -> ctypes._NamedFuncPointer:
    function = getattr(_library, f"bench_{name}")
    function.argtypes = [_text, _text, *arguments, _pointer]  # operation, element type, …, stream
    function.restype = ctypes.c_int
    return function


unary = _function("unary", _pointer, _pointer, _size)
binary = _function("binary", _pointer, _pointer, _pointer, _size)
reduce = _function("reduce", _pointer, _pointer, _size, _size)
rows = _function("rows", _pointer, _pointer, _size, _size)
scan = _function("scan", _pointer, _pointer, _size, _size, ctypes.c_bool)
matmul = _function("matmul", *[_pointer] * 4, *[_size] * 3, ctypes.c_bool, ctypes.c_bool)
