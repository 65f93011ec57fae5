"""An isolated build asks an index for its declared requirements, and for nothing else."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from clients import Run
from packaging.utils import canonicalize_name, parse_wheel_filename
from tiny_wheels import write_plugin

pytestmark = pytest.mark.e2e

PACKAGES = Path(__file__).parent.parent / "packages"

DECLARED = {"wheelnext-build", "scikit-build-core", "packaging", "pathspec"}
"""The build-system.requires of the project, with what that depends on."""
FOR_HOOKS = {"deflate", "iced-x86"}
"""What get_requires_for_build_wheel adds, for the audit and for packing."""
IF_MISSING = {"cmake", "ninja"}
"""And what it adds only where this machine has none that will do."""
PLUGIN = "example-blas-provider"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """All that an index may be asked for, a folder for each project."""
    folder = tmp_path_factory.mktemp("wheels")
    download = (sys.executable, "-m", "pip", "download", "--quiet", "--dest", folder)
    run(*download, "wheelnext-build", *FOR_HOOKS, *IF_MISSING)
    write_plugin(folder, PACKAGES / "providers" / "example_blas_provider.py")
    for path in list(folder.glob("*.whl")):
        project = folder / "simple" / canonicalize_name(parse_wheel_filename(path.name)[0])
        project.mkdir(parents=True, exist_ok=True)
        path.rename(project / path.name)
    return folder


@pytest.fixture
def index(wheels: Path) -> Iterator[tuple[str, list[str]]]:
    """A simple index of the wheels: its URL, and the projects that it was asked for."""
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            asked.append(self.path.strip("/").split("/")[1])

    handler = functools.partial(Handler, directory=str(wheels))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/simple/", asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_only_what_is_declared_is_asked_for(
    installer: str, index: tuple[str, list[str]], tmp_path: Path, run: Run
) -> None:
    url, asked = index
    shutil.copytree(PACKAGES / "asks_provider", tmp_path / "source")
    only_the_index = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": url,
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "UV_NO_CONFIG": "1",
        "UV_DEFAULT_INDEX": url,
        "UV_INDEX": "",
        "UV_FIND_LINKS": "",
        "UV_CACHE_DIR": str(tmp_path / "cache"),
    }
    options = ("-C", "variant-label=openblas", "--wheel", "--outdir", tmp_path / "dist")
    build = (sys.executable, "-P", "-m", "build", "--installer", installer)
    run(*build, *options, tmp_path / "source", env=only_the_index)
    assert len(list((tmp_path / "dist").glob("*.whl"))) == 1
    assert {*asked} - IF_MISSING == DECLARED | FOR_HOOKS | {PLUGIN}
