"""A release as clients see it, and an environment that they install into."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class Release:
    """A folder of files, its simple index (PEP 503) by URL, and what ``build`` said of it."""

    folder: Path
    index_url: str
    log: str

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@dataclass(frozen=True)
class Environment:
    """A virtual environment to install into, with numpy in it."""

    folder: Path
    run: Run

    @property
    def python(self) -> Path:
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def uv(self, *arguments: str | Path, env: dict[str, str] | None = None) -> str:
        """``uv pip install`` without its cache; returns what it printed."""
        result = self.run(
            "uv",
            "pip",
            "install",
            "--no-cache",
            "--no-deps",
            "--reinstall",
            "--python",
            self.python,
            *arguments,
            env=env,
        )
        return result.stdout + result.stderr

    def build_info(self) -> dict[str, object]:
        """What the installed sample says of itself."""
        code = "import json, sample_ext; print(json.dumps(sample_ext.build_info()))"
        info: dict[str, object] = json.loads(self.run(self.python, "-c", code).stdout)
        return info
