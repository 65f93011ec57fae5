"""The simple index: its pages, skipping unchanged files, and problems that prevent publishing."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from tiny_wheels import write_sdist, write_variant, write_wheel, x86_64_metadata

from wheelnext_build.cli.main import main
from wheelnext_build.errors import ReleaseError, RequestError, WheelnextBuildError
from wheelnext_build.release.index.simple_index import publish_simple
from wheelnext_build.variants.metadata import VariantMetadata

PLAIN = "sample-1.0-py3-none-any.whl"
VARIANTS = "sample-1.0-variants.json"
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Python: {python}\n"


class Anchors(HTMLParser):
    """Return the links of an HTML page: text -> attributes."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str | None]] = {}
        self._last: dict[str, str | None] | None = None
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._last = dict(attrs) if tag == "a" else None

    def handle_data(self, data: str) -> None:
        if self._last is not None:
            self.found[data] = self._last
            self._last = None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A release with a plain wheel, two variants and an sdist."""
    dist = tmp_path / "dist"
    dist.mkdir()
    write_wheel(dist, PLAIN)
    write_variant(dist, "v3", "v3")
    write_variant(dist, "v4", "v4")
    write_sdist(dist, "sample-1.0")
    return dist


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "public" / "simple"


def files(out: Path, project: str = "sample") -> dict[str, dict[str, object]]:
    """Return the entries of a JSON page; check that the HTML page has the same links."""
    entries = json.loads((out / project / "index.json").read_text())["files"]
    named = {entry["filename"]: entry for entry in entries}
    anchors = Anchors(out / project / "index.html").found
    assert anchors.keys() == named.keys()
    for name, entry in named.items():
        url = f"{entry['url']}#sha256={entry['hashes']['sha256']}"
        assert anchors[name]["href"] == url
        assert anchors[name].get("data-requires-python") == entry.get("requires-python")
        for key in ("core-metadata", "dist-info-metadata"):
            said = f"sha256={entry[key]['sha256']}" if key in entry else None
            assert anchors[name].get(f"data-{key}") == said
    return named


def published(out: Path, entry: dict[str, object], project: str = "sample") -> Path:
    return out / project / unquote(str(entry["url"]))


def assert_right(out: Path, project: str = "sample") -> None:
    """Check that each link leads to a file with the size and the hash on the page."""
    found = files(out, project)
    assert found
    for name, entry in found.items():
        content = published(out, entry, project).read_bytes()
        assert entry["size"] == len(content)
        assert entry["hashes"] == {"sha256": hashlib.sha256(content).hexdigest()}
        if name.endswith(".whl"):
            metadata = (out / project / f"{name}.metadata").read_bytes()
            digest = {"sha256": hashlib.sha256(metadata).hexdigest()}
            assert entry["core-metadata"] == entry["dist-info-metadata"] == digest


def unreadable(wheel: Path) -> None:
    """Overwrite a file with garbage of the same size and date."""
    status = wheel.stat()
    wheel.write_bytes(b"?" * status.st_size)
    os.utime(wheel, ns=(status.st_atime_ns, status.st_mtime_ns))


# The pages


def test_the_pages_list_all_files_of_a_release(folder: Path, out: Path) -> None:
    (project,) = publish_simple(folder, out)
    labelled = [f"sample-1.0-py3-none-any-{label}.whl" for label in ("v3", "v4")]
    assert sorted(files(out)) == sorted([PLAIN, *labelled, "sample-1.0.tar.gz", VARIANTS])
    assert project.files == project.added == tuple(sorted(files(out)))
    assert_right(out)
    page = json.loads((out / "sample" / "index.json").read_text())
    assert (page["meta"], page["name"], page["versions"]) == (
        {"api-version": "1.1"},
        "sample",
        ["1.0"],
    )
    assert json.loads((out / "index.json").read_text())["projects"] == [{"name": "sample"}]
    assert Anchors(out / "index.html").found == {"sample": {"href": "sample/"}}


def test_published_metadata_is_the_wheels_own(folder: Path, out: Path) -> None:
    publish_simple(folder, out)
    with zipfile.ZipFile(folder / PLAIN) as archive:
        inside = archive.read("sample-1.0.dist-info/METADATA")
    assert (out / "sample" / f"{PLAIN}.metadata").read_bytes() == inside


def test_variants_json_is_written_into_the_folder_too(folder: Path, out: Path) -> None:
    publish_simple(folder, out)
    own = VariantMetadata.from_json((folder / VARIANTS).read_bytes())
    assert published(out, files(out)[VARIANTS]).read_bytes() == own.to_json()
    assert [variant.label for variant in own.variants] == ["v3", "v4"]


def test_html_is_escaped(tmp_path: Path, out: Path) -> None:
    name = "my_sample-1.0+cu12-1_x-py3-none-any.whl"
    python = '>=3.8,<4,!="3.9"'.replace('"', "")
    content = METADATA.format(name="my-sample", version="1.0+cu12", python=python)
    write_wheel(tmp_path, name, files={"METADATA": content.encode()})
    write_variant(tmp_path, "v3", "v3", release="my_sample-1.0+cu12")
    publish_simple(tmp_path, out)
    text = (out / "my-sample" / "index.html").read_text()
    assert 'data-requires-python="&gt;=3.8,&lt;4,!=3.9"' in text
    assert 'href="my_sample-1.0%2Bcu12-1_x-py3-none-any.whl#' in text
    assert files(out, "my-sample")[name]["requires-python"] == python
    assert_right(out, "my-sample")


def test_a_yanked_file_is_marked(folder: Path, out: Path) -> None:
    publish_simple(folder, out)
    marker = out / "sample" / "sample-1.0-py3-none-any-v4.whl.yanked"
    marker.write_text('dies of <SIGILL> on\n"Zen 2"\n')
    publish_simple(folder, out)
    reason = 'dies of <SIGILL> on "Zen 2"'
    assert files(out)["sample-1.0-py3-none-any-v4.whl"]["yanked"] == reason
    anchors = Anchors(out / "sample" / "index.html").found
    assert anchors["sample-1.0-py3-none-any-v4.whl"]["data-yanked"] == reason
    marker.write_text("")
    publish_simple(folder, out)
    assert files(out)["sample-1.0-py3-none-any-v4.whl"]["yanked"] is True
    marker.unlink()
    publish_simple(folder, out)
    assert "yanked" not in (out / "sample" / "index.html").read_text()


# Publishing again


def test_unchanged_files_are_not_read_again(folder: Path, out: Path) -> None:
    publish_simple(folder, out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    for path in folder.iterdir():
        unreadable(path)
    (again,) = publish_simple(folder, out)
    assert again.added == ()
    after = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    assert after == before


def test_a_release_that_grows_reads_no_other_release(folder: Path, out: Path) -> None:
    write_variant(folder, "v3", "v3", release="sample-2.0")
    publish_simple(folder, out)
    for path in folder.glob("sample-1.0*"):
        unreadable(path)
    write_variant(folder, "v4", "v4", release="sample-2.0")
    (project,) = publish_simple(folder, out)
    assert "sample-2.0-py3-none-any-v4.whl" in project.added
    assert_right(out)
    variants = published(out, files(out)["sample-2.0-variants.json"])
    assert list(json.loads(variants.read_text())["variants"]) == ["v3", "v4"]


def test_an_old_page_still_leads_to_its_variants_json(folder: Path, out: Path) -> None:
    publish_simple(folder, out)
    entry = files(out)[VARIANTS]
    write_variant(folder, "null")
    publish_simple(folder, out)
    assert files(out)[VARIANTS]["url"] != entry["url"]
    content = published(out, entry).read_bytes()
    assert entry["hashes"] == {"sha256": hashlib.sha256(content).hexdigest()}


def test_folders_of_one_release_add_up(folder: Path, out: Path, tmp_path: Path) -> None:
    publish_simple(folder, out)
    other = tmp_path / "other"
    other.mkdir()
    write_variant(other, "null")
    write_variant(other, "v3", "v3", release="another-1.0")
    write_variant(other, "v2", "v2", release="sample-1.1")
    publish_simple(other, out)
    assert_right(out)
    assert_right(out, "another")
    assert {PLAIN, "sample-1.0-py3-none-any-null.whl", "sample-1.1-variants.json"} <= set(
        files(out)
    )
    variants = published(out, files(out)[VARIANTS])
    assert list(json.loads(variants.read_text())["variants"]) == ["null", "v3", "v4"]
    assert list(json.loads((other / VARIANTS).read_text())["variants"]) == ["null"]
    assert set(Anchors(out / "index.html").found) == {"another", "sample"}
    before = files(out)
    publish_simple(folder, out)
    assert files(out)[VARIANTS]["hashes"] == before[VARIANTS]["hashes"]


@pytest.mark.parametrize("page", [None, b"{", b"[]", b'{"files": [{"filename": "x"}, 1]}'])
def test_a_lost_page_is_written_again(page: bytes | None, folder: Path, out: Path) -> None:
    publish_simple(folder, out)
    before = {path.name: path.read_bytes() for path in (out / "sample").glob("index.*")}
    (out / "sample" / "index.html").unlink()
    if page is None:
        (out / "sample" / "index.json").unlink()
    else:
        (out / "sample" / "index.json").write_bytes(page)
    publish_simple(folder, out)
    assert {path.name: path.read_bytes() for path in (out / "sample").glob("index.*")} == before


def test_a_lost_page_is_rebuilt_from_the_published_files(
    folder: Path, out: Path, tmp_path: Path
) -> None:
    publish_simple(folder, out)
    before = set(files(out))
    (out / "sample" / "index.json").unlink()
    other = tmp_path / "other"
    other.mkdir()
    write_wheel(other, "sample-1.1-py3-none-any.whl")
    publish_simple(other, out)
    assert set(files(out)) == {*before, "sample-1.1-py3-none-any.whl"}
    assert_right(out)


def test_a_removed_file_leaves_the_page(folder: Path, out: Path) -> None:
    publish_simple(folder, out)
    name = "sample-1.0-py3-none-any-v4.whl"
    (folder / name).unlink()
    (out / "sample" / name).unlink()
    publish_simple(folder, out)
    assert name not in files(out)


def test_a_published_project_can_be_its_own_folder(folder: Path, out: Path) -> None:
    publish_simple(folder, out)
    (out / "sample" / f"{PLAIN}.yanked").write_text("broken")
    publish_simple(out / "sample", out)
    assert files(out)[PLAIN]["yanked"] == "broken"
    assert_right(out)


def test_the_same_content_with_another_date_is_the_same_file(folder: Path, out: Path) -> None:
    publish_simple(folder, out)
    before = (out / "sample" / PLAIN).stat().st_mtime_ns
    os.utime(folder / PLAIN, ns=(1, 1))
    (project,) = publish_simple(folder, out)
    assert project.added == ()
    assert (out / "sample" / PLAIN).stat().st_mtime_ns == before


def test_a_build_in_the_folder_does_not_change_what_is_published(folder: Path, out: Path) -> None:
    publish_simple(folder, out)
    with (folder / PLAIN).open("r+b") as stream:
        stream.write(b"in place")
    assert_right(out)


def test_a_killed_publisher_leaves_whole_files(tmp_path: Path, out: Path) -> None:
    for number in range(60):
        content = {"payload": os.urandom(200_000)}
        write_wheel(tmp_path, f"sample-1.{number}-py3-none-any.whl", files=content)
    command = [sys.executable, "-m", "wheelnext_build", "index", tmp_path, "--simple", out]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not list(out.glob("sample/*.whl")):
            time.sleep(0.001)
        process.kill()
    there = list(out.glob("sample/*.whl"))
    assert there
    for wheel in there:
        assert wheel.read_bytes() == (tmp_path / wheel.name).read_bytes()
    publish_simple(tmp_path, out)
    assert len(files(out)) == 60
    assert_right(out)


def test_concurrent_publishers_lose_nothing(tmp_path: Path, out: Path) -> None:
    command = [sys.executable, "-m", "wheelnext_build", "index"]
    running = []
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        for micro in range(10):
            write_variant(folder, "v3", "v3", release=f"sample-{number}.{micro}")
        running.append(
            subprocess.Popen([*command, folder, "--simple", out], stdout=subprocess.DEVNULL)
        )
    assert [process.wait() for process in running] == [0, 0, 0]
    assert len(files(out)) == 60
    assert_right(out)


# Problems that prevent publishing


def pages(out: Path) -> dict[str, bytes]:
    found = out.rglob("*") if out.exists() else ()
    return {str(path): path.read_bytes() for path in found if path.is_file()}


def assert_refused(folder: Path, out: Path, *words: str) -> None:
    before = pages(out)
    with pytest.raises(WheelnextBuildError) as caught:
        publish_simple(folder, out)
    for word in words:
        assert word in str(caught.value)
    assert pages(out) == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_the_place_of_a_published_file_is_not_read(folder: Path, out: Path) -> None:
    wheel, *_ = sorted(folder.glob("*.whl"))
    (out / "sample").mkdir(parents=True)
    os.mkfifo(out / "sample" / wheel.name)
    assert_refused(folder, out, f"{wheel.name}: is not a regular file")


@pytest.mark.skipif(sys.platform != "linux", reason="needs file names that are not text")
def test_folders_that_are_not_projects_are_not_listed(folder: Path, out: Path) -> None:
    for name in (b"\xff\xfe", b"javascript:x", b"Sample", b"a b"):
        other = out / os.fsdecode(name)
        other.mkdir(parents=True)
        (other / "index.html").touch()
    publish_simple(folder, out)
    assert json.loads((out / "index.json").read_text())["projects"] == [{"name": "sample"}]


def test_all_problems_are_reported_at_once(folder: Path, out: Path) -> None:
    write_variant(folder, "v3", "v2", tag="cp312-cp312-win_amd64")
    carrier = write_wheel(folder, "sample-1.0-0v2-py3-none-any.whl", x86_64_metadata("v2", "v2"))
    (folder / "broken-1.0-py3-none-any.whl").write_bytes(b"not a zip")
    (folder / "sample-1.1.tar.gz").write_bytes(b"not gzip")
    (folder / "sample.whl").write_bytes(b"")
    words = ("label 'v3'", carrier.name, "carrier of the variant 'v2'", "broken-1.0", "sample.whl")
    assert_refused(folder, out, *words, "sample-1.1.tar.gz")
    assert not (folder / VARIANTS).exists()


def test_a_folder_that_contradicts_what_is_published(
    folder: Path, out: Path, tmp_path: Path
) -> None:
    publish_simple(folder, out)
    other = tmp_path / "other"
    other.mkdir()
    write_variant(other, "v3", "v2", tag="cp312-cp312-win_amd64")
    assert_refused(other, out, "disagree on the properties of label 'v3'", "published", VARIANTS)


def test_a_published_file_never_changes(folder: Path, out: Path) -> None:
    publish_simple(folder, out)
    write_wheel(folder, PLAIN, files={"extra": b"built again"})
    assert_refused(folder, out, PLAIN, "published with other content")
    (out / "sample" / "index.json").unlink()
    assert_refused(folder, out, PLAIN, "published with other content")


def _member_not_in_record(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("stowaway.py", b"")


def _missing_member(path: Path) -> None:
    row = b"gone.py,,\nsample-1.0.dist-info/RECORD,,\n"
    _rewrite(path, {"RECORD": row})


def _another_release(path: Path) -> None:
    content = METADATA.format(name="sample", version="2.0", python=">=3")
    write_wheel(path.parent, path.name, files={"METADATA": content.encode()})


def _version_with_too_many_digits(path: Path) -> None:
    content = METADATA.format(name="sample", version=f"1.{0:05000}", python=">=3")
    write_wheel(path.parent, path.name, files={"METADATA": content.encode()})


def _another_project(path: Path) -> None:
    content = METADATA.format(name="other", version="1.0", python=">=3")
    write_wheel(path.parent, path.name, files={"METADATA": content.encode()})


def _no_python(path: Path) -> None:
    content = METADATA.format(name="sample", version="1.0", python="three")
    write_wheel(path.parent, path.name, files={"METADATA": content.encode()})


def _metadata_not_as_in_record(path: Path) -> None:
    _rewrite(path, {"METADATA": b"Metadata-Version: 2.1\nName: sample\nVersion: 1.0\nX: y\n"})


def _no_metadata(path: Path) -> None:
    _rewrite(path, {"METADATA": None})


def _rewrite(path: Path, changes: dict[str, bytes | None]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            content = changes.get(name.rpartition("/")[2], data)
            if content is not None:
                archive.writestr(name, content)


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (_member_not_in_record, "stowaway.py is not in RECORD"),
        (_missing_member, "gone.py is in RECORD but not in the wheel"),
        (_another_release, "the Version '2.0'"),
        (_version_with_too_many_digits, "the Version '1.000"),
        (_another_project, "the Name 'other'"),
        (_no_python, "Requires-Python 'three'"),
        (_metadata_not_as_in_record, "METADATA does not have the hash"),
        (_no_metadata, "METADATA is missing"),
    ],
)
def test_an_invalid_wheel_is_not_published(
    spoil: object, word: str, folder: Path, out: Path
) -> None:
    assert callable(spoil)
    spoil(folder / PLAIN)
    assert_refused(folder, out, PLAIN, word)


def test_no_folder(folder: Path, out: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no such folder"):
        publish_simple(tmp_path / "nowhere", out)
    (tmp_path / "public").write_text("a file")
    with pytest.raises(WheelnextBuildError, match="public"):
        publish_simple(folder, out)


# The command


def test_simple_command(folder: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(folder), "--simple", str(out)]) == 0
    assert "5 files  5 new" in capsys.readouterr().out
    assert main(["index", str(folder), "--simple", str(out), "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert (answer["project"], answer["folder"]) == ("sample", str(out / "sample"))
    assert (len(answer["files"]), answer["added"]) == (5, [])
    assert main(["index", str(folder / "none"), "--simple", str(out)]) == 2
    assert "no such folder" in capsys.readouterr().err
    write_variant(folder, "v3", "v2", tag="cp312-cp312-win_amd64")
    assert main(["index", str(folder), "--simple", str(out)]) == ReleaseError.exit_code
    assert "label 'v3'" in capsys.readouterr().err
