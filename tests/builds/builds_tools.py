"""A project that is built hook by hook, as frontends do, and wheels that are looked into."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pyproject_hooks import BuildBackendHookCaller

Settings = Mapping[str, str | list[str]]

EPOCH = {"SOURCE_DATE_EPOCH": "1700000000"}

needs_x86_64 = pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64"), reason="builds for x86-64"
)

_OTHERS = ("SKBUILD", "CMAKE", "WHEELNEXT_", "CUDA", "NVCC", "PIP_BUILD_TRACKER")
_FLAGS = ("CC", "CXX", "FC", "CFLAGS", "CXXFLAGS", "FFLAGS", "LDFLAGS")


def clean_environment() -> dict[str, str]:
    """The environment without what the person at the keyboard has set for other builds."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_OTHERS) and name not in _FLAGS
    }


@dataclass(frozen=True)
class Outcome:
    """What a call left: the hook's answer, and all that was printed."""

    answer: Any
    output: str

    def compiled(self, source: str) -> int:
        """How often the source was compiled."""
        return sum("Building" in line and source in line for line in self.output.splitlines())


@dataclass(frozen=True)
class Project:
    """A project's folder, and the folder that its wheels go to.

    ``environment`` is what all of its builds see beyond a clean environment, ``backend`` whose
    hooks are called.
    """

    folder: Path
    dist: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(EPOCH))
    backend: str = "wheelnext_build"

    def call(
        self, hook: str, *arguments: Any, env: Mapping[str, str] | None = None, status: int = 0
    ) -> Outcome:
        """Call a hook in a process of its own; fails the test where it ends otherwise."""
        ended = subprocess.CompletedProcess[str]([], 0, "")

        def runner(command: list[str], cwd: str | None = None, extra_environ: Any = None) -> None:
            nonlocal ended
            variables = {**clean_environment(), **self.environment, **(env or {})}
            ended = subprocess.run(
                command,
                cwd=cwd,
                env={**variables, **(extra_environ or {})},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            ended.check_returncode()

        caller = BuildBackendHookCaller(str(self.folder), self.backend, runner=runner)
        try:
            answer = getattr(caller, hook)(*arguments)
        except subprocess.CalledProcessError:
            answer = None
        _check_status(ended, status)
        return Outcome(answer, ended.stdout)

    def build(
        self,
        settings: Settings | None = None,
        *,
        kind: str = "wheel",
        env: Mapping[str, str] | None = None,
        status: int = 0,
    ) -> Outcome:
        """build_wheel (or build_editable) into ``dist``."""
        self.dist.mkdir(exist_ok=True)
        return self.call(f"build_{kind}", str(self.dist), settings, env=env, status=status)

    def files(self) -> list[str]:
        """The names of all that is in ``dist``, hidden files included; there may be no ``dist``."""
        return sorted(path.name for path in self.dist.glob("*"))

    def labels(self) -> list[str]:
        """The labels of the wheels in ``dist``; the plain wheel's is empty."""
        return sorted(label_of(path) for path in self.dist.iterdir())

    def wheel(self, label: str = "") -> Path:
        """The wheel with a label, or the plain one."""
        (found,) = (path for path in self.dist.glob("*.whl") if label_of(path) == label)
        return found

    def clear(self) -> None:
        shutil.rmtree(self.dist, ignore_errors=True)

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file of the project."""
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


def command(
    *arguments: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    status: int = 0,
) -> Outcome:
    """Run a frontend; fails the test where it ends otherwise."""
    ended = subprocess.run(
        [str(argument) for argument in arguments],
        cwd=cwd,
        env={**clean_environment(), **EPOCH, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    _check_status(ended, status)
    return Outcome(None, ended.stdout)


def install(
    installer: str,
    target: Path,
    *options: str | Path,
    env: Mapping[str, str] | None = None,
    status: int = 0,
) -> Outcome:
    """Run an installer's command that installs into another environment.

    Without isolation it builds with what that environment has: it finds this one's packages by
    their path.
    """
    site = next(path for path in sys.path if path.endswith(("site-packages", "dist-packages")))
    variables = {
        "PYTHONPATH": site,
        "UV_CACHE_DIR": str(target.parents[2] / "cache"),
        **(env or {}),
    }
    client = {
        "pip": [sys.executable, "-m", "pip", "--python", target, "install"],
        "uv": ["uv", "pip", "install", "--python", target],
    }[installer]
    options = ("--no-deps", "--no-build-isolation", *options)
    return command(*client, *options, env=variables, status=status)


def label_of(wheel: Path) -> str:
    """The label in a wheel's name; no project here uses a build tag."""
    parts = wheel.name.removesuffix(".whl").split("-")
    return parts[5] if len(parts) > 5 else ""


def members(wheel: Path) -> dict[str, bytes]:
    """The content of each file in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def text_of(wheel: Path, name: str) -> str:
    """A file in a wheel, by the end of its name."""
    (found,) = (data for path, data in members(wheel).items() if path.endswith(name))
    return found.decode()


def extension_of(wheel: Path) -> bytes:
    """The one extension module in a wheel."""
    (found,) = (data for path, data in members(wheel).items() if path.endswith((".so", ".pyd")))
    return found


def evaluate(wheel: Path, expression: str) -> str:
    """What Python prints for an expression that imports from the unpacked wheel.

    The kernels of the samples only return constants: a level's code runs on any machine.
    """
    folder = wheel.with_suffix(".unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    module = expression.partition(".")[0]
    try:
        program = f"import {module}; print({expression})"
        return command(
            sys.executable, "-c", program, env={"PYTHONPATH": str(folder)}
        ).output.strip()
    finally:
        shutil.rmtree(folder)


def _check_status(ended: subprocess.CompletedProcess[str], status: int) -> None:
    if ended.returncode != status:
        pytest.fail(f"ended with {ended.returncode}, not {status}:\n{ended.stdout}")
