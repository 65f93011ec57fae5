"""A project with some settings of scikit-build-core, to be built by both backends."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from builds_tools import Project, members, text_of

LEVELS = {"": "1", "x86_64_v3": "3", "x86_64_v4": "4"}
TARGETS = '\n[tool.wheelnext-build]\nflags-scope = "targets"\n'
MINIMUM = '[tool.scikit-build]\nminimum-version = "build-system.requires"'


@dataclass(frozen=True)
class Case:
    """Settings, and what is to be seen of them in a wheel.

    ``toml`` stands at the end of pyproject.toml, ``edits`` are replacements in it; ``files`` are
    written into the project. ``seen`` are lines of the wheel's seen.txt, ``holds`` are ends of
    names of files in the wheel, ``lacks`` of files that are not; ``names`` is a part of the wheel's
    name. ``check`` may look at more.
    """

    name: str
    toml: str = ""
    edits: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str | list[str]] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    seen: Sequence[str] = ()
    holds: Sequence[str] = ()
    lacks: Sequence[str] = ()
    names: str = ""
    check: Callable[[Path], object] | None = None

    def __str__(self) -> str:
        return self.name

    def prepare(self, built: Project) -> Project:
        for name, text in self.files.items():
            path = built.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for old, new in self.edits.items():
            built.edit("pyproject.toml", old, new)
        with (built.folder / "pyproject.toml").open("a") as stream:
            stream.write(f"\n{self.toml}")
        folder = built.folder.as_posix()
        environment = {name: value.format(folder) for name, value in self.environment.items()}
        return dataclasses.replace(built, environment={**built.environment, **environment})

    def look(self, wheel: Path) -> None:
        """Check what is to be seen of the settings in a wheel."""
        assert self.names in wheel.name
        names = list(members(wheel))
        for end in self.holds:
            assert any(name.endswith(end) for name in names), end
        for end in self.lacks:
            assert not any(name.endswith(end) for name in names), end
        if self.seen:
            lines = text_of(wheel, "drop_in/seen.txt").splitlines()
            assert [line for line in self.seen if line not in lines] == []
        if self.check is not None:
            self.check(wheel)


def with_scikit_build_core(built: Project) -> Project:
    """The same project, built by scikit-build-core into a folder beside."""
    theirs = built.dist.with_name("theirs")
    return dataclasses.replace(built, backend="scikit_build_core.build", dist=theirs)


def clean(built: Project) -> None:
    built.clear()
    shutil.rmtree(built.folder / "build", ignore_errors=True)
