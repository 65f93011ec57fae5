"""Hostile files before every command: one error that names them, nothing written, within bounds."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hostile_wheels import (
    INDEX_FILES,
    INFO,
    LARGE,
    MOST,
    NAME,
    SDISTS,
    SOUND,
    VARIANT_JSON,
    VARIANTS_JSON,
    WHEELS,
    written,
)
from tiny_wheels import x86_64_metadata

from wheelnext_build.cli.main import COMMANDS as NAMES
from wheelnext_build.cli.main import main

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="address space has bounds on Linux")

# Once here, and not in each of the processes.
AUDIT = ("audit.formats.elf", "audit.code.x86_survey", "audit.code.aarch64")
for module in (*(f"cli.{name}" for name in NAMES), *AUDIT):
    importlib.import_module(f"wheelnext_build.{module}")

MEMORY = 1 << 30
SECONDS = 20
"""A command's bounds: address space in bytes, and the time of its processor."""
PATIENCE = 180
"""Seconds after which a command that waits for something is ended."""

STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")

COMMANDS: dict[str, Callable[[Path], list[str]]] = {
    "index": lambda path: ["index", str(path.parent)],
    "index --check": lambda path: ["index", "--check", str(path.parent)],
    "index --pylock": lambda path: ["index", str(path.parent), "--pylock"],
    "index --simple": lambda path: [
        "index",
        "--simple",
        str(path.parent / "out"),
        str(path.parent),
    ],
    "label": lambda path: ["label", str(path)],
    "label --property": lambda path: ["label", "--property", "x86_64 :: level :: v3", str(path)],
    "unlabel": lambda path: ["unlabel", "--outdir", str(path.parent / "out"), str(path)],
    "repair": lambda path: [
        *("repair", str(path), str(path.parent / "out"), "--"),
        *("cp", str(path), str(path.parent / "out")),
    ],
    "audit": lambda path: ["audit", "--jobs", "1", str(path)],
    "inspect": lambda path: ["inspect", str(path)],
    "inspect --json": lambda path: ["inspect", "--json", str(path)],
    "select": lambda path: ["select", str(path.parent)],
    "report": lambda path: ["report", str(path.parent)],
    "report --html": lambda path: [
        "report",
        "--html",
        str(path.parent / "out.html"),
        str(path.parent),
    ],
    "check": lambda path: ["check", str(path.parent)],
}
FOLDER_COMMANDS = (
    *("index", "index --check", "index --pylock", "index --simple"),
    *("select", "report", "check"),
)


def bounded(arguments: list[str], folder: Path) -> tuple[int, str]:
    """Run a command in a process of its own, within bounds; its exit status, and all it printed."""
    output = folder.parent / "output"
    sys.stdout.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads that other tests have left
        child = os.fork()
    if not child:
        status = 99
        try:
            descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(descriptor, 1)
            os.dup2(descriptor, 2)
            sys.stdout = os.fdopen(1, "w", encoding="utf-8")
            sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace")
            signal.alarm(PATIENCE)
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            os.chdir(folder)
            status = main(arguments)
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
            with contextlib.suppress(BaseException):
                print(f"Traceback: {error!r}", file=sys.stderr, flush=True)
        finally:
            os._exit(status)
    _, waited = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(waited), output.read_text("utf-8")


def listing(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.lstat().st_mtime_ns) for path in folder.rglob("*"))


def refused(command: str, path: Path, name: str) -> str:
    """Run a command on a folder with something hostile in it; returns what it said."""
    folder = path.parent
    before = listing(folder)
    status, said = bounded(COMMANDS[command](path), folder)
    assert status in (1, 2), said
    assert "Traceback" not in said, said
    assert "Error:" not in said, said
    page = folder / "out.html"
    assert name in said or (page.exists() and name in page.read_text("utf-8")), said
    page.unlink(missing_ok=True)
    assert not STEERING.search(said), said
    assert [item for item in listing(folder) if item not in before] == []
    return said


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "wheels").mkdir()
    return tmp_path / "wheels"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """Makes each of the large files once."""
    made: dict[str, Path] = {}

    def make(kind: str) -> Path:
        if kind not in made:
            folder = tmp_path_factory.mktemp("large") / "wheels"
            folder.mkdir()
            made[kind] = LARGE[kind](folder)
        return made[kind]

    yield make
    for path in made.values():
        path.unlink()


@pytest.mark.parametrize("kind", WHEELS)
def test_a_hostile_wheel_is_refused_by_every_command(kind: str, folder: Path) -> None:
    path = WHEELS[kind](folder)
    for command in COMMANDS:
        refused(command, path, path.name)


@pytest.mark.torture
@pytest.mark.parametrize("kind", LARGE)
def test_a_large_hostile_wheel_is_refused_by_every_command(
    kind: str, large: Callable[[str], Path]
) -> None:
    path = large(kind)
    for command in COMMANDS:
        refused(command, path, path.name)


@pytest.mark.parametrize("kind", INDEX_FILES)
def test_a_hostile_variants_json_is_refused(kind: str, folder: Path) -> None:
    path = written(folder)
    INDEX_FILES[kind](folder)
    for command in FOLDER_COMMANDS:
        if (kind, command) == ("the label with other properties", "select"):
            continue  # what it says is what installers go by
        refused(command, path, VARIANTS_JSON if kind != "another package's name" else "other-2.0")


def test_a_sound_wheel_is_refused_by_none(folder: Path) -> None:
    """What the others are refused for is what is wrong with them."""
    path = written(folder)
    assert path.name == NAME
    for command in ("index", "index --check", "inspect", "label", "unlabel"):
        status, said = bounded(COMMANDS[command](path), folder)
        assert status == 0, said


