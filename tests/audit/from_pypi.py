"""Other people's wheels, fetched from PyPI."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def fetched(requirement: str, folder: Path, *platforms: str, python: str = "3.11") -> Path:
    """Download the wheel of a requirement for one of these platforms; returns its path."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", f"--python-version={python}", f"--dest={folder}"]
    command += [f"--platform={platform}" for platform in platforms]
    subprocess.run([*command, requirement], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel
