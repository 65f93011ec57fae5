"""Wheels of one request are those of separate clean builds, byte for byte."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from builds_tools import Project, label_of, needs_x86_64
from conftest import PACKAGES

pytestmark = [pytest.mark.build, needs_x86_64]

NEEDS = {"cuda_kernels": "nvcc", "fortran_kernels": "gfortran"}
FAILS = {"broken_variant", "missing_call"}
"""Packages one of whose variants cannot be built."""

ELSEWHERE = {"asks_provider", "blas", "hip_kernels", "numpy_abi", "openmp", "own_namespace"}
"""Packages whose builds need more than is here (a plugin, OpenBLAS, ROCm, two releases of numpy,
libomp), and one that is like the others. See test_asked_providers.py, test_hip_code.py,
test_dependencies_by_variant.py, and in e2e test_resolved_dependencies.py and
test_other_namespaces.py.
"""

MODES = {
    "as it is": {},
    "kept": {"build-dir": "build"},
    "in order": {"build.tool-args": "-j2"},
}


def wheels(built: Project) -> dict[str, bytes]:
    return {label_of(path): path.read_bytes() for path in built.dist.iterdir()}


def with_variants() -> list[str]:
    """The packages that declare variants and can be built in this environment."""
    files = PACKAGES.glob("*/pyproject.toml")
    ours = {path.parent.name for path in files if '"wheelnext_build"' in path.read_text()}
    return sorted(ours - ELSEWHERE)


@pytest.mark.parametrize("name", with_variants())
def test_equal_to_separate_clean_builds(
    project: Callable[[str], Project], tmp_path: Path, name: str
) -> None:
    if name in NEEDS and shutil.which(NEEDS[name]) is None:
        pytest.skip(f"needs {NEEDS[name]}")
    built = project(name)
    env = {"WHEELNEXT_KEEP_GOING": "1"}
    status = 1 if name in FAILS else 0
    together: dict[str, dict[str, bytes]] = {}
    for mode, settings in MODES.items():
        built.clear()
        built.build({"variants": "all", **settings}, env=env, status=status)
        together[mode] = wheels(built)
        shutil.rmtree(built.folder / "build", ignore_errors=True)
    labels = set(together["as it is"])
    assert len(labels) > 1
    for label in labels:
        built.clear()
        built.build({"variant-label": label} if label else {})
        (alone,) = wheels(built).values()
        for mode, found in together.items():
            assert found[label] == alone, f"{label or 'plain'}, {mode}"
