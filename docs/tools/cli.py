"""Generate the manual's page of the command line from its parsers.

``python docs/tools/all.py`` writes it with the others.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from wheelnext_build.cli.main import parser

_HEAD = """# All commands

Every command and option of `wheelnext-build`, or `python -m wheelnext_build`;
[cli.md](cli.md) explains the commands and shows their JSON. The page is generated from the
command line's help.

Exit status: 0 success, 1 the check or the build failed, 2 wrong usage or input.
"""


def cli_reference() -> str:
    """Return the page in Markdown: a section per command, a row per argument."""
    (commands,) = (
        action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    return "\n".join([_HEAD, *(_section(name, one) for name, one in commands.choices.items())])


def _section(name: str, command: argparse.ArgumentParser) -> str:
    arguments = [action for action in command._actions if action.dest != "help"]
    positional = [action for action in arguments if not action.option_strings]
    words = " ".join(filter(None, ["wheelnext-build", name, *map(_positional, positional)]))
    lines = [f"## {name}", "", f"`{words}`", "", _prose(command.description or "")]
    for title, rows in _groups(command, arguments):
        lines += ["", *([f"{_prose(title)}:", ""] if title else [])]
        lines += ["| argument | meaning |", "|---|---|", *rows]
    lines += [
        f"\n{', '.join(f'`{action.option_strings[-1]}`' for action in group._group_actions)} "
        "exclude each other."
        for group in command._mutually_exclusive_groups
    ]
    if command.epilog:
        lines += ["", _prose(command.epilog)]
    return "\n".join([*lines, ""])


def _groups(
    command: argparse.ArgumentParser, arguments: list[argparse.Action]
) -> Iterator[tuple[str, list[str]]]:
    """Return the tables of a command: first the arguments without a group, then the groups."""
    named = [group for group in command._action_groups if group.title not in _USUAL]
    in_groups = [action for group in named for action in group._group_actions]
    rows = [_row(action) for action in arguments if action not in in_groups]
    yield "", rows
    for group in named:
        title = group.title or ""
        yield title[0].upper() + title[1:], list(map(_row, group._group_actions))


# argparse's own groups; the second was "optional arguments" before Python 3.10.
_USUAL = ("positional arguments", "options")


def _row(action: argparse.Action) -> str:
    if action.option_strings:
        value = _value(action)
        shown = ", ".join(f"`{' '.join(filter(None, [o, value]))}`" for o in action.option_strings)
    else:
        shown = f"`{_positional(action)}`"
    cells = (shown, _prose(action.help or ""))
    return f"| {' | '.join(cell.replace('|', _BAR) for cell in cells)} |"


_BAR = "\\|"


def _value(action: argparse.Action) -> str:
    """Return the placeholder of an option's value, or "" for a switch."""
    if action.nargs == 0:
        return ""
    choices = "{" + ",".join(map(str, action.choices or ())) + "}"
    name = action.metavar or (choices if action.choices else action.dest.upper())
    return f"[{name}]" if action.nargs == "?" else str(name)


def _positional(action: argparse.Action) -> str:
    name = str(action.metavar or action.dest.upper())
    return {"?": f"[{name}]", "+": f"{name}…", "*": f"[{name}…]"}.get(str(action.nargs), name)


# Text for a shell, TOML or Python, which Markdown must not interpret.
_CODE = re.compile(r"`[^`]*`|[\w.:/-]*[_{\[$][\w.:/{}\[\]$-]*|(?<!\w)--[a-z][a-z-]*")


def _prose(text: str) -> str:
    """Return a help text in Markdown; text that looks like code is marked as code."""
    return _CODE.sub(lambda found: f"`{found[0].strip('`')}`", text.replace("%%", "%"))
