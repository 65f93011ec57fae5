"""Faults of the machine, made for real: small and read-only disks, folders without permission.

What runs on them is the command line and ``python -m build``, each in a process of its own.
"""

from __future__ import annotations

import ctypes
import functools
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PACKAGES = Path(__file__).parents[1] / "packages"
EPOCH = {"SOURCE_DATE_EPOCH": "1700000000"}

_OTHERS = ("SKBUILD", "CMAKE", "WHEELNEXT_", "CUDA", "NVCC", "PIP_BUILD_TRACKER", "LC_", "LANG")
_KEPT = ("WHEELNEXT_BUILD_WHEELHOUSE",)
_PYTHONS = ("PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONUTF8", "PYTHONIOENCODING")
_FLAGS = ("CC", "CXX", "FC", "CFLAGS", "CXXFLAGS", "FFLAGS", "LDFLAGS", "TMPDIR")
_FRONTENDS = "pyproject_hooks"
_OURS = re.compile(r'File "[^"]*wheelnext_build[/\\]')
_OF_GCC = re.compile(r"cc\w{6}\..+")
_CLONE_NEWNS = 0x00020000


@functools.cache
def can_mount() -> bool:
    """Whether file systems can be mounted; from then on this process's mounts are its own alone."""
    if sys.platform != "linux" or os.getuid() != 0:
        return False
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNS):
        return False
    command = ["mount", "--make-rprivate", "/"]
    return not subprocess.run(command, capture_output=True, check=False).returncode


@contextmanager
def disk(folder: Path, *options: str) -> Iterator[Path]:
    """A file system of its own at ``folder``, in memory: ``size=64k``, ``nr_inodes=20``."""
    folder.mkdir(parents=True, exist_ok=True)
    given = ["-o", ",".join(options)] if options else []
    subprocess.run(["mount", "-t", "tmpfs", *given, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def remount(folder: Path, *options: str) -> None:
    """Change a mounted disk: ``ro``, ``size=...``."""
    subprocess.run(["mount", "-o", ",".join(["remount", *options]), str(folder)], check=True)


def subject_to_permissions() -> list[str]:
    """What a command is put behind so that the modes of files hold for it, for root too."""
    if os.getuid():
        return []
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status, and what it printed, both streams in one."""

    status: int
    said: str


def environment(temporary: Path, further: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a command: nothing of other builds, and its own folder for temporaries."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if (not name.startswith(_OTHERS) or name in _KEPT) and name not in (*_FLAGS, *_PYTHONS)
    }
    return {**variables, **EPOCH, "LC_ALL": "C.UTF-8", "TMPDIR": str(temporary), **(further or {})}


def run(
    command: Sequence[str | Path],
    temporary: Path,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    before: Callable[[], None] | None = None,
) -> Ended:
    """Run a command; ``before`` is called in its process, for limits."""
    ended = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment(temporary, env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="surrogateescape",
        timeout=300,
        preexec_fn=before,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout)


def to_full() -> None:
    """Give a process a standard output that is full."""
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)


def to_nobody() -> None:
    """Give a process no standard streams at all."""
    for number in range(3):
        os.close(number)


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""An environment in which few characters can be printed."""


def cli(*arguments: str | Path) -> list[str | Path]:
    """The command line, by the interpreter of the tests."""
    return [sys.executable, "-P", "-m", "wheelnext_build", *arguments]


def frontend(*arguments: str | Path) -> list[str | Path]:
    """The hooks, as ``python -m build`` calls them."""
    return [sys.executable, "-P", "-m", "build", "--no-isolation", *arguments]


def check_refused(ended: Ended, *names: str) -> None:
    """A status of failure, and a message, with these names in it, instead of a traceback.

    A frontend that cannot write its own files has tracebacks of its own.
    """
    assert ended.status in (1, 2), f"status {ended.status}\n{ended.said}"
    if _FRONTENDS in ended.said:
        assert not _OURS.search(ended.said), ended.said
    else:
        assert "Traceback" not in ended.said, ended.said
    for name in names:
        assert name in ended.said, f"{name} is not in\n{ended.said}"


def content(folder: Path) -> dict[str, bytes]:
    """All files below a folder, hidden ones too, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def check_no_partial(folder: Path, whole: Mapping[str, bytes]) -> None:
    """What is in the folder is there whole: files of an undisturbed run, with their content."""
    for name, data in content(folder).items():
        assert data == whole.get(name), f"{name} is partial, or nobody's"


def check_nothing_left(temporary: Path) -> None:
    """Nothing temporary stays; GCC leaves a file of its own where it cannot make a second one."""
    left = [path.name for path in temporary.iterdir() if not _OF_GCC.fullmatch(path.name)]
    assert left == []


def check_full(ended: Ended, out: Path, whole: Mapping[str, bytes], temporary: Path) -> bool:
    """The end of a build on a small disk: all is there, or a message that the disk is full.

    Returns whether it was.
    """
    check_no_partial(out, whole)
    if ended.status == 0:
        assert content(out).keys() == whole.keys(), ended.said
        return False
    check_refused(ended)
    assert re.search("no (space|inodes) left", ended.said, re.IGNORECASE), ended.said
    check_nothing_left(temporary)
    return True


def make_project(folder: Path) -> Path:
    """A small project of three wheels, each with 100 kB that cannot be packed, and its sdist."""
    project = copied(PACKAGES / "targets_scope", folder)
    table = project / "pyproject.toml"
    table.write_text(table.read_text().replace('["v1", "v3", "v4"]', '["v3"]'))
    data = random.Random(1).randbytes(100_000)  # noqa: S311 - the same each time
    (project / "src" / "targets_scope" / "data.bin").write_bytes(data)
    return project


def copied(project: Path, folder: Path) -> Path:
    """A copy of a project without what its builds have left."""
    ignored = shutil.ignore_patterns("__pycache__", "dist", "build")
    shutil.copytree(project, folder, ignore=ignored)
    return folder


def undisturbed(command: Callable[[Path], Sequence[str | Path]], folder: Path) -> dict[str, bytes]:
    """What a command leaves in the output folder that it is given, where nothing is in its way."""
    out, temporary = folder / "out", folder / "temporary"
    for path in (out, temporary):
        path.mkdir()
    ended = run(command(out), temporary)
    assert ended.status == 0, ended.said
    return content(out)


def wheels_only(whole: Mapping[str, bytes]) -> dict[str, bytes]:
    """Those files that are wheels."""
    return {name: data for name, data in whole.items() if name.endswith(".whl")}


GREEDY = """
#if defined(__AVX2__)
#define A(x) x,x,x,x,x,x,x,x,x,x
#define B(x) A(x),A(x),A(x),A(x),A(x),A(x),A(x),A(x),A(x),A(x)
#define C(x) B(x),B(x),B(x),B(x),B(x),B(x),B(x),B(x),B(x),B(x)
#define D(x) C(x),C(x),C(x),C(x),C(x),C(x),C(x),C(x),C(x),C(x)
#define E(x) D(x),D(x),D(x),D(x),D(x),D(x),D(x),D(x),D(x),D(x)
static const int large[] = {E(1),E(2),E(3),E(4),E(5),E(6),E(7),E(8),E(9)};
int first(void) { return large[0]; }
#endif
"""
"""C that takes much memory to compile, for one of the variants."""

POOR = """\
#!/bin/sh
ulimit -v 100000
exec cc "$@"
"""
"""A compiler that has 100 MB of address space."""
