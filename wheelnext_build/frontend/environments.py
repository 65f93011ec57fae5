"""Isolated build environments, for this interpreter or another."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from build.env import DefaultIsolatedEnv

from ..config.build_target import HOST_PLATFORM
from ..errors import RequestError
from ..system import processes
from .pythons import Interpreter

_SAFE_PATH = "PYTHONSAFEPATH"

_LOG_LINES = 20
"""Lines of an installer's output to show if it fails."""


class Environment(Protocol):
    """The environment in which a hook runs; an IsolatedEnv of build."""

    @property
    def python_executable(self) -> str:
        """Return the interpreter of the environment."""

    def make_extra_environ(self) -> Mapping[str, str] | None:
        """Return the environment variables by which its programs are found."""

    def install(self, requirements: Collection[str]) -> None:
        """Install requirements; raise CalledProcessError, see :func:`installer_output`."""


@contextlib.contextmanager
def isolated(interpreter: Interpreter | None, installer: str) -> Iterator[Environment]:
    """Yield a new environment, by default of this interpreter; remove it when the block ends."""
    if installer == "uv":
        _uv()  # build raises a RuntimeError if uv is missing
    if interpreter is None:
        with DefaultIsolatedEnv(installer="uv" if installer == "uv" else "pip") as env:
            yield env
        return
    with tempfile.TemporaryDirectory(prefix="build-env-") as folder:
        made = _Made(Path(folder).resolve(), installer)
        made.create(interpreter.executable)
        yield made


@contextlib.contextmanager
def for_installers() -> Iterator[None]:
    """Set the environment variables of installers until the block ends.

    They install packages for the machine that builds, not for the target. build runs pip with
    ``python -m``, which must not import modules from the working directory.
    """
    target, safe = os.environ.pop(HOST_PLATFORM, None), os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = safe or "1"
    try:
        yield
    finally:
        if target is not None:
            os.environ[HOST_PLATFORM] = target
        if safe is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = safe


def installer_output(error: subprocess.CalledProcessError) -> list[str]:
    """Return the lines that an installer printed about its failure."""
    output = error.stderr or error.stdout or b""
    text = output.decode(errors="replace") if isinstance(output, bytes) else output
    # The error messages of both installers begin so; lines before them only show progress.
    return text[max(0, text.lower().find("error:")) :].splitlines()[:_LOG_LINES]


@dataclass(frozen=True)
class _Made:
    """A virtual environment of any interpreter; build's own are for the running one only."""

    folder: Path
    installer: str

    @property
    def scripts(self) -> Path:
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python_executable(self) -> str:
        return str(self.scripts / ("python.exe" if os.name == "nt" else "python"))

    def make_extra_environ(self) -> Mapping[str, str]:
        path = os.pathsep.join(filter(None, [str(self.scripts), os.environ.get("PATH")]))
        return {"PATH": path, "PYTHONPATH": ""}

    def create(self, python: Path) -> None:
        pip = [] if self.installer == "pip" else ["--without-pip"]
        _run([str(python), "-P", "-m", "venv", *pip, str(self.folder)])

    def install(self, requirements: Collection[str]) -> None:
        if not requirements:
            return
        command = [self.python_executable, "-P", "-m", "pip", "install"]
        command.append("--no-warn-script-location")
        if self.installer == "uv":
            command = [_uv(), "pip", "install", "--python", self.python_executable]
        _run([*command, *sorted(requirements)])


def _uv() -> str:
    """Return the path of uv; build looks in the same places."""
    with contextlib.suppress(ModuleNotFoundError, FileNotFoundError):
        import uv

        return str(uv.find_uv_bin())
    found = shutil.which(os.environ.get("UV") or "uv")
    if found is None:
        raise RequestError("--installer uv: uv is not installed: pip install uv")
    return found


def _run(command: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    try:
        result = processes.run(command, env=environment)
    except OSError as error:
        raise RequestError(f"{command[0]}: cannot be run: {error.strerror}") from None
    if result.returncode:
        raise subprocess.CalledProcessError(result.returncode, command, result.stdout)
