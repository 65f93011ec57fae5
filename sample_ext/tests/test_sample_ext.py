"""What the installed wheel of sample-ext does; for the plain wheel and every variant alike."""

from __future__ import annotations

import json
from importlib.metadata import distribution
from itertools import product

import numpy as np
import pytest

import sample_ext
from sample_ext import CudaError, cuda

# Around the widths of vectors (8, 16), of unrolled loops (32, 64) and of dot's blocks (4096).
LENGTHS = [*range(35), 63, 64, 65, 127, 1000, 4095, 4096, 4097, 100_003]

# Around matmul's tiles: 6 rows; 16 or 32 columns in two halves.
SIZES = list(product([0, 1, 5, 6, 7, 13], [0, 1, 7, 8, 9, 16, 17, 31, 32, 33, 65], [0, 1, 2, 33]))

EPSILON = float(np.finfo(np.float32).eps)


@pytest.fixture
def random():
    return np.random.default_rng(20251122)


def floats(random, *shape):
    return random.standard_normal(shape).astype(np.float32)


def check_saxpy(function, a, x, y):
    exact = np.float64(np.float32(a)) * x.astype(np.float64) + y
    bound = 2 * EPSILON * (np.abs(np.float32(a) * x) + np.abs(y))
    result = function(a, x, y)
    assert result.dtype == np.float32
    assert result.shape == x.shape
    assert np.all(np.abs(result - exact) <= bound)


def check_matmul(function, a, b):
    exact = a.astype(np.float64) @ b.astype(np.float64)
    bound = (a.shape[1] + 2) * EPSILON * (np.abs(a).astype(np.float64) @ np.abs(b))
    result = function(a, b)
    assert result.dtype == np.float32
    assert result.shape == exact.shape
    assert np.all(np.abs(result - exact) <= bound)


@pytest.mark.parametrize("length", LENGTHS)
def test_dot(random, length):
    x, y = floats(random, length), floats(random, length)
    terms = x.astype(np.float64) * y.astype(np.float64)
    assert abs(sample_ext.dot(x, y) - terms.sum()) <= 64 * EPSILON * np.abs(terms).sum()


def test_dot_of_a_long_array_stays_precise():
    # A single sum of floats stops growing at 2**24.
    ones = np.ones(2**25 + 3, np.float32)
    assert sample_ext.dot(ones, ones) == 2**25 + 3


@pytest.mark.parametrize("length", LENGTHS)
def test_saxpy(random, length):
    check_saxpy(sample_ext.saxpy, 0.1, floats(random, length), floats(random, length))


@pytest.mark.parametrize(("m", "n", "k"), SIZES)
def test_matmul(random, m, n, k):
    check_matmul(sample_ext.matmul, floats(random, m, k), floats(random, k, n))


def test_matmul_writes_nothing_outside_of_its_rows(random):
    # The last columns of one row are next to the first of the next.
    a, b = np.eye(40, dtype=np.float32), floats(random, 40, 39)
    assert np.array_equal(sample_ext.matmul(a, b), b)


@pytest.mark.parametrize("length", LENGTHS)
def test_histogram(random, length):
    data = random.integers(0, 256, length, dtype=np.uint8)
    counts = sample_ext.histogram(data)
    assert counts.dtype == np.uint64
    assert np.array_equal(counts, np.bincount(data, minlength=256))


@pytest.mark.parametrize("data", [b"wheel", bytearray(b"wheel"), memoryview(b"wheel")])
def test_histogram_of_a_buffer(data):
    counts = sample_ext.histogram(data)
    assert counts[ord("e")] == 2
    assert counts.sum() == 5


def test_histogram_of_equal_bytes():
    assert sample_ext.histogram(np.full(1001, 7, np.uint8))[7] == 1001


def test_summarize(random):
    x = floats(random, 1000) + np.float32(1e4)
    summary = sample_ext.summarize(x)
    wide = x.astype(np.float64)
    assert (summary.count, summary.minimum, summary.maximum) == (1000, wide.min(), wide.max())
    assert summary.mean == pytest.approx(wide.mean(), rel=1e-12)
    assert summary.deviation == pytest.approx(wide.std(), rel=1e-9)
    assert repr(sample_ext.summarize(np.float32([1, 3]))) == (
        "Summary(count=2, minimum=1, maximum=3, mean=2, deviation=1)"
    )


def test_summarize_special_values():
    assert np.isnan(sample_ext.summarize(np.float32([1, np.nan, 3])).maximum)
    with pytest.raises(ValueError, match="empty"):
        sample_ext.summarize(np.zeros(0, np.float32))


def test_arrays_of_any_layout(random):
    x, y = floats(random, 300), floats(random, 300)
    dense = sample_ext.dot(x[::3].copy(), y[::-3].copy())
    assert sample_ext.dot(x[::3], y[::-3]) == dense
    assert np.array_equal(
        sample_ext.saxpy(2.0, x[::2], y[::-2]), sample_ext.saxpy(2.0, x[::2].copy(), y[::-2].copy())
    )
    a, b = floats(random, 9, 20), floats(random, 17, 20)
    product_of_copies = sample_ext.matmul(a[:, ::2].copy(), b[:, 1::2].T.copy())
    assert np.array_equal(sample_ext.matmul(a[:, ::2], b[:, 1::2].T), product_of_copies)
    product_of_copies = sample_ext.matmul(a, b.T.copy())
    assert np.array_equal(sample_ext.matmul(np.asfortranarray(a), b.T), product_of_copies)
    data = random.integers(0, 256, 500, dtype=np.uint8)
    assert np.array_equal(sample_ext.histogram(data[::-2]), np.bincount(data[::-2], minlength=256))


