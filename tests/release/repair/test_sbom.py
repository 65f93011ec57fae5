"""SBOMs for the libraries that repair tools bundle, with small fake tools."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from tiny_wheels import x86_64_metadata
from zips import DIST_INFO, wheel

from wheelnext_build.cli.main import main
from wheelnext_build.release.repair import bundled, os_packages
from wheelnext_build.wheels.description import record_problems
from wheelnext_build.wheels.reader import WheelReader
from wheelnext_build.wheels.rewriting import rewrite
from wheelnext_build.wheels.stamp import stamp, unstamp

OURS = f"{DIST_INFO}/sboms/wheelnext-build.cdx.json"
THEIRS = f"{DIST_INFO}/sboms/tool.cdx.json"
AUDITWHEEL = "pkg.libs/libz-0123abcd.so.1.2.13"
DELOCATE = "pkg/.dylibs/libomp.5.dylib"
DELVEWHEEL = f"pkg.libs/msvcp140-{'0123456789abcdef' * 2}.dll"

TOOL = """
import pathlib, sys
from wheelnext_build.wheels.reader import WheelReader
from wheelnext_build.wheels.rewriting import rewrite
folder, wheel = map(pathlib.Path, sys.argv[1:])
with WheelReader(wheel) as reader, (folder / wheel.name).open("wb") as stream:
    rewrite(reader, stream, add={added!r})
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # These parts have no code in them.
    (tmp_path / "pyproject.toml").write_text("[tool.wheelnext-build.audit]\nmode = 'off'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    (tmp_path / "built").mkdir()


def repaired(added: dict[str, bytes], source: Path | None = None) -> dict[str, bytes]:
    """Repair a wheel with a tool that adds these members; return the wheel's SBOMs."""
    source = source or wheel(Path("built"))
    Path("tool.py").write_text(TOOL.format(added=added))
    tool = [sys.executable, "tool.py", "dest", str(source)]
    assert main(["repair", str(source), "dest", "--", *tool]) == 0
    return documents(Path("dest", source.name))


def documents(path: Path) -> dict[str, bytes]:
    with WheelReader(path) as reader:
        assert record_problems(reader) == []
        return {name: reader.read(name) for name in bundled.documents(reader)}


def test_bundled_libraries_without_an_sbom_get_one() -> None:
    added = {AUDITWHEEL: b"z", DELOCATE: b"omp", DELVEWHEEL: b"msvc"}
    found = repaired(added)
    assert [*found] == [OURS]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(found[OURS].decode()) is None
    content = json.loads(found[OURS])
    parts = {part["bom-ref"]: part for part in content["components"]}
    assert {path: part["hashes"] for path, part in parts.items()} == {
        path: [{"alg": "SHA-256", "content": hashlib.sha256(data).hexdigest()}]
        for path, data in added.items()
    }
    assert [(parts[path]["name"], parts[path].get("version")) for path in added] == [
        ("libz.so.1.2.13", "1.2.13"),
        ("libomp.5.dylib", "5"),
        ("msvcp140.dll", None),
    ]
    assert content["dependencies"][0] == {"ref": "pkg:pypi/pkg@1.0", "dependsOn": sorted(added)}
    assert "timestamp" not in content["metadata"]


def test_the_sbom_is_reproducible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert repaired({AUDITWHEEL: b"z"}) == repaired({AUDITWHEEL: b"z"})
    content = json.loads(repaired({AUDITWHEEL: b"z"})[OURS])
    assert content["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"


def test_an_invalid_date_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "today")
    source = wheel(Path("built"))
    Path("tool.py").write_text(TOOL.format(added={AUDITWHEEL: b"z"}))
    tool = [sys.executable, "tool.py", "dest", str(source)]
    assert main(["repair", str(source), "dest", "--", *tool]) == 2
    assert (
        "SOURCE_DATE_EPOCH is 'today': set it to a whole number of seconds"
        in capsys.readouterr().err
    )
    assert not Path("dest").exists()


LISTED = json.dumps({"components": [{"bom-ref": "libz"}]}).encode()


def test_no_sbom_is_added_if_the_tools_is_complete() -> None:
    assert repaired({AUDITWHEEL: b"z", THEIRS: LISTED}) == {THEIRS: LISTED}


@pytest.mark.parametrize("data", [LISTED, b"{", b"[]", b"[" * 5000, b'{"components": 3}'])
def test_an_incomplete_sbom_of_the_tool_stays_beside_ours(data: bytes) -> None:
    found = repaired({AUDITWHEEL: b"z", "pkg.libs/liby-0123abcd.so.2": b"y", THEIRS: data})
    assert [*found] == [THEIRS, OURS]
    assert found[THEIRS] == data


def test_no_sbom_without_bundled_libraries() -> None:
    assert repaired({"pkg.libs/readme.txt": b"", "pkg/libs/a.so": b""}) == {}


def test_an_sbom_of_the_project_is_not_the_tools() -> None:
    plain = wheel(Path("built"))
    own = Path("built", "own.whl")
    with WheelReader(plain) as reader, own.open("wb") as stream:
        rewrite(reader, stream, add={THEIRS: LISTED})
    own.replace(plain)
    found = repaired({AUDITWHEEL: b"z"}, plain)
    assert [*found] == [THEIRS, OURS]
    assert found[THEIRS] == LISTED


def test_sboms_survive_label_and_unlabel(tmp_path: Path) -> None:
    expected = repaired({AUDITWHEEL: b"z", THEIRS: b"{}"})
    (plain,) = Path("dest").glob("*.whl")
    labelled = stamp(plain, tmp_path, x86_64_metadata("v3", "v3"))
    assert documents(labelled) == expected
    back = unstamp(labelled, tmp_path / "built")
    assert documents(back) == expected
    assert back.read_bytes() == plain.read_bytes()


def test_inspect_lists_bundled_libraries_and_sboms(capsys: pytest.CaptureFixture[str]) -> None:
    repaired({AUDITWHEEL: b"z"})
    (plain,) = Path("dest").glob("*.whl")
    capsys.readouterr()
    assert main(["inspect", "--json", str(plain)]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["bundled"], entry["sboms"]) == ([AUDITWHEEL], [OURS])


DPKG = Path("/var/lib/dpkg/status")


@pytest.mark.skipif(not DPKG.is_file(), reason="asks dpkg")
def test_a_library_of_the_system_is_traced_to_its_package() -> None:
    library = next(
        path for path in sorted(Path("/usr/lib").glob("*-linux-gnu/libc.so.6")) if path.is_file()
    )
    digest = hashlib.sha256(library.read_bytes()).hexdigest()
    package = os_packages.owner(library.name, digest[:8])
    assert package is not None
    assert (package.kind, package.name) == ("deb", "libc6")
    assert f"/libc6@{package.version.split('+')[0]}" in package.purl
    assert os_packages.owner(library.name, "00000000") is None
    assert os_packages.owner("libnothing.so.9", digest[:8]) is None
