"""Python files that stand where no program of ours may take a module from, and tell if one did."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_SOURCE = """
import os
asker = "/proc/%s/comm" % os.getppid()
asker = open(asker).read().strip() if os.path.exists(asker) else "a program"
with open({log!r}, "a") as stream:
    stream.write(f"{{__name__}} for {{asker}}\\n")
raise ImportError("a planted module was imported")
"""

OTHERS = (
    *("build", "cmake", "iced_x86", "lief", "ninja", "packaging", "pathspec", "pip"),
    *("pyproject_hooks", "rich", "scikit_build_core", "setuptools", "sitecustomize", "tomli_w"),
    *("tomlkit", "usercustomize", "uv", "wheel", "wheelnext_build"),
)
"""What is installed and imported, or looked for, somewhere between a frontend and a wheel."""


def found_before_any_code_of_ours() -> tuple[str, ...]:
    """What ``python -m wheelnext_build`` imports before a line of that runs."""
    code = "import __future__, collections, runpy, sys, typing; print(*sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True).stdout
    return ("wheelnext_build", *output.decode().split())


def plant(folder: Path, log: Path, *, without: tuple[str, ...] = ()) -> None:
    """Plant a module for each name of the standard library and of ``OTHERS``."""
    for name in {*sys.stdlib_module_names, *OTHERS} - {*without}:
        (folder / f"{name}.py").write_text(_SOURCE.format(log=str(log)))


def imported(log: Path) -> list[str]:
    """The names that were imported from a folder with planted modules, each with who asked for it.

    That is the program that started the Python which imported it, where the system tells.
    """
    return log.read_text().splitlines() if log.is_file() else []
