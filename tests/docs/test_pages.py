"""Every page of the manual is executed, from its first block to its last."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from docpage import ROOT, PageError, pages
from docscene import environment_for, play

pytestmark = [
    pytest.mark.docs,
    pytest.mark.skipif(
        (sys.platform, platform.machine()) != ("linux", "x86_64"),
        reason="the pages show Linux on x86-64",
    ),
]

PAGES = [page for page in pages() if "```" in page.read_text("utf-8")]


def uv(*arguments: str | Path, env: dict[str, str]) -> None:
    command = [Path(sys.executable).parent / "uv", *arguments]
    subprocess.run(list(map(str, command)), env=env, check=True)


@pytest.fixture(scope="session")
def inherited(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables with which isolated builds find this project's wheel; nox has set them."""
    if "WHEELNEXT_BUILD_WHEELHOUSE" in os.environ:
        return dict(os.environ)
    folder = str(tmp_path_factory.mktemp("wheelhouse"))
    build = ("-m", "build", "--wheel", "--installer", "uv", "--outdir", folder, str(ROOT))
    subprocess.run([sys.executable, *build], check=True)
    links = dict.fromkeys(("PIP_FIND_LINKS", "UV_FIND_LINKS"), folder)
    return {**os.environ, **links, "WHEELNEXT_BUILD_WHEELHOUSE": folder}


@pytest.fixture(scope="session")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The caches of pip and uv, which all pages share."""
    return tmp_path_factory.mktemp("caches")


@pytest.fixture
def environment(tmp_path: Path, caches: Path, inherited: dict[str, str]) -> dict[str, str]:
    """A page's variables, and a virtual environment of its own with this project installed."""
    venv = tmp_path / "venv"
    variables = environment_for(venv, tmp_path / "home", caches, inherited)
    uv("venv", "--quiet", "--python", sys.executable, venv, env=variables)
    packages = ("pip", "build", "wheelnext-build[audit,cli]")
    uv("pip", "install", "--quiet", *packages, env=variables)
    return variables


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_does_what_it_shows(page: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    work = tmp_path / "work"
    work.mkdir()
    problem = ""
    try:
        play(page, work, environment)
    except PageError as error:
        problem = str(error)
    if problem:
        pytest.fail(problem, pytrace=False)
