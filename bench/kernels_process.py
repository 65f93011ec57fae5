"""One process of kernels.py: times the sample_ext on sys.path, and numpy; prints JSON.

The figures are the seconds of a call, the best of several batches: what else the machine does can
only make a batch slower. A call includes what Python needs for it, and the memory of its result;
arrays are where numpy happens to put them, as its users' are.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

import sample_ext

KIB = 1024
SIZES = {"16 KiB": 16 * KIB, "256 KiB": 256 * KIB, "4 MiB": 4096 * KIB, "128 MiB": 131072 * KIB}
"""Of all arrays of a call together: for the caches of the three levels, and beyond them."""

BATCH = 0.005
"""A batch takes so many seconds, or one call: enough for the clock."""

ENOUGH = 0.2
"""Batches are repeated for so many seconds in all, three times at least."""


@dataclass(frozen=True)
class Case:
    """One kernel at one size, and numpy's equivalent; ``check`` compares their results."""

    kernel: str
    size: str
    ours: Callable[[], object]
    numpys: Callable[[], object]
    check: Callable[[], None]


def main() -> None:
    """Check and time all cases."""
    figures = []
    for case in cases(np.random.default_rng(825)):
        case.check()
        ours, numpys = seconds(case.ours, case.numpys)
        figures.append({"kernel": case.kernel, "size": case.size, "ours": ours, "numpy": numpys})
    json.dump(figures, sys.stdout)


def cases(random: np.random.Generator) -> Iterator[Case]:
    """All kernels at all sizes; arrays live as long as their case."""
    for name, size in SIZES.items():
        yield dot(name, *floats(random, size // 8, size // 8))
        yield saxpy(name, *floats(random, size // 12, size // 12))
        # Squares of that size would take minutes, and matmul is not made for them.
        if size < SIZES["128 MiB"]:
            side = int((size / 12) ** 0.5) // 32 * 32
            yield matmul("matmul, square", name, *floats(random, (side, side), (side, side)))
        long = (size // 2 // (64 * 4), 64)
        yield matmul("matmul, n x 64 x 64", name, *floats(random, long, (64, 64)))
        yield histogram(name, random.integers(0, 256, size, dtype=np.uint8))
        yield summarize(name, *floats(random, size // 4))


def floats(random: np.random.Generator, *shapes: int | tuple[int, int]) -> Iterator[np.ndarray]:
    """Positive numbers: sums of them are far from zero, so relative errors say something."""
    return (random.random(shape, dtype=np.float32) + np.float32(0.5) for shape in shapes)


def dot(size: str, x: np.ndarray, y: np.ndarray) -> Case:
    """The sum of products, compared with numpy's in double precision."""

    def check() -> None:
        near(sample_ext.dot(x, y), np.dot(x.astype(np.float64), y.astype(np.float64)), 1e-5)

    return Case("dot", size, lambda: sample_ext.dot(x, y), lambda: np.dot(x, y), check)


def saxpy(size: str, x: np.ndarray, y: np.ndarray) -> Case:
    """A multiple of one array plus another."""
    a = 1.25

    def ours() -> np.ndarray:
        return sample_ext.saxpy(a, x, y)

    def numpys() -> np.ndarray:
        return a * x + y  # of large arrays, numpy adds to the product in place: one new array

    return Case("saxpy", size, ours, numpys, lambda: near(ours(), numpys(), 1e-6))


def matmul(kernel: str, size: str, a: np.ndarray, b: np.ndarray) -> Case:
    """The product of two matrices."""

    def check() -> None:
        near(sample_ext.matmul(a, b), a.astype(np.float64) @ b.astype(np.float64), 1e-4)

    return Case(kernel, size, lambda: sample_ext.matmul(a, b), lambda: a @ b, check)


def histogram(size: str, data: np.ndarray) -> Case:
    """How often each byte occurs."""

    def ours() -> np.ndarray:
        return sample_ext.histogram(data)

    def numpys() -> np.ndarray:
        return np.bincount(data, minlength=256)

    return Case(
        "histogram", size, ours, numpys, lambda: np.testing.assert_array_equal(ours(), numpys())
    )


def summarize(size: str, x: np.ndarray) -> Case:
    """Minimum, maximum, mean and standard deviation, in double precision."""

    def ours() -> tuple[float, ...]:
        found = sample_ext.summarize(x)
        return found.minimum, found.maximum, found.mean, found.deviation

    def numpys() -> tuple[float, ...]:
        return x.min(), x.max(), x.mean(dtype=np.float64), x.std(dtype=np.float64)

    return Case("summarize (common)", size, ours, numpys, lambda: near(ours(), numpys(), 1e-9))


def near(ours: object, numpys: object, tolerance: float) -> None:
    """The same but for rounding: sums come in another order."""
    np.testing.assert_allclose(ours, numpys, rtol=tolerance)


def seconds(*calls: Callable[[], object]) -> list[float]:
    """The best time of each call; batches of all of them come in turns."""
    numbers = [calls_in_batch(call) for call in calls]
    best = [float("inf")] * len(calls)
    rounds = 0
    start = time.perf_counter()
    while rounds < 3 or time.perf_counter() - start < ENOUGH:
        for i, (call, number) in enumerate(zip(calls, numbers, strict=True)):
            best[i] = min(best[i], batch(call, number) / number)
        rounds += 1
    return best


def calls_in_batch(call: Callable[[], object]) -> int:
    """How many calls a batch has."""
    number = 1
    while (taken := batch(call, number)) < BATCH:
        number = max(2 * number, int(number * BATCH / max(taken, 1e-9)) + 1)
    return number


def batch(call: Callable[[], object], number: int) -> float:
    """The seconds of so many calls."""
    start = time.perf_counter()
    for _ in range(number):
        call()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
