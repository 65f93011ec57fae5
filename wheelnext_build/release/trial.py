"""Test a build's wheels: install each one in turn and run a command with it."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..config.hook_settings import LABEL_VARIABLE
from ..errors import BuildError, RequestError
from ..host.host import Host
from ..system.announce import announce
from ..system.publishing import publish
from ..system.temporary import scratch_folder
from ..variants.metadata import VARIANT_JSON
from .one_build import BuiltWheel

_STDERR = 2


@dataclass(frozen=True)
class Trial:
    """The result of a wheel's test: the status of the command, or of an installer that failed.

    ``status`` is None if the command was not run; ``reason`` says why, or what failed.
    """

    wheel: BuiltWheel
    status: int | None
    reason: str = ""


def run_trials(
    wheels: Sequence[BuiltWheel], command: Sequence[str], host: Host, anyway: Collection[str] = ()
) -> list[Trial]:
    """Run ``command`` with each of the wheels that ``host`` can run, in this virtual environment.

    If the project was installed before, the first wheel is installed at the end. ``anyway`` has
    labels of wheels to test even if the host cannot run them. Raises RequestError if the
    environment must not be changed, or lacks the command.
    """
    _check_environment(wheels[0])
    trials = []
    with scratch_folder() as scratch, _restoring(wheels[0]):
        for wheel in wheels:
            reason = "" if wheel.title in anyway else _cannot_run(wheel, host)
            if reason:
                announce(f"test {wheel.title}: skipped: {reason}", sys.stderr)
                trials.append(Trial(wheel, None, reason))
                continue
            announce(f"test {wheel.title}: {' '.join(command)}", sys.stderr)
            status = _install(wheel, scratch)
            if status:
                trials.append(Trial(wheel, status, "it could not be installed"))
            else:
                trials.append(Trial(wheel, _run(command, wheel)))
    return trials


def _cannot_run(wheel: BuiltWheel, host: Host) -> str:
    """Explain why the host cannot run a wheel, or return ''."""
    metadata = wheel.metadata
    if metadata is None or not metadata.variants[0].properties:
        return ""
    (ranked,) = host.rank(metadata)
    return "; ".join(map(str, ranked.unsupported))


def _check_environment(wheel: BuiltWheel) -> None:
    """Raise RequestError if the test would replace another installation of the project."""
    if sys.prefix == sys.base_prefix:
        raise RequestError(
            "the wheels are installed in the environment of wheelnext-build, which is not a "
            "virtual environment: create one (python -m venv)"
        )
    installed = _installed(wheel.name.project)
    if installed is None:
        return
    direct_url = json.loads(installed.read_text("direct_url.json") or "{}")
    editable = direct_url.get("dir_info", {}).get("editable")
    if editable or installed.version != wheel.name.version:
        what = "an editable installation" if editable else f"version {installed.version}"
        raise RequestError(
            f"{wheel.name.project} is installed as {what}, which the tests would replace: run them "
            "in an environment of their own"
        )


@contextlib.contextmanager
def _restoring(first: BuiltWheel) -> Iterator[None]:
    """After the block, install the first wheel if the project was installed, else uninstall it."""
    was_there = _installed(first.name.project) is not None
    try:
        yield
    finally:
        if was_there:
            with scratch_folder() as scratch:
                _install(first, scratch)
        else:
            _installer("uninstall", *([] if _has_uv() else ["--yes"]), first.name.project)


def _install(wheel: BuiltWheel, scratch: Path) -> int:
    """Install a wheel in place of another one of its project; return the installer's status."""
    path = publish(wheel.path, scratch, wheel.accepted_name.filename)
    if _has_uv():
        status = _installer("install", "--reinstall-package", wheel.name.project, str(path))
    else:
        status = _installer("install", "--force-reinstall", "--no-deps", str(path))
        status = status or _installer("install", str(path))  # now its dependencies
    path.unlink()
    if not status:
        _check_installed(wheel)
    return status


def _check_installed(wheel: BuiltWheel) -> None:
    importlib.invalidate_caches()
    installed = _installed(wheel.name.project)
    text = installed.read_text(VARIANT_JSON) if installed else None
    labels = list(json.loads(text)["variants"]) if text else [None]
    if installed is None or labels != [wheel.label]:
        raise BuildError(f"{wheel.path.name}: was installed, but the environment has another wheel")


def _installed(project: str) -> importlib.metadata.Distribution | None:
    try:
        return importlib.metadata.distribution(project)
    except importlib.metadata.PackageNotFoundError:
        return None


def _has_uv() -> bool:
    """Return whether the environment was made by uv, without pip."""
    return importlib.util.find_spec("pip") is None


def _installer(command: str, *arguments: str) -> int:
    if not _has_uv():
        program = [sys.executable, "-P", "-m", "pip", "--disable-pip-version-check"]
        program += [command, "--quiet"]
    elif uv := shutil.which("uv"):
        program = [uv, "pip", command, "--quiet", "--python", sys.executable]
    else:
        raise RequestError("neither pip nor uv was found: install one of them")
    return subprocess.run([*program, *arguments], check=False, stdout=_STDERR).returncode


def _run(command: Sequence[str], wheel: BuiltWheel) -> int:
    scripts = str(Path(sys.executable).parent)
    path = os.pathsep.join([scripts, os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, LABEL_VARIABLE: wheel.label or ""}
    program = shutil.which(command[0], path=path)
    if program is None:
        raise RequestError(f"{command[0]}: no such command: install it into this environment")
    # The tests' output goes to stderr: stdout is for the results.
    return subprocess.run(
        [program, *command[1:]], env=environment, check=False, stdout=_STDERR
    ).returncode
