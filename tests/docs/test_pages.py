"""Every page of the manual is executed, from its first block to its last."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
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
def played(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    inherited: dict[str, str],
) -> Iterator[dict[Path, Future[None]]]:
    """The selected pages, which are executed two at a time: builds of one small file wait a lot."""
    caches = tmp_path_factory.mktemp("caches")
    chosen = [getattr(item, "callspec", None) for item in request.session.items]
    selected = {call.params["page"] for call in chosen if call and "page" in call.params}
    # The long ones first, so that none is left alone at the end.
    todo = sorted(selected, key=lambda page: -page.read_text("utf-8").count("\n$ "))
    with ThreadPoolExecutor(2) as pool:
        yield {
            page: pool.submit(
                play_apart, page, tmp_path_factory.mktemp(page.stem), caches, inherited
            )
            for page in todo
        }
        pool.shutdown(cancel_futures=True)


def play_apart(page: Path, folder: Path, caches: Path, inherited: dict[str, str]) -> None:
    """Execute a page in a folder with a virtual environment and a home of its own."""
    venv, work = folder / "venv", folder / "work"
    work.mkdir()
    variables = environment_for(venv, folder / "home", caches, inherited)
    uv("venv", "--quiet", "--python", sys.executable, venv, env=variables)
    packages = ("pip", "build", "wheelnext-build[audit,cli]")
    uv("pip", "install", "--quiet", *packages, env=variables)
    play(page, work, variables)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_does_what_it_shows(page: Path, played: dict[Path, Future[None]]) -> None:
    problem = played[page].exception()
    if isinstance(problem, PageError):
        pytest.fail(str(problem), pytrace=False)
    if problem is not None:
        raise problem
