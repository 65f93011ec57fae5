"""`index --simple`: uv and pip install from it over HTTP, by its HTML and by its JSON pages."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from clients import Environment, Run
from tiny_wheels import write_variant, write_wheel

from wheelnext_build.host.host import Host
from wheelnext_build.release.index.simple_index import publish_simple
from wheelnext_build.release.select import select

pytestmark = pytest.mark.e2e

JSON = "application/vnd.pypi.simple.v1+json"
PREVIEW = ("--preview-features", "wheel-variants")


@dataclass(frozen=True)
class Site:
    """A simple index that is served, and what was asked of it."""

    folder: Path
    out: Path
    url: str
    asked: list[str] = field(default_factory=list)

    def publish(self) -> None:
        publish_simple(self.folder, self.out)

    def chosen(self) -> str:
        """The labelled wheel for this machine."""
        (selection,) = select(self.folder, Host.detect(env={}))
        assert selection.chosen
        assert selection.chosen.name.label
        return selection.chosen.name.filename


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves one kind of page; keeps what was asked."""

    page = "index.html"
    asked: list[str]

    def __init__(self, *args: object, asked: list[str], page: str, directory: Path) -> None:
        self.asked, self.index_pages = asked, (page,)
        super().__init__(*args, directory=str(directory))  # type: ignore[arg-type]

    def guess_type(self, path: object) -> str:
        return JSON if str(path).endswith("/index.json") else super().guess_type(str(path))

    def send_head(self) -> object:  # type: ignore[override]
        self.asked.append(f"{self.command} {self.path}")
        if self.path.endswith("/"):  # before Python 3.12 the class's pages cannot be chosen
            self.path += self.index_pages[0]
        return super().send_head()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(params=["index.html", "index.json"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A release with variants for every machine, as HTML or as JSON."""
    folder, out = tmp_path / "dist", tmp_path / "simple"
    folder.mkdir()
    write_wheel(folder, "sample-1.0-py3-none-any.whl")
    for level in ("v1", "v2", "v3", "v4"):
        write_variant(folder, f"x86_64_{level}", level)
    write_variant(folder, "null")
    asked: list[str] = []
    handler = functools.partial(Handler, asked=asked, page=request.param, directory=out)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = Site(folder, out, f"http://127.0.0.1:{server.server_port}/", asked)
        found.publish()
        yield found
        server.shutdown()


def uv(run: Run, site: Site, target: Path, *arguments: str | Path, status: int = 0) -> str | None:
    """Install by uv into a folder of its own; returns the name of the wheel that it took."""
    run(
        *("uv", "pip", "install", "--no-config", "--no-cache", "--index-url", site.url),
        *("--target", target, *arguments),
        status=status,
    )
    taken = target / "sample_wheel.txt"
    return taken.read_text() if taken.exists() else None


def compiled(run: Run, site: Site, tmp_path: Path, *arguments: str | Path) -> str:
    """What `uv pip compile` makes of a requirement of the sample."""
    wanted = tmp_path / "requirements.in"
    wanted.write_text("sample\n")
    options = ("--no-config", "--no-cache", "--index-url", site.url, *arguments)
    return run("uv", "pip", "compile", *options, wanted).stdout


def test_uv_installs_the_variant_for_this_machine(site: Site, run: Run, tmp_path: Path) -> None:
    assert uv(run, site, tmp_path / "a", *PREVIEW, "sample") == site.chosen()
    assert uv(run, site, tmp_path / "b", "sample") == "sample-1.0-py3-none-any.whl"


def test_uv_checks_hashes(site: Site, run: Run, tmp_path: Path) -> None:
    pin = tmp_path / "requirements.txt"
    compiled(run, site, tmp_path, *PREVIEW, "--generate-hashes", "-o", pin)
    taken = uv(run, site, tmp_path / "a", *PREVIEW, "--require-hashes", "-r", pin)
    assert taken == site.chosen()
    (site.out / "sample" / site.chosen()).write_bytes(b"not what was published")
    uv(run, site, tmp_path / "b", *PREVIEW, "--require-hashes", "-r", pin, status=1)


def test_pip_installs_the_plain_wheel(
    site: Site, run: Run, environment: Environment, tmp_path: Path
) -> None:
    run(
        *(environment.python, "-m", "pip", "install", "--isolated", "--no-cache-dir"),
        *("--index-url", site.url, "--target", tmp_path / "a", "sample"),
    )
    assert (tmp_path / "a" / "sample_wheel.txt").read_text() == "sample-1.0-py3-none-any.whl"
    assert "GET /sample/sample-1.0-py3-none-any.whl.metadata" in site.asked


@pytest.mark.parametrize("preview", [(), PREVIEW])
def test_uv_resolves_by_metadata_alone(
    preview: tuple[str, ...], site: Site, run: Run, tmp_path: Path
) -> None:
    assert "sample==1.0" in compiled(run, site, tmp_path, *preview)
    name = site.chosen() if preview else "sample-1.0-py3-none-any.whl"
    assert f"GET /sample/{name}.metadata" in site.asked
    assert not [line for line in site.asked if line.endswith(".whl")]


def test_uv_leaves_out_a_withdrawn_variant(site: Site, run: Run, tmp_path: Path) -> None:
    bad = site.chosen()
    (site.out / "sample" / f"{bad}.yanked").write_text("gives wrong results")
    site.publish()
    assert uv(run, site, tmp_path / "a", *PREVIEW, "sample") not in (bad, None)
    # As the specification allows, an exact version still gets it, until the file is taken away.
    assert uv(run, site, tmp_path / "b", *PREVIEW, "sample==1.0") == bad
    (site.folder / bad).unlink()
    (site.out / "sample" / bad).unlink()
    site.publish()
    assert uv(run, site, tmp_path / "c", *PREVIEW, "sample==1.0") not in (bad, None)


def test_uv_installs_what_another_folder_added(site: Site, run: Run, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write_variant(other, "v3", "v3", release="another-1.0")
    write_wheel(other, "sample-1.1-py3-none-any.whl")
    publish_simple(other, site.out)
    assert uv(run, site, tmp_path / "a", *PREVIEW, "sample") == "sample-1.1-py3-none-any.whl"
    assert uv(run, site, tmp_path / "b", *PREVIEW, "sample<1.1") == site.chosen()
