"""Source installs in the isolated environments of real pip and uv, which are gone afterwards."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from clients import Environment, Run

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        sys.platform != "linux" or platform.machine() != "x86_64", reason="needs x86-64 Linux"
    ),
]

INSTALLERS = pytest.mark.parametrize("installer", ["pip", "uv"])
CUDA = """
[[tool.wheelnext-build.matrix]]
axes.nvidia.cuda_version_upper_bound = ["14"]
[tool.wheelnext-build.properties."nvidia :: cuda_version_upper_bound :: 14"]
no-flags = true
"""
GPUS = {
    "none": {"NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION": ""},
    "12.4": {
        "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION": "12.4",
        "NV_VARIANT_PROVIDER_FORCE_SM_ARCH": "9.0",
    },
    "13.0": {
        "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION": "13.0",
        "NV_VARIANT_PROVIDER_FORCE_SM_ARCH": "9.0",
    },
}


@pytest.fixture
def target(tmp_path: Path, run: Run) -> Environment:
    run("uv", "venv", "--quiet", "--seed", "--python", sys.executable, tmp_path / "venv")
    return Environment(tmp_path / "venv", run)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """uv's cache: not the user's, where an older build of this project may lie."""
    return tmp_path / "cache"


def install(installer: str, target: Environment, cache: Path, *options: str | Path) -> None:
    if installer == "pip":
        # Its cache of wheels knows an sdist by its name and not what was asked of it.
        target.run(target.python, "-m", "pip", "install", "--no-cache-dir", *options)
    else:
        env = {"UV_CACHE_DIR": str(cache)}
        target.run("uv", "pip", "install", "--python", target.python, *options, env=env)


def level(target: Environment) -> str:
    program = "import editable_level; print(editable_level.level())"
    return target.run(target.python, "-c", program).stdout.splitlines()[-1]


@INSTALLERS
@pytest.mark.parametrize("mode", ["redirect", "inplace"])
def test_an_editable_variant_is_rebuilt_when_the_frontend_is_long_gone(
    package: Callable[[str], Path], target: Environment, cache: Path, installer: str, mode: str
) -> None:
    project = package("editable")
    settings = [
        f"-C{text}"
        for text in (
            "variant-label=x86_64_v3",
            f"editable.mode={mode}",
            "editable.rebuild=true",
            "build-dir=build",
        )
    ]
    install(installer, target, cache, *settings, "-e", project)
    shutil.rmtree(cache, ignore_errors=True)
    assert level(target) == "3"
    time.sleep(1.1)  # CMake's install step compares times in whole seconds.
    source = project / "src" / "editable_level" / "module.c"
    source.write_text(source.read_text().replace("#define LEVEL 3", "#define LEVEL 30"))
    assert level(target) == "30"  # what is under __AVX2__: the variant's flags
    # A changed CMakeLists.txt makes CMake configure again, with all of its find_package().
    time.sleep(1.1)
    cmake = project / "src" / "editable_level" / "CMakeLists.txt"
    cmake.write_text(cmake.read_text() + "target_compile_definitions(_core PRIVATE AGAIN)\n")
    text = source.read_text().replace("#define LEVEL 30", "#define LEVEL 31")
    source.write_text(text + "\n#ifndef AGAIN\n#error not configured again\n#endif\n")
    assert level(target) == "31"


@INSTALLERS
def test_native_is_what_uv_would_take_of_the_release(
    package: Callable[[str], Path],
    target: Environment,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    installer: str,
) -> None:
    project = package("targets_scope")
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + CUDA)
    dist, links = tmp_path / "dist", tmp_path / "links"
    target.run(sys.executable, "-m", "build", "-Cvariants=all", "--outdir", dist, project)
    target.run(sys.executable, "-m", "wheelnext_build", "index", dist)
    links.mkdir()
    shutil.copy2(*dist.glob("*.tar.gz"), links)
    chosen = {}
    for name, gpu in GPUS.items():
        for variable, value in gpu.items():
            monkeypatch.setenv(variable, value)
            if not value:
                monkeypatch.delenv(variable)
        release = ("--no-index", "--find-links", dist, "targets-scope")
        target.uv("--preview-features", "wheel-variants", *release)
        by_uv = label(target)
        again = ["--force-reinstall"] if installer == "pip" else ["--reinstall"]
        sources = ["--no-binary", "targets-scope", "--find-links", links, "--no-deps"]
        for folder in os.environ.get("UV_FIND_LINKS", "").split(","):
            sources += ["--find-links", folder]
        native = ["-C", "variant-label=native", *again, *sources, "targets-scope"]
        install(installer, target, tmp_path / f"cache-{name}", *native)
        chosen[name] = label(target)
        assert chosen[name] == by_uv
    assert chosen["12.4"] == chosen["13.0"] == "below14"
    assert chosen["none"].startswith("x86_64_v")


def label(target: Environment) -> str:
    (described,) = target.folder.rglob("targets_scope*/variant.json")
    (found,) = json.loads(described.read_text())["variants"]
    return str(found)


def test_native_from_an_unpacked_or_packed_sdist(
    package: Callable[[str], Path], target: Environment, tmp_path: Path
) -> None:
    project = package("targets_scope")
    target.run(sys.executable, "-m", "build", "--sdist", "--outdir", tmp_path / "sdist", project)
    (archive,) = (tmp_path / "sdist").iterdir()
    install("pip", target, tmp_path, archive, "-C", "variant-label=native")
    by_pip = label(target)
    shutil.unpack_archive(archive, tmp_path / "unpacked")
    (top,) = (tmp_path / "unpacked").iterdir()
    settings = ("-C", "variant-label=native", "--wheel")
    target.run(sys.executable, "-m", "build", *settings, "--outdir", tmp_path / "dist", top)
    (wheel,) = (tmp_path / "dist").iterdir()
    assert wheel.name.endswith(f"-{by_pip}.whl")
