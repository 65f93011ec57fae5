"""Ninja's log and deps log: what is written is what Ninja reads."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ninja_files import LOG

from wheelnext_build.building.trees.ninja_state import (
    Deps,
    LogEntry,
    append_deps,
    append_log,
    forget_unproven,
    read_deps,
    read_log,
)


def test_the_later_line_counts(tmp_path: Path) -> None:
    (tmp_path / ".ninja_log").write_text(LOG)
    found = read_log(tmp_path)
    assert found == {"a.o": LogEntry("3\t4\t50\ta.o\t123", "123"), "b.o": found["b.o"]}
    append_log(tmp_path, [LogEntry("1\t5\t40\tb.o\t777", "777")])
    assert read_log(tmp_path)["b.o"].command_hash == "777"


@pytest.mark.parametrize("text", ["", "# ninja log v4\n1\t2\t3\ta\tb\n", "# ninja log v99\n"])
def test_unknown_logs_are_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / ".ninja_log").write_text(text)
    assert read_log(tmp_path) == {}


def test_no_logs(tmp_path: Path) -> None:
    assert read_log(tmp_path) == {}
    assert read_deps(tmp_path) == {}


def test_deps_are_read_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / ".ninja_deps").write_bytes(b"# ninjadeps\n\4\0\0\0")
    first = {"a.o": Deps(1_700_000_000_123_456_789, ("a.c", "x/long name.h", "ä.h"))}
    append_deps(tmp_path, first)
    assert read_deps(tmp_path) == first
    second = {"b.o": Deps(5, ("b.c", "ä.h")), "a.o": Deps(6, ())}
    append_deps(tmp_path, second)
    assert read_deps(tmp_path) == second


@pytest.mark.parametrize("cut", [1, 5, 9, 13])
def test_a_log_that_was_cut_short_is_read_as_far_as_it_goes(tmp_path: Path, cut: int) -> None:
    (tmp_path / ".ninja_deps").write_bytes(b"# ninjadeps\n\4\0\0\0")
    append_deps(tmp_path, {"a.o": Deps(1, ("a.c",))})
    append_deps(tmp_path, {"b.o": Deps(2, ("b.c",))})
    data = (tmp_path / ".ninja_deps").read_bytes()
    (tmp_path / ".ninja_deps").write_bytes(data[:-cut])
    assert read_deps(tmp_path) == {"a.o": Deps(1, ("a.c",))}


def test_ninja_reads_what_we_append(tmp_path: Path) -> None:
    """A file that is put back with its entries is up to date, until its inputs change."""
    ninja = pytest.importorskip("ninja", reason="needs ninja")
    program = str(Path(ninja.BIN_DIR) / "ninja")
    (tmp_path / "build.ninja").write_text(
        "rule compile\n"
        "  command = printf 'out: in.h\\n' > out.d && cat in.c in.h > out\n"
        "  depfile = out.d\n"
        "  deps = gcc\n"
        "build out: compile in.c\n"
    )
    (tmp_path / "in.c").write_text("c")
    (tmp_path / "in.h").write_text("h")

    def run() -> str:
        return subprocess.run(
            [program, "-C", str(tmp_path)], check=True, capture_output=True, text=True
        ).stdout

    run()
    log, deps = read_log(tmp_path), read_deps(tmp_path)
    assert deps["out"].paths == ("in.h",)
    for name in (".ninja_log", ".ninja_deps"):
        (tmp_path / name).write_bytes(
            {".ninja_log": b"# ninja log v7\n", ".ninja_deps": b"# ninjadeps\n\4\0\0\0"}[name]
        )
    append_log(tmp_path, log.values())
    append_deps(tmp_path, {"out": Deps((tmp_path / "out").stat().st_mtime_ns, ("in.h",))})
    assert "no work to do" in run()
    (tmp_path / "in.h").write_text("changed")
    assert "no work to do" not in run()
    assert (tmp_path / "out").read_text() == "cchanged"


def test_what_a_failed_command_has_written_is_made_again(tmp_path: Path) -> None:
    """Ninja itself would take what the second command left for what the first one made."""
    ninja = pytest.importorskip("ninja", reason="needs ninja")
    program = str(Path(ninja.BIN_DIR) / "ninja")

    def run(text: str, end: str = "") -> None:
        (tmp_path / "build.ninja").write_text(
            f"rule make\n  command = printf {text} > out{end}\nbuild out: make\n"
            "rule compile\n  command = printf object > a.o && printf 'a.o:\\n' > a.d\n"
            "  depfile = a.d\n  deps = gcc\nbuild a.o: compile\n"
        )
        ended = subprocess.run([program, "-C", str(tmp_path)], capture_output=True, check=False)
        assert bool(ended.returncode) == bool(end)

    run("first")
    run("second", "; exit 1")
    forget_unproven(tmp_path)
    assert list(read_log(tmp_path)) == ["a.o"]
    run("first")
    assert (tmp_path / "out").read_text() == "first"
    (tmp_path / ".ninja_log").write_text("# ninja log v99\n1\t2\t3\tout\tabc\n")
    forget_unproven(tmp_path)
    assert not (tmp_path / ".ninja_log").exists()
    forget_unproven(tmp_path)
