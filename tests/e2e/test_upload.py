"""Uploading a release by twine and by uv to a server of PyPI's upload API, and what comes of it.

pypiserver takes labelled wheels and lists them. No uploader sends a variants.json, and the server
would neither take nor list one, so that installers find plain wheels there, until `index --simple`
publishes the server's folder.
"""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from clients import Run
from tiny_wheels import write_sdist, write_variant, write_wheel

from wheelnext_build.host.host import Host
from wheelnext_build.release.index.simple_index import publish_simple
from wheelnext_build.release.index.variants_json import write_index
from wheelnext_build.release.select import select

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        # Not imported here: pypiserver's bottle changes how this process imports.
        None in map(importlib.util.find_spec, ("pypiserver", "twine")),
        reason="needs pypiserver and twine",
    ),
]

PLAIN = "sample-1.0-py3-none-any.whl"
VARIANTS = "sample-1.0-variants.json"
PREVIEW = ("--preview-features", "wheel-variants")
ACCOUNT = ("--username", "someone", "--password", "secret")


@dataclass(frozen=True)
class Server:
    """A running pypiserver: the folder that it keeps files in, and its address."""

    folder: Path
    url: str

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    def page(self) -> str:
        with urllib.request.urlopen(f"{self.url}simple/sample/") as answer:  # noqa: S310
            return str(answer.read().decode())


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Plain wheel, variants for every machine, sdist and variants.json."""
    folder = tmp_path / "dist"
    folder.mkdir()
    write_wheel(folder, PLAIN)
    for level in ("v1", "v2", "v3", "v4"):
        write_variant(folder, f"x86_64_{level}", level)
    write_variant(folder, "null")
    write_sdist(folder, "sample-1.0")
    write_index(folder)
    return folder


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """An empty pypiserver that takes uploads of anyone."""
    folder = tmp_path / "server"
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ("-p", str(port), "-i", "127.0.0.1", "-P", ".", "-a", ".")
    command = [sys.executable, "-m", "pypiserver", "run", *options, folder]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield Server(folder, f"http://127.0.0.1:{port}/")
        process.terminate()


def uploads(folder: Path) -> list[Path]:
    """What uploaders take: everything but variants.json."""
    return sorted(path for path in folder.iterdir() if path.suffix != ".json")


def twine(run: Run, server: Server, *files: Path, status: int = 0) -> str:
    options = ("--non-interactive", "--disable-progress-bar", *ACCOUNT)
    command = (sys.executable, "-m", "twine", "upload", *options)
    result = run(*command, "--repository-url", server.url, *files, status=status)
    return " ".join((result.stdout + result.stderr).split())


def uv_publish(run: Run, server: Server, *files: Path, status: int = 0) -> str:
    command = ("uv", "publish", "--no-config", "--publish-url", server.url, *ACCOUNT)
    return run(*command, *files, status=status).stderr


def installed(run: Run, index: str, target: Path, *options: str | Path) -> str:
    """The wheel that uv takes from an index, by its name."""
    run(
        *("uv", "pip", "install", "--no-config", "--no-cache", *PREVIEW, "--index-url", index),
        *("--target", target, *options, "sample"),
    )
    return (target / "sample_wheel.txt").read_text()


def chosen(folder: Path) -> str:
    """The labelled wheel for this machine."""
    (selection,) = select(folder, Host.detect(env={}))
    assert selection.chosen
    assert selection.chosen.name.label
    return selection.chosen.name.filename


@pytest.mark.parametrize("upload", [twine, uv_publish])
def test_labelled_wheels_are_taken_and_listed(
    upload: Callable[..., str], release: Path, server: Server, run: Run, tmp_path: Path
) -> None:
    assert len(uploads(release)) > 1
    upload(run, server, *uploads(release))
    assert server.names() == [path.name for path in uploads(release)]
    page = server.page()
    for path in uploads(release):
        assert path.read_bytes() == (server.folder / path.name).read_bytes()
        assert f">{path.name}</a>" in page
    # Without a variants.json on the page, labelled wheels are as if they were not there.
    assert installed(run, f"{server.url}simple/", tmp_path / "a") == PLAIN


def test_twine_refuses_the_whole_upload_over_variants_json(
    release: Path, server: Server, run: Run
) -> None:
    files = sorted(release.iterdir())
    said = f"Unknown distribution format: '{VARIANTS}'"
    assert said in twine(run, server, *files, status=1)
    assert server.names() == []
    checked = run(sys.executable, "-m", "twine", "check", *files, status=1)
    assert said in " ".join(checked.stdout.split())
    run(sys.executable, "-m", "twine", "check", *uploads(release))


def test_uv_publish_leaves_variants_json_out(release: Path, server: Server, run: Run) -> None:
    count = len(uploads(release))
    answer = uv_publish(run, server, *sorted(release.iterdir()))
    assert f"Publishing {count} files" in answer
    assert VARIANTS not in server.names()
    answer = uv_publish(run, server, release / VARIANTS, status=2)
    assert "No files found to publish" in answer


def test_the_server_takes_no_variants_json_and_lists_none(
    release: Path, server: Server, run: Run, tmp_path: Path
) -> None:
    uv_publish(run, server, *uploads(release))
    (server.folder / VARIANTS).write_bytes((release / VARIANTS).read_bytes())
    assert VARIANTS not in server.page()
    assert installed(run, f"{server.url}simple/", tmp_path / "a") == PLAIN


def test_a_published_name_is_not_taken_twice(release: Path, server: Server, run: Run) -> None:
    labelled = release / chosen(release)
    twine(run, server, labelled)
    assert "already exists" in uv_publish(run, server, labelled, status=2)


@pytest.mark.parametrize("upload", [twine, uv_publish])
def test_an_index_of_the_servers_folder_has_the_variants(
    upload: Callable[..., str],
    release: Path,
    server: Server,
    run: Run,
    serve_folder: Callable[[Path], str],
) -> None:
    upload(run, server, *uploads(release))
    out = release.parent / "simple"
    publish_simple(server.folder, out)
    assert installed(run, serve_folder(out), out.parent / "a") == chosen(release)
