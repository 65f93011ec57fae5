"""Read the edges of a build.ninja that CMake has written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Edge:
    """One edge: its first line, and the lines of its variables."""

    head: str
    lines: tuple[str, ...]

    @property
    def rule_and_inputs(self) -> str:
        return self.head.partition(": ")[2]

    @property
    def is_compilation(self) -> bool:
        return "_COMPILER_" in self.rule_and_inputs.partition(" |")[0]

    @property
    def is_custom_command(self) -> bool:
        """Whether it runs a command of the project, not one of CMake's utilities."""
        is_utility = self.head.partition(":")[0].endswith(".util")
        return self.rule_and_inputs.startswith("CUSTOM_COMMAND") and not is_utility

    @property
    def outputs(self) -> list[str]:
        """The explicit outputs."""
        return _paths(self.head.removeprefix("build ").partition(": ")[0])

    @property
    def inputs(self) -> list[str]:
        """The explicit inputs."""
        return _paths(self.rule_and_inputs)[1:]

    def variable(self, name: str) -> str:
        """Return the value of a variable; empty if it is not set."""
        start = f"  {name} = "
        return next((line.removeprefix(start) for line in self.lines if line.startswith(start)), "")


def edges(folder: Path) -> list[Edge] | None:
    """Return the edges of a tree's build.ninja; None if another build tool is used."""
    try:
        text = (folder / "build.ninja").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    found: list[tuple[str, list[str]]] = []
    for line in text.split("\n"):
        if line.startswith("build "):
            found.append((line, []))
        elif found:
            found[-1][1].append(line)
    return [Edge(head, tuple(lines)) for head, lines in found]


def _paths(text: str) -> list[str]:
    """Return the paths before the first ``|``, without Ninja's escapes."""
    text = text.partition(" |")[0]
    for escape, mark in (("$$", "\0"), ("$ ", "\1"), ("$:", "\2")):
        text = text.replace(escape, mark)
    marks = str.maketrans({"\0": "$", "\1": " ", "\2": ":"})
    return [path.translate(marks) for path in text.split()]
