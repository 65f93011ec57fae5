"""Find the interpreters that ``--python`` names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import RequestError

_VERSION = re.compile(r"(?:python|cp)?(\d)\.?(\d+)(t?)(\.\d+)?")
_QUESTION = (
    "import sys, sysconfig; "
    "print(sys.implementation.name, *sys.version_info[:3], sys.implementation.cache_tag, "
    "bool(sysconfig.get_config_var('Py_GIL_DISABLED')))"
)


@dataclass(frozen=True)
class Interpreter:
    """A Python to build for; ``tag`` is its cache tag, such as ``cpython-312``."""

    executable: Path
    tag: str
    version: tuple[int, int, int]
    free_threaded: bool

    @property
    def title(self) -> str:
        """Return a short name that differs for each interpreter of a build."""
        number = f"{self.version[0]}.{self.version[1]}{'t' if self.free_threaded else ''}"
        return number if self.tag.startswith("cpython") else f"{self.tag}-{number}"


def find(wanted: str) -> Interpreter:
    """Return the interpreter of a version (``3.12``, ``cp312``), a command or a path.

    Raises RequestError if there is none, or it cannot run the build.
    """
    for candidate in _candidates(wanted):
        found = _ask(candidate)
        if found is not None and _fits(found, wanted):
            if found.version < (3, 11):
                raise RequestError(f"--python {wanted}: wheelnext-build needs Python 3.11 or newer")
            return found
    raise RequestError(
        f"--python {wanted}: no such interpreter; name a version (3.12) that is installed, a "
        "command, or the path of a python"
    )


def _candidates(wanted: str) -> Iterator[str]:
    if os.sep in wanted or (os.altsep and os.altsep in wanted):
        yield wanted
        return
    match = _VERSION.fullmatch(wanted)
    if match is None:
        yield wanted
        return
    version = f"{match[1]}.{match[2]}"
    yield sys.executable
    yield f"python{version}{match[3]}"
    yield from map(str, _installed_by_pyenv(version))
    uv = shutil.which("uv")
    if uv is not None:
        answer = subprocess.run(
            [uv, "python", "find", "--no-project", version + match[3]],
            capture_output=True,
            text=True,
            check=False,
        )
        yield from answer.stdout.split("\n")[:1]


def _installed_by_pyenv(version: str) -> list[Path]:
    # pyenv's shims are on PATH, but fail for versions that are not selected.
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = root.glob(f"versions/{version}.*/bin/python")
    return sorted(found, key=lambda path: _number(path.parts[-3]), reverse=True)


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))


def _ask(command: str) -> Interpreter | None:
    program = shutil.which(command)
    if program is None:
        return None
    try:
        answer = subprocess.run(
            [program, "-I", "-c", _QUESTION], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    fields = answer.stdout.split()
    if answer.returncode or len(fields) != 6:
        return None
    version = (int(fields[1]), int(fields[2]), int(fields[3]))
    free_threaded = fields[5] == "True"
    return Interpreter(Path(program), fields[4], version, free_threaded)


def _fits(found: Interpreter, wanted: str) -> bool:
    match = _VERSION.fullmatch(wanted)
    if match is None:
        return True
    patch = match[4]
    return (
        found.version[:2] == (int(match[1]), int(match[2]))
        and found.free_threaded == bool(match[3])
        and (patch is None or found.version[2] == int(patch[1:]))
    )
