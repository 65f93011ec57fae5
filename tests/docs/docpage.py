"""Reads the manual's pages: their fenced blocks, and the comments that say how to execute them.

Every block is executed, read or parsed by its language; HTML comments before it, which neither
GitHub nor the site shows, steer that. ``docs/examples/README.md`` lists them for writers of pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEMO = "docs/examples/demo"
"""Where a page starts that does not say it."""

LANGUAGES = ("", "c", "cmake", "console", "diff", "json", "python", "text", "toml", "yaml")

# Before a block, about that block; the argument is what follows the colon.
STEERING = ("write", "append", "settings", "status", "not run", "shape of")
# By themselves, anywhere.
STANDING = ("start", "run")
WITHOUT_ARGUMENT = ("settings",)

TAKES_LONG = "takes long: nox -s bench"
TORTURE = "takes long: nox -s torture"
REASONS = (
    *("needs a GPU", "needs a network service", "a form, not a command"),
    *(TAKES_LONG, TORTURE),
)
"""Why a console block is not executed; or ``run by`` a file of the repository, which does it."""

_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<language>[^`]*)$")
_COMMENT = re.compile(r"^ *<!--(.*)-->\s*$")
_COMMAND = re.compile(r"^\$ (.*)$")


class PageError(Exception):
    """Something of a page is wrong: ``where`` is ``docs/page.md:12``."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")


@dataclass(frozen=True)
class Comment:
    """``<!-- name: argument -->``."""

    where: str
    name: str
    argument: str


@dataclass(frozen=True)
class Block:
    """A fenced block. ``steering`` are the arguments of the comments before it, by name."""

    where: str
    language: str
    text: str
    steering: dict[str, str]


@dataclass(frozen=True)
class Command:
    """A line behind ``$`` and the output that the page shows below it, by lines."""

    text: str
    output: tuple[str, ...]


def pages() -> list[Path]:
    """All pages that are executed: the README and the manual."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def steps(page: Path) -> list[Comment | Block]:
    """What a page does, in its order; raises PageError for a comment that is not understood."""
    name = page.relative_to(ROOT).as_posix() if page.is_relative_to(ROOT) else page.name
    found: list[Comment | Block] = []
    waiting: dict[str, str] = {}
    lines = enumerate(page.read_text("utf-8").splitlines(), 1)
    for number, line in lines:
        where = f"{name}:{number}"
        if (fence := _FENCE.match(line)) is not None:
            text = "".join(f"{inner}\n" for inner in _inside(lines, fence, where))
            block = Block(where, fence["language"].strip(), text, waiting)
            _check(block)
            found.append(block)
            waiting = {}
        elif "<!--" in line:
            comment = _comment(line, where)
            if comment.name in STANDING:
                found.append(comment)
            elif comment.name in waiting:
                raise PageError(where, f"a second {comment.name!r} for one block")
            else:
                waiting[comment.name] = comment.argument
        elif waiting and line.strip():
            raise PageError(where, f"{', '.join(waiting)}: there is no block behind the comment")
    if waiting:
        raise PageError(name, f"{', '.join(waiting)}: there is no block behind the comment")
    return found


def _inside(lines: Iterator[tuple[int, str]], fence: re.Match[str], where: str) -> Iterator[str]:
    for _, line in lines:
        if line.strip() == fence["ticks"]:
            return
        yield line.removeprefix(fence["indent"])
    raise PageError(where, "the block has no end")


def _comment(line: str, where: str) -> Comment:
    match = _COMMENT.match(line)
    if match is None:
        raise PageError(where, "a comment stands on one line, by itself")
    name, _, argument = match[1].strip().partition(":")
    argument = argument.strip()
    if name not in STEERING + STANDING:
        known = ", ".join(STEERING + STANDING)
        raise PageError(where, f"unknown comment {name!r}: the harness knows {known}")
    if bool(argument) is (name in WITHOUT_ARGUMENT):
        raise PageError(where, f"{name!r} has {'no' if argument else 'an'} argument")
    return Comment(where, name, argument)


def _check(block: Block) -> None:
    """Raise PageError where a block's comments do not fit each other or its language."""
    if block.language.startswith("{"):
        if block.steering:
            raise PageError(block.where, "a directive of the site is not executed")
        return
    if block.language not in LANGUAGES:
        known = ", ".join(filter(None, LANGUAGES))
        raise PageError(block.where, f"unknown language {block.language!r}: {known}")
    fitting = {"console": ("status", "not run"), "toml": ("settings",), "json": ("shape of",)}
    for name in block.steering:
        if name not in ("write", "append", *fitting.get(block.language, ())):
            raise PageError(block.where, f"{name!r} is not for {block.language or 'plain'} blocks")
    if "not run" in block.steering:
        _check_reason(block, block.steering["not run"])


def _check_reason(block: Block, reason: str) -> None:
    """Raise PageError for a reason that is none, or that names what is not there."""
    by, _, path = reason.partition("run by ")
    if reason not in REASONS and (by or not (ROOT / path).is_file()):
        known = "; ".join([*REASONS, "run by FILE"])
        raise PageError(block.where, f"not run: {reason}: reasons are {known}")
    if reason == TAKES_LONG:
        for name in re.findall(r"nox -s bench -- (\w+)", block.text) or ["?"]:
            if not (ROOT / "bench" / f"{name}.py").is_file():
                raise PageError(block.where, f"there is no benchmark {name}")


def commands(block: Block) -> list[Command]:
    """The commands of a console block; a line that ends with a backslash goes on."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if found and found[-1][0].endswith("\\"):
            found[-1] = (f"{found[-1][0]}\n{line}", [])
        elif (match := _COMMAND.match(line)) is not None:
            found.append((match[1], []))
        elif found:
            found[-1][1].append(line.rstrip())
        elif line.strip():
            raise PageError(block.where, f"a command begins with '$ ': {line}")
    if not found:
        raise PageError(block.where, "there is no command")
    return [Command(text, tuple(_without_end(output))) for text, output in found]


def _without_end(lines: list[str]) -> list[str]:
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


def agrees(shown: tuple[str, ...], printed: list[str]) -> bool:
    """Whether a page's output is what was printed.

    ``...`` stands for any text within a line, and on a line of its own for any number of lines.
    """
    parts: list[list[str]] = [[]]
    for line in shown:
        if line.strip() == "...":
            parts.append([])
        else:
            parts[-1].append(line)
    if len(parts) == 1:
        return _same(parts[0], printed)
    first, *middle, last = parts
    end = len(printed) - len(last)
    at = len(first)
    if at > end or not _same(first, printed[:at]) or not _same(last, printed[end:]):
        return False
    for part in middle:
        while not _same(part, printed[at : at + len(part)]):
            at += 1
            if at + len(part) > end:
                return False
        at += len(part)
    return at <= end


def _same(shown: list[str], printed: list[str]) -> bool:
    return len(shown) == len(printed) and all(map(_same_line, shown, printed))


def _same_line(shown: str, printed: str) -> bool:
    pattern = ".*".join(map(re.escape, shown.rstrip().split("...")))
    return re.fullmatch(pattern, printed.rstrip()) is not None
