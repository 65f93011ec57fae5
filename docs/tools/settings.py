"""Generate the manual's page of all settings from their model.

``python docs/tools/all.py`` writes it with the others.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from wheelnext_build.config.kinds import (
    Boolean,
    Key,
    ListOf,
    MappingOf,
    OneOrList,
    Scalar,
    String,
    TableOf,
    ValueKind,
)
from wheelnext_build.config.model import PYPROJECT
from wheelnext_build.config.toml_table import dotted

_HEAD = """# All settings

Every key of `[tool.wheelnext-build]` and `[variant]` in pyproject.toml;
[configuration.md](configuration.md) explains them. The page is generated from the model of these
tables.
"""


def settings_reference() -> str:
    """Return the page in Markdown: a section per table, a row per key."""
    return "\n".join([_HEAD, *(_section(*found) for found in _tables(PYPROJECT, "", _ROOT))])


_ROOT = Key(PYPROJECT, "")


def _tables(kind: ValueKind, path: str, key: Key) -> Iterator[tuple[str, Key, TableOf]]:
    """Yield all tables with keys of ours in a kind: header in TOML, description, table."""
    if isinstance(kind, TableOf):
        if not kind.others:
            yield f"[{path}]", key, kind
        for name, inner in kind.keys.items():
            yield from _tables(inner.kind, dotted(path, name), inner)
    elif isinstance(kind, ListOf) and isinstance(kind.item, TableOf):
        for header, said, table in _tables(kind.item, path, key):
            yield f"[{header}]" if said is key else header, said, table
    elif isinstance(kind, MappingOf):
        yield from _tables(kind.item, f"{path}.{_placeholder(kind)}", key)


def _placeholder(kind: MappingOf) -> str:
    return f"<{kind.name}>" if " " not in kind.name else f'"<{kind.name}>"'


def _section(header: str, said: Key, table: TableOf) -> str:
    rows = [_row(name, key) for name, key in table.keys.items()]
    notes = [
        f"{count} of {', '.join(f'`{name}`' for name in choices)} is needed.\n"
        for count, choices in (
            ("Exactly one", table.exactly_one),
            ("At least one", table.at_least_one),
        )
        if choices
    ]
    lines = ["| key | value | meaning |", "|---|---|---|", *rows]
    return "\n".join([f"## `{header}`\n", f"{said.text}\n", *notes, *lines, ""])


def _row(name: str, key: Key) -> str:
    shown, kind = name, key.kind
    while isinstance(kind, MappingOf):
        shown, kind = f"{shown}.{_placeholder(kind)}", kind.item
    value = _words(kind)
    if key.required:
        value += "; required"
    elif key.default is not None:
        value += f"; default: `{_toml(key.default)}`"
    meaning = key.text
    if key.example is not None:
        meaning += f" Example: `{_assignment(dotted('', name), key.example)}`"
    return f"| `{shown}` | {value} | {meaning} |"


def _words(kind: ValueKind) -> str:
    match kind:
        case String(choices=()):
            words = "string"
        case String():
            *first, last = (f"`{_toml(choice)}`" for choice in kind.choices)
            words = f"{', '.join(first)} or {last}"
        case Boolean():
            words = "`true` or `false`"
        case Scalar():
            words = "string, number, `true` or `false`"
        case OneOrList():
            words = "string or list of strings"
        case ListOf(item=String()):
            words = "list of strings"
        case ListOf(item=OneOrList()):
            words = "list; each a string or a list of strings"
        case ListOf():
            words = "array of tables"
        case MappingOf() | TableOf():
            words = "table"
    return words


def _assignment(name: str, value: object) -> str:
    while isinstance(value, dict) and len(value) == 1:
        ((inner, value),) = value.items()
        name = dotted(name, inner)
    return f"{name} = {_toml(value)}"


def _toml(value: object) -> str:
    """Return a value in TOML on one line."""
    if isinstance(value, dict):
        return f"{{ {', '.join(_assignment(dotted('', k), v) for k, v in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    sys.stdout.write(settings_reference())
