"""Releases whose wheels depend on different things, and the clients that resolve them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from clients import Run

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not os.environ.get("WHEELNEXT_BUILD_WHEELHOUSE"), reason="builds with this project's wheel"
    ),
    pytest.mark.skipif(sys.platform != "linux", reason="links with the libraries of Linux"),
]

PACKAGES = Path(__file__).parent.parent / "packages"
PREVIEW = ("--preview-features", "wheel-variants")


def release(name: str, folder: Path, run: Run, *frontend: str) -> Path:
    """The package's whole release, built in isolation and indexed."""
    shutil.copytree(PACKAGES / name, folder / name)
    command = frontend or (sys.executable, "-m", "build")
    dist = folder / "dist"
    run(
        *command, "-C", "variants=all", "--out-dir" if frontend else "--outdir", dist, folder / name
    )
    run(sys.executable, "-m", "wheelnext_build", "index", dist)
    return dist


def installed(folder: Path, run: Run, *arguments: str | Path) -> dict[str, str]:
    """What a new environment has after ``uv pip install``."""
    run("uv", "venv", "--clear", "--python", sys.executable, folder)
    run("uv", "pip", "install", "--no-cache", "--python", folder, *arguments)
    frozen = run("uv", "pip", "freeze", "--python", folder).stdout
    return dict(line.split("==") for line in frozen.splitlines() if "==" in line)


@pytest.fixture(scope="module")
def numpy_abi(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    return release("numpy_abi", tmp_path_factory.mktemp("numpy_abi"), run)


def test_uv_resolves_with_the_dependencies_of_the_wheel_that_it_takes(
    numpy_abi: Path, tmp_path: Path, run: Run
) -> None:
    links = ("--find-links", numpy_abi, "numpy-abi")
    variant = installed(tmp_path / "variant", run, *PREVIEW, *links)
    plain = installed(tmp_path / "plain", run, *links)
    assert "idna" in variant
    assert "certifi" not in variant
    assert "certifi" in plain
    assert "idna" not in plain


def test_pip_resolves_the_plain_wheel(numpy_abi: Path, tmp_path: Path, run: Run) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--find-links", numpy_abi, "numpy-abi")
    run(python, "-m", "pip", "check")
    frozen = run(python, "-m", "pip", "freeze").stdout
    assert "certifi==" in frozen
    assert "idna==" not in frozen


@pytest.mark.parametrize("release_of_numpy", ["2.3", "2.4"])
def test_a_pinned_variant_brings_its_release(
    numpy_abi: Path, tmp_path: Path, run: Run, release_of_numpy: str
) -> None:
    """Under its plain name, as uv does not select by abi_dependency yet (next test)."""
    label = f"numpy{release_of_numpy}"
    (wheel,) = numpy_abi.glob(f"*-{label}.whl")
    run(sys.executable, "-m", "wheelnext_build", "unlabel", "--outdir", tmp_path / "one", wheel)
    found = installed(tmp_path / "venv", run, *(tmp_path / "one").glob("*.whl"))
    assert found["numpy"].startswith(f"{release_of_numpy}.")
    program = "import numpy_abi as n; print(n.built_with(), n.total([1, 2]))"
    answer = run(tmp_path / "venv" / "bin" / "python", "-c", program).stdout
    assert answer.startswith(f"{release_of_numpy}.")
    assert answer.endswith(" 3.0\n")


def test_uv_takes_no_variant_by_abi_dependency_yet(
    numpy_abi: Path, tmp_path: Path, run: Run
) -> None:
    """When this fails, uv does, and docs/dependencies.md must say so."""
    only = tmp_path / "only"
    only.mkdir()
    for path in numpy_abi.iterdir():
        if "x86_64_v3" not in path.name and not path.name.endswith("variants.json"):
            shutil.copy2(path, only)
    run(sys.executable, "-m", "wheelnext_build", "index", only)
    found = installed(
        tmp_path / "v", run, *PREVIEW, "--find-links", only, "numpy-abi", "numpy==2.3.*"
    )
    assert "certifi" in found  # the plain wheel's


def test_uv_lock_reads_what_the_plain_wheel_says(numpy_abi: Path, tmp_path: Path, run: Run) -> None:
    """From an index, from a folder with the sources, and from the sdist: all the same."""
    (sdist,) = numpy_abi.glob("*.tar.gz")
    for number, source in enumerate((None, PACKAGES / "numpy_abi", sdist)):
        app = tmp_path / f"app{number}"
        app.mkdir()
        table = f'[tool.uv]\nfind-links = ["{numpy_abi}"]\n'
        if source is not None:
            table = f'[tool.uv.sources]\nnumpy-abi = {{ path = "{source}" }}\n'
        text = '[project]\nname = "app"\nversion = "0"\nrequires-python = ">=3.11"\n'
        app.joinpath("pyproject.toml").write_text(f'{text}dependencies = ["numpy-abi"]\n{table}')
        run("uv", "lock", "--no-cache", "--project", app)
        lock = tomllib.loads((app / "uv.lock").read_text())
        (entry,) = (item for item in lock["package"] if item["name"] == "numpy-abi")
        assert {item["name"] for item in entry["dependencies"]} == {"numpy", "certifi"}


def test_uv_build_installs_releases_of_their_own_too(tmp_path: Path, run: Run) -> None:
    dist = release("numpy_abi", tmp_path, run, "uv", "build", "--no-cache", "--wheel")
    assert len(list(dist.glob("*.whl"))) == 4


@pytest.mark.skipif(
    not Path("/usr/lib/x86_64-linux-gnu/libblas.a").exists() or shutil.which("gfortran") is None,
    reason="links the reference BLAS: apt-get install libblas-dev gfortran",
)
def test_blas_variants_from_an_index_and_from_the_system(tmp_path: Path, run: Run) -> None:
    dist = release("blas", tmp_path, run)
    venv = tmp_path / "venv"
    best = installed(venv, run, *PREVIEW, "--find-links", dist, "blas-example")
    assert "scipy-openblas64" in best
    assert _library(venv, run) == "openblas 285.0"

    (openblas,) = dist.glob("*-openblas.whl")
    openblas.unlink()
    without = installed(venv, run, *PREVIEW, "--find-links", dist, "blas-example")
    assert set(without) == {"blas-example"}
    assert _library(venv, run) == "reference 285.0"

    plain = installed(venv, run, "--find-links", dist, "blas-example")
    assert set(plain) == {"blas-example"}
    assert _library(venv, run) == " 285.0"


def _library(environment: Path, run: Run) -> str:
    program = "import blas_example as b; print(b.vendor(), b.squares(10))"
    answer: subprocess.CompletedProcess[str] = run(environment / "bin" / "python", "-c", program)
    return answer.stdout.rstrip("\n")
