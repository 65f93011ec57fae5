"""Namespaces that nothing is known of: built, indexed, and chosen by uv and by `select` alike."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from clients import Run

from wheelnext_build.host.host import Host
from wheelnext_build.release.select import select

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("uv") is None, reason="needs uv"),
]

PACKAGES = Path(__file__).resolve().parent.parent / "packages"
PREVIEW = ("--preview-features", "wheel-variants")


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Callable[[str], Path]:
    """Builds one of tests/packages as a release, all of its variants, with its index."""

    def build(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        shutil.copytree(PACKAGES / name, folder / "source")
        options = ("--installer", "uv", "--outdir", folder / "dist")
        run(sys.executable, "-m", "wheelnext_build", "build", folder / "source", *options)
        run(sys.executable, "-m", "wheelnext_build", "index", folder / "dist")
        return folder / "dist"

    return build


def installed(run: Run, release: Path, target: Path, expression: str, *options: str) -> str:
    """Install by uv into a folder of its own; what Python says of an expression there."""
    package = expression.partition(".")[0]
    where = ("--no-config", "--no-cache", "--no-index", "--find-links", release)
    run("uv", "pip", "install", *where, "--target", target, *options, package)
    program = f"import {package}; print({expression})"
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, env={"PYTHONPATH": str(target)}, capture_output=True, text=True, check=True
    ).stdout.strip()


def selected(release: Path) -> str:
    (selection,) = select(release, Host.detect())
    assert selection.chosen
    return selection.chosen.name.label or ""


def test_a_namespace_of_ones_own(released: Callable[[str], Path], run: Run, tmp_path: Path) -> None:
    """What pyproject.toml says of `acme` is all there is to know of it."""
    release = released("own_namespace")
    rev2 = "acme_board_rev2_acme_bus_wide"
    assert installed(run, release, tmp_path / "a", "own_namespace.board()", *PREVIEW) == "(2, 64)"
    assert selected(release) == rev2
    assert installed(run, release, tmp_path / "b", "own_namespace.board()") == "(0, 32)"
    for wheel in release.glob(f"*-{rev2}.whl"):
        wheel.unlink()
    assert installed(run, release, tmp_path / "c", "own_namespace.board()", *PREVIEW) == "(1, 64)"
    assert selected(release) == "acme_board_rev1_acme_bus_wide"


@pytest.mark.skipif(sys.platform != "linux", reason="looks at what a process has mapped")
def test_openmp_runtimes(released: Callable[[str], Path], run: Run, tmp_path: Path) -> None:
    """Each variant has its compiler, and loads that compiler's runtime and no other."""
    if not (
        shutil.which("clang") and shutil.which("gcc") and list(Path("/usr/lib").rglob("omp.h"))
    ):
        pytest.skip("needs GCC and Clang with libomp")
    release = released("openmp")
    loaded = "openmp_example.summed(), openmp_example.runtimes()"
    llvm = installed(run, release, tmp_path / "a", loaded, *PREVIEW)
    assert llvm == "(2, 499500) ['libomp']"
    assert selected(release) == "llvm"
    assert installed(run, release, tmp_path / "b", loaded) == "(0, 499500) []"
    for wheel in release.glob("*-llvm.whl"):
        wheel.unlink()
    gnu = installed(run, release, tmp_path / "c", loaded, *PREVIEW)
    assert gnu == "(2, 499500) ['libgomp']"
    assert selected(release) == "gnu"
