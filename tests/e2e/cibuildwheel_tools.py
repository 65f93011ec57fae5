"""A project that real cibuildwheel builds in a container.

It needs an image: CIBW_MANYLINUX_X86_64_IMAGE and what else its environment must have for it.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from clients import Run

needs_image = pytest.mark.skipif(
    not os.environ.get("CIBW_MANYLINUX_X86_64_IMAGE"),
    reason="needs an image for cibuildwheel (CIBW_MANYLINUX_X86_64_IMAGE)",
)

ROOT = Path(__file__).resolve().parents[2]
TAGS = ("cp311", "cp312", "cp313")

SETTINGS = """
[tool.cibuildwheel]
build = "cp311-* cp312-* cp313-*"
build-frontend = "build"
build-verbosity = 1
before-build = "pip install 'wheelnext-build[audit]'"
repair-wheel-command = "wheelnext-build repair {wheel} {dest_dir}"
"""
TRIED = 'test-command = "wheelnext-build test {wheel} -- '
TEST = {
    "sample_ext": f"""test-requires = ["wheelnext-build", "pytest"]
{TRIED}pytest -q {{project}}/tests\"""",
    "bundles": f"""test-requires = ["wheelnext-build"]
{TRIED}python -c 'import bundles; assert bundles.answer() > 0'\"""",
}
ONE_RUN_SETTINGS = 'config-settings = "variants=all build-dir=/tmp/trees"\n'


def copied(project: str, folder: Path) -> Path:
    """A project with what cibuildwheel is to do, and this project's own wheel within its reach."""
    origin = ROOT / "sample_ext" if project == "sample_ext" else ROOT / "tests/packages" / project
    source = folder / project
    shutil.copytree(origin, source, ignore=shutil.ignore_patterns("dist", "__pycache__"))
    path = source / "pyproject.toml"
    # Fewer variants than there could be: each is built for three interpreters, twice.
    text = path.read_text().replace('"v1", "v3", "v4"', '"v3", "v4"').replace('"80_real", ', "")
    text = text.replace("[variant.variants.null]\n", "")
    path.write_text(text + SETTINGS + TEST[project])
    shutil.copytree(os.environ["WHEELNEXT_BUILD_WHEELHOUSE"], source / "own")
    return source


def variables(env: dict[str, str] | None = None) -> dict[str, str]:
    """The environment of cibuildwheel, with what builds in the container are to see."""
    # Interpreters from different places name different compilers, and share nothing then.
    inside = f"{os.environ.get('CIBW_ENVIRONMENT', '')} CC=gcc CXX=g++ PIP_FIND_LINKS=/project/own"
    return {"CIBW_ENVIRONMENT": inside, **(env or {})}


def command(source: Path, out: Path) -> list[str | Path]:
    return [
        *(sys.executable, "-m", "cibuildwheel", "--platform", "linux", "--output-dir", out),
        source,
    ]


def cibuildwheel(run: Run, source: Path, out: Path, env: dict[str, str] | None = None) -> str:
    result = run(*command(source, out), cwd=source, env=variables(env))
    return result.stdout + result.stderr


def wheelnext_build(run: Run, *arguments: str | Path) -> str:
    return str(run(sys.executable, "-m", "wheelnext_build", *arguments).stdout)