@pytest.mark.torture
@pytest.mark.parametrize("kind", MOST)
def test_the_most_that_is_read_is_read_within_the_bounds(kind: str, folder: Path) -> None:
    path = MOST[kind](folder)
    for command, arguments in COMMANDS.items():
        status, said = bounded(arguments(path), folder)
        allowed = (0,) if command == "inspect" else (0, 1, 2)
        assert status in allowed, f"{command}: {status}\n{said[-1000:]}"
        assert "Traceback" not in said, said[-1000:]


@pytest.mark.parametrize("name", [b"pkg-1.0-\xff.whl", b"pkg-1.0-\x1b[2J-none-any.whl", b".whl"])
def test_a_file_name_that_is_no_text_is_refused(name: bytes, folder: Path) -> None:
    """Nothing can be printed of some names; the error has escapes in their place."""
    path = folder / os.fsdecode(name)
    path.touch()
    for command in COMMANDS:
        refused(command, path, ".whl")


@pytest.mark.parametrize(
    "content",
    [
        *(b"[", b"[" * 10_000, b"{}", b"[1]"),
        b'[{"file": "a", "seconds": 1%s}]' % (b"0" * 400),
        *(b'[{"file": "a", "seconds": %s}]' % number for number in (b"NaN", b"Infinity", b"-1")),
    ],
)
def test_times_that_no_build_printed_are_refused(content: bytes, folder: Path) -> None:
    written(folder)
    times = folder.parent / "times.json"
    times.write_bytes(content)
    status, said = bounded(["report", "--times", str(times), str(folder)], folder)
    assert status == 2
    assert "times.json: is not what `wheelnext-build build --json` prints" in said


def test_times_that_are_no_file_are_not_read(folder: Path) -> None:
    written(folder)
    os.mkfifo(folder.parent / "times.json")
    status, said = bounded(
        ["report", "--times", str(folder.parent / "times.json"), str(folder)], folder
    )
    assert (status, "times.json: is not a regular file" in said) == (2, True), said


def test_text_of_a_wheel_does_not_steer_the_terminal(folder: Path) -> None:
    text = ">=0.2 \\u001b[2J\\u009b1m\\u202e\\u2066\\u007f"
    content = VARIANT_JSON.replace(b">=0.2", text.encode())
    path = written(folder, {**SOUND, f"{INFO}/variant.json": content})
    for command in ("inspect", "inspect --json", "select", *FOLDER_COMMANDS):
        status, said = bounded(COMMANDS[command](path), folder)
        assert status in (0, 1), said
        assert not STEERING.search(said), repr(said)


@pytest.mark.parametrize("command", ["index --simple", "index --pylock"])
@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_is_no_sdist(
    make: Callable[[Path], object], command: str, folder: Path
) -> None:
    path = written(folder)
    make(folder / "pkg-1.0.tar.gz")
    status, said = bounded(COMMANDS[command](path), folder)
    assert status in (1, 2), said
    assert "pkg-1.0.tar.gz: is not a regular file" in said


@pytest.mark.parametrize("name", [f"pkg/{NAME}.yanked", "pkg/index.json"])
def test_what_is_no_file_in_an_index_is_not_read(name: str, folder: Path) -> None:
    path = written(folder)
    assert bounded(COMMANDS["index --simple"](path), folder)[0] == 0
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero")):
        (folder / "out" / name).unlink(missing_ok=True)
        make(folder / "out" / name)
        status, said = bounded(COMMANDS["index --simple"](path), folder)
        assert status in (1, 2), said
        assert f"{name}: is not a regular file" in said


@pytest.mark.parametrize("command", ["inspect", "index", "report", "check", "select"])
def test_a_message_is_not_as_long_as_what_it_quotes(command: str, folder: Path) -> None:
    content = VARIANT_JSON.replace(b'"v3"', b'"' + b"v" * 900_000 + b'!"', 1)
    path = written(folder, {**SOUND, f"{INFO}/variant.json": content})
    status, said = bounded(COMMANDS[command](path), folder)
    assert status == 1
    assert path.name in said
    assert len(said) < 20_000


@pytest.mark.parametrize("command", ["report --html", "report", "check", "select", "index"])
def test_a_release_of_many_builds_and_labels_is_read_in_time(command: str, folder: Path) -> None:
    names = [(f"cp3{number}", "v3") for number in range(150)]
    names += [("cp30", f"v3_{number}") for number in range(150)]
    for python, label in names:
        content = x86_64_metadata(label, f"v3.{label}").to_json()
        files = {**SOUND, f"{INFO}/variant.json": content}
        path = written(folder, files, name=f"pkg-1.0-{python}-none-any-{label}.whl")
    arguments = COMMANDS[command](path)
    if command.startswith("report"):
        arguments.append("--no-audit")
    status, said = bounded(arguments, folder)
    assert status in (0, 1), said[-1000:]


@pytest.mark.torture
@pytest.mark.parametrize("kind", SDISTS)
def test_a_hostile_sdist_is_not_published(kind: str, folder: Path) -> None:
    path = written(folder)
    sdist = SDISTS[kind](folder)
    refused("index --simple", path, sdist.name)


def test_a_path_that_no_file_system_takes_is_one_error(folder: Path) -> None:
    path = folder / f"{'p' * 300}-1.0-py3-none-any.whl"
    for command, arguments in COMMANDS.items():
        if command.startswith(("index", "select", "report", "check")):
            given = [str(path) if part == str(folder) else part for part in arguments(path)]
        else:
            given = arguments(path)
        status, said = bounded(given, folder)
        assert status in (1, 2), f"{command}: {said}"
        assert "Traceback" not in said, said
        assert path.name in said, said