def test_inputs_are_only_read(random):
    x, y = floats(random, 100), floats(random, 100)
    copies = x.copy(), y.copy()
    x.flags.writeable = y.flags.writeable = False
    sample_ext.saxpy(3.0, x, y)
    sample_ext.dot(x, y)
    assert np.array_equal(x, copies[0])
    assert np.array_equal(y, copies[1])


def test_results_are_independent_arrays():
    x = np.ones(4, np.float32)
    first, second = sample_ext.saxpy(1.0, x, x), sample_ext.saxpy(1.0, x, x)
    first[0] = 9
    assert second.tolist() == [2, 2, 2, 2]


F4 = np.zeros(4, np.float32)
F44 = np.zeros((4, 4), np.float32)
U4 = np.zeros(4, np.uint8)


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (sample_ext.dot, (F4.astype(np.float64), F4), "x: .* of float32, got float64"),
        (sample_ext.dot, (F4, F4.astype(np.int32)), "y: .* got int32"),
        (sample_ext.dot, ([0.0], F4), "x: .* got list"),
        (sample_ext.dot, (None, F4), "NoneType"),
        (sample_ext.saxpy, (1.0, F4.astype(np.complex64), F4), "x: .* got complex64"),
        (sample_ext.saxpy, ("1", F4, F4), "incompatible function arguments"),
        (sample_ext.matmul, (F44, F44.astype(bool)), "b: .* got bool"),
        (sample_ext.histogram, (U4.astype(np.int8),), "data: expected an array of uint8, got int8"),
        (sample_ext.histogram, ("text",), "data: .* got str"),
        (sample_ext.summarize, (F4.astype(np.float16),), "x: .* got float16"),
    ],
)
def test_wrong_types(function, arguments, message):
    with pytest.raises(TypeError, match=message):
        function(*arguments)


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (sample_ext.dot, (F4, F4[:3]), r"same length, got shapes \(4,\) and \(3,\)"),
        (sample_ext.dot, (F44, F4), r"x: expected 1-dimensional data, got shape \(4, 4\)"),
        (sample_ext.saxpy, (1.0, F4, F4[:0]), r"same length, got shapes \(4,\) and \(0,\)"),
        (sample_ext.matmul, (F4, F44), r"a: expected 2-dimensional data, got shape \(4,\)"),
        (sample_ext.matmul, (F44, F44[:3]), r"got shapes \(4, 4\) and \(3, 4\)"),
        (sample_ext.histogram, (U4.reshape(2, 2),), r"data: .* got shape \(2, 2\)"),
        (sample_ext.histogram, (U4[0],), r"data: .* got shape \(\)"),
    ],
)
def test_wrong_shapes(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(*arguments)


def test_build_info_agrees_with_the_metadata():
    info = sample_ext.build_info()
    text = distribution("sample-ext").read_text("variant.json")
    if text is None:
        assert (info["label"], info["properties"]) == (None, [])
        return
    ((label, namespaces),) = json.loads(text)["variants"].items()
    assert info["label"] == label
    assert sorted(info["properties"]) == sorted(
        f"{namespace} :: {feature} :: {value}"
        for namespace, features in namespaces.items()
        for feature, values in features.items()
        for value in values
    )


def test_build_info_agrees_with_the_properties():
    info = sample_ext.build_info()
    values = dict(text.rsplit(" :: ", 1) for text in info["properties"])
    expected = {None: "scalar", "v1": "scalar", "v3": "avx2", "v4": "avx512"}
    assert info["simd"] == expected[values.get("x86_64 :: level")]
    architecture = values.get("nvidia :: sm_arch")
    expected_architectures = [architecture.partition("_")[0]] if architecture else []
    assert info["cuda_architectures"] == expected_architectures


def test_gpu_functions_without_a_gpu_raise():
    if sample_ext.cuda_available():
        pytest.skip("there is a GPU")
    with pytest.raises(CudaError):
        cuda.saxpy(1.0, F4, F4)
    with pytest.raises(CudaError):
        cuda.matmul(F44, F44)
    assert issubclass(CudaError, RuntimeError)


needs_gpu = pytest.mark.skipif(not sample_ext.cuda_available(), reason="no GPU for this wheel")


@needs_gpu
@pytest.mark.parametrize("length", [*LENGTHS, 3_000_001])
def test_saxpy_on_the_gpu(random, length):
    check_saxpy(cuda.saxpy, 0.1, floats(random, length), floats(random, length))


@needs_gpu
@pytest.mark.parametrize(("m", "n", "k"), [*SIZES, (100, 200, 300)])
def test_matmul_on_the_gpu(random, m, n, k):
    check_matmul(cuda.matmul, floats(random, m, k), floats(random, k, n))
