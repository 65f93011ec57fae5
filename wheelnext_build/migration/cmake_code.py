"""Read CMake code as a list of commands, without running it (cmake-language(7))."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<comment>\#\[(?P<c>=*)\[.*?\](?P=c)\]|\#[^\n]*)
      |(?P<bracket>\[(?P<b>=*)\[.*?\](?P=b)\])
      |(?P<quoted>"(?:[^"\\]|\\.)*")
      |(?P<paren>[()])
      |(?P<word>(?:[^\s()"\#\\]|\\.)+)""",
    re.DOTALL | re.VERBOSE,
)
_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Argument:
    """An argument's text without quotes, and its line, counted from 1."""

    text: str
    line: int


@dataclass(frozen=True)
class Command:
    """A command's name in lower case, and its arguments."""

    name: str
    arguments: tuple[Argument, ...]

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(argument.text for argument in self.arguments)


def commands(code: str) -> Iterator[Command]:
    """Yield the commands of a file in order; anything else is skipped."""
    name, depth = "", 0
    arguments: list[Argument] = []
    line, position = 1, 0
    for token in _TOKEN.finditer(code):
        line += code.count("\n", position, token.start())
        position = token.start()
        text = token[0]
        if token["comment"]:
            continue
        if text == "(" and token["paren"]:
            depth += 1
        elif text == ")" and token["paren"]:
            depth = max(depth - 1, 0)
            if not depth and name:
                yield Command(name, tuple(arguments))
                name, arguments = "", []
        elif depth:
            arguments.append(Argument(text.strip('"') if token["quoted"] else text, line))
        else:
            name = text.lower() if _NAME.fullmatch(text) else ""
