"""Install packages for one variant into a folder that takes priority over the build environment.

A frontend makes one environment for a call, but a call builds many wheels, and two of them may need
different releases of one project.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from ...errors import ToolchainError
from ...system import processes
from ...system.announce import announce

_COMPLETE = "installed.json"
_TAIL = 15
"""Lines of an installer's output to show if it fails."""


def install(title: str, requires: Sequence[str], folder: Path) -> Path:
    """Install requirements into a folder of their own below ``folder``; return that folder.

    A complete folder of an earlier build is used again. ``title`` is that of the wheel that needs
    them. Raises ToolchainError if the installation fails.
    """
    wanted = json.dumps([sys.implementation.cache_tag, sorted(requires)])
    overlay = folder / f"requirements-{hashlib.sha256(wanted.encode()).hexdigest()[:8]}"
    if (overlay / _COMPLETE).is_file():
        return overlay
    shutil.rmtree(overlay, ignore_errors=True)
    names = ", ".join(requires)
    announce(f"{title}: installing {names} for this variant")
    result = processes.run([*_installer(names), "--target", str(overlay), *requires])
    if result.returncode:
        tail = "\n".join(f"    {line}" for line in processes.tail(result.stdout, _TAIL))
        raise ToolchainError(
            f"{title}: {names} cannot be installed for its build; the installer said:\n{tail}"
        )
    overlay.mkdir(exist_ok=True)
    (overlay / _COMPLETE).write_text(wanted, encoding="utf-8")
    return overlay


def _installer(names: str) -> list[str]:
    uv = brought_installer()
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", sys.executable]
    if find_spec("pip") is None:
        raise ToolchainError(
            f"variants of one call need {names} and another release of it, which one environment "
            "cannot both hold; install pip into the build environment, with which each gets its "
            "own, or build them in separate calls with -C variant-label=LABEL"
        )
    return [
        *(sys.executable, "-P", "-m", "pip", "install"),
        *("--quiet", "--no-input", "--disable-pip-version-check", "--no-warn-conflicts"),
    ]


def brought_installer() -> str:
    """Return the path of uv if it is this build's frontend, else ''; uv sets the variable."""
    return os.environ.get("UV", "")


@contextlib.contextmanager
def importable(overlay: Path | None) -> Iterator[None]:
    """Have this process import packages from the folder before all others."""
    if overlay is None:
        yield
        return
    sys.path.insert(0, str(overlay))
    try:
        yield
    finally:
        sys.path.remove(str(overlay))


def variables(overlay: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables that make other processes find packages in the folder."""
    fronts = {"PYTHONPATH": overlay, "CMAKE_PREFIX_PATH": overlay, "PATH": overlay / "bin"}
    return {
        name: os.pathsep.join(filter(None, [str(front), environment.get(name, "")]))
        for name, front in fronts.items()
    }
