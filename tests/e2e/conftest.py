"""A real release of the sample, its index, and real clients that install from it."""

from __future__ import annotations

import functools
import hashlib
import html
import http.server
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clients import Environment, Release, Run

ROOT = Path(__file__).resolve().parent.parent.parent


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def _write_simple_index(root: Path, project: str, folder: Path) -> None:
    page = root / "simple" / project
    page.mkdir(parents=True)
    links = []
    for path in sorted(folder.iterdir()):
        shutil.copy2(path, page / path.name)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        name = html.escape(path.name)
        links.append(f'<a href="{name}#sha256={digest}">{name}</a><br>')
    (page / "index.html").write_text("<!DOCTYPE html><body>" + "".join(links) + "</body>")


@pytest.fixture(scope="session")
def serve_folder() -> Iterator[Callable[[Path], str]]:
    """Serves a folder's files on 127.0.0.1; returns the URL."""
    servers = []

    def start(folder: Path) -> str:
        handler = functools.partial(_Quiet, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def serve(
    tmp_path_factory: pytest.TempPathFactory, serve_folder: Callable[[Path], str]
) -> Callable[[str, Path], str]:
    """Serves a folder as a simple index that this project did not write; returns its URL."""

    def start(project: str, folder: Path) -> str:
        root = tmp_path_factory.mktemp("index")
        _write_simple_index(root, project, folder)
        return f"{serve_folder(root)}simple/"

    return start


@pytest.fixture(scope="session")
def sample(
    tmp_path_factory: pytest.TempPathFactory, run: Run, serve: Callable[[str, Path], str]
) -> Release:
    """The sample's whole release from one command of a release pipeline, indexed and served."""
    folder = tmp_path_factory.mktemp("sample") / "dist"
    source = folder.parent / "sample_ext"
    shutil.copytree(ROOT / "sample_ext", source)
    settings = ("-C", "variants=all")
    built = run(sys.executable, "-m", "build", *settings, "--outdir", folder, source)
    run(sys.executable, "-m", "wheelnext_build", "index", folder)
    return Release(folder, serve("sample-ext", folder), built.stdout)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Environment:
    folder = tmp_path_factory.mktemp("environment") / "venv"
    # By pip, so that uv needs no index but the one on 127.0.0.1.
    run(sys.executable, "-m", "venv", folder)
    environment = Environment(folder, run)
    run(environment.python, "-m", "pip", "install", "--upgrade", "pip", "numpy", "pytest")
    return environment
