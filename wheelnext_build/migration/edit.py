"""Switch the text of pyproject.toml to this backend; all other text stays as it is."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import tomlkit
from tomlkit.items import String

from ..config import config
from ..config.toml_file import parsed
from ..config.toml_table import value_at
from ..errors import MigrationError, RequestError
from .note import Note
from .requires import FLOOR, THEIRS, Switched, switched
from .toml_text import (
    appended,
    first_that_parses_as,
    sections_edited,
    unified_diff,
    with_line_ends_of,
    with_pair_in_table,
)

BACKEND = "wheelnext_build"
SKBUILD_BACKEND = "scikit_build_core.build"

Axes = Mapping[str, Mapping[str, Sequence[str]]]
"""Namespaces, their features, and the values of each: ``{"x86_64": {"level": ["v3"]}}``."""


@dataclass(frozen=True)
class Migration:
    """The text of pyproject.toml before and after, and notes about the changes."""

    before: str
    after: str
    notes: tuple[Note, ...]

    @property
    def changed(self) -> bool:
        return self.before != self.after

    def diff(self) -> str:
        """Return a unified diff for ``patch -p1`` or ``git apply`` in the project's folder."""
        return unified_diff(self.before, self.after, "pyproject.toml")


def migrate(text: str, matrix: Sequence[Axes] = ()) -> Migration:
    """Switch the text of a pyproject.toml, and add a matrix table for each of ``matrix``.

    Raises ConfigurationError if the text is not TOML, or if its variants have mistakes;
    RequestError if ``build-system`` or a value of the matrix is invalid; MigrationError if the
    change cannot be made without changing other text.
    """
    before = parsed(text)
    config.parse(before)  # report existing mistakes first
    decided = switched(
        build_system(before)["requires"],
        table(before, "tool", "scikit-build").get("minimum-version"),
    )
    rows = [row for row in matrix if {"axes": row} not in _matrix(before)]
    expected = _changed(before, decided, rows)
    new = _edited(text.replace("\r\n", "\n"), before, decided, rows)
    after = with_line_ends_of(text, new or "")
    if first_that_parses_as(expected, [after]) is None:
        raise MigrationError(
            "pyproject.toml: cannot be edited without changing other text; make these changes by "
            "hand:\n" + _by_hand(expected, decided, rows)
        )
    declared = config.parse(expected).declared
    return Migration(text, after, (*_pin_notes(decided), *([] if declared else [_no_variants()])))


def table(value: Any, *path: str) -> Mapping[str, Any]:
    """Return a table below a parsed one; an empty one if it is missing or not a table."""
    found = value_at(value, *path)
    return found if isinstance(found, Mapping) else {}


def build_system(pyproject: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table ``build-system``; raise RequestError if it violates PEP 518."""
    system = table(pyproject, "build-system")
    requires = system.get("requires")
    if not isinstance(requires, list) or not all(isinstance(item, str) for item in requires):
        raise RequestError("pyproject.toml: build-system.requires must be a list of strings")
    return dict(system)


def axes(text: str) -> dict[str, dict[str, list[str]]]:
    """Read axes such as ``namespace.feature=value,value``, separated by spaces.

    Raises RequestError if the text is invalid.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for axis in text.split():
        name, _, values = axis.partition("=")
        namespace, _, feature = name.partition(".")
        listed = values.split(",")
        if not (namespace and feature and all(listed)):
            raise RequestError(
                f"--matrix {text}: write it as NAMESPACE.FEATURE=VALUE,VALUE, such as "
                "x86_64.level=v3,v4"
            )
        if feature in found.setdefault(namespace, {}):
            raise RequestError(f"--matrix {text}: {name} occurs twice; write its values once")
        found[namespace][feature] = listed
    if not found:
        raise RequestError("--matrix: is empty; write it as x86_64.level=v3,v4")
    return found


def _changed(before: Mapping[str, Any], decided: Switched, rows: Sequence[Axes]) -> dict[str, Any]:
    """Return the content that the new text must have."""
    after = copy.deepcopy(dict(before))
    system = after["build-system"]
    system["requires"] = decided.applied(system["requires"])
    if system.get("build-backend") == SKBUILD_BACKEND:
        system["build-backend"] = BACKEND
    tool = after.setdefault("tool", {}) if rows or decided.minimum_version else {}
    if decided.minimum_version:
        tool["scikit-build"] = {
            **table(tool, "scikit-build"),
            "minimum-version": decided.minimum_version,
        }
    if rows:
        ours = tool.setdefault("wheelnext-build", {})
        ours.setdefault("matrix", []).extend({"axes": row} for row in rows)
    return after


def _edited(
    text: str, before: Mapping[str, Any], decided: Switched, rows: Sequence[Axes]
) -> str | None:
    """Return the new text; None if it cannot be made."""

    def edit(section: Any) -> None:
        system = section["build-system"]
        if system.get("build-backend") == SKBUILD_BACKEND:
            system["build-backend"] = _like(system["build-backend"], BACKEND)
        _edit_requires(system["requires"], decided)

    def edit_skbuild(section: Any) -> None:
        section["tool"]["scikit-build"]["minimum-version"] = decided.minimum_version

    plain = replace(decided, minimum_version=None)
    result = first_that_parses_as(_changed(before, plain, ()), sections_edited(text, edit))
    if decided.minimum_version and result is not None:
        pair = f'minimum-version = "{decided.minimum_version}"'
        candidates = itertools.chain(
            with_pair_in_table(result, "tool.scikit-build", pair),
            sections_edited(result, edit_skbuild),
        )
        result = first_that_parses_as(_changed(before, decided, ()), candidates)
    for row in rows if result is not None else ():
        result = appended(result or "", _row(row))
    return result


def _edit_requires(requires: Any, decided: Switched) -> None:
    on_one_line = "\n" not in requires.as_string()
    for edit in decided.edits:
        old = requires[min(edit.index, len(requires) - 1)] if requires else edit.text
        item = _like(old, edit.text)
        if edit.insert and requires and on_one_line:
            # tomlkit writes a space before an inserted entry, but not before the former first one.
            requires[edit.index] = item
            requires.insert(edit.index + 1, _like(old, str(old)))
        elif edit.insert:
            requires.insert(edit.index, item)
        else:
            requires[edit.index] = item


def _like(old: object, text: str) -> String:
    """Return a TOML string with the same kind of quotes as the old one."""
    literal = isinstance(old, String) and old.as_string().startswith("'") and "'" not in text
    return tomlkit.string(text, literal=literal)


def _row(row: Axes) -> str:
    lines = [
        f"axes.{_key(namespace)}.{_key(feature)} = {json.dumps(list(values), ensure_ascii=False)}\n"
        for namespace, features in row.items()
        for feature, values in features.items()
    ]
    return "".join(["[[tool.wheelnext-build.matrix]]\n", *lines])


def _key(name: str) -> str:
    is_bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if is_bare else json.dumps(name, ensure_ascii=False)


def _by_hand(expected: Mapping[str, Any], decided: Switched, rows: Sequence[Axes]) -> str:
    system = expected["build-system"]
    lines = [f"    build-system.requires = {json.dumps(system['requires'], ensure_ascii=False)}"]
    if system.get("build-backend") == BACKEND:
        lines.append(f'    build-system.build-backend = "{BACKEND}"')
    if decided.minimum_version:
        lines.append(f'    tool.scikit-build.minimum-version = "{decided.minimum_version}"')
    lines += [f"    {line}" for row in rows for line in _row(row).splitlines()]
    return "\n".join(lines)


def _matrix(pyproject: Mapping[str, Any]) -> list[Any]:
    rows = table(pyproject, "tool", "wheelnext-build").get("matrix", [])
    return rows if isinstance(rows, list) else []


def _pin_notes(decided: Switched) -> list[Note]:
    notes = []
    for entry in decided.dropped:
        text = (
            f"build-system.requires has {entry!r}, but wheelnext-build needs "
            f"{THEIRS}>={FLOOR}: no version fits both, so the bound was removed. "
        )
        if decided.minimum_version:
            text += (
                f'tool.scikit-build.minimum-version = "{decided.minimum_version}" was added '
                "instead: it makes scikit-build-core use the defaults of that version. "
            )
        notes.append(Note(text + "Compare the wheel with that of the last release."))
    return notes


def _no_variants() -> Note:
    return Note(
        "no variants are declared, so builds make only the plain wheel. Declare some in "
        '[[tool.wheelnext-build.matrix]], such as axes.x86_64.level = ["v3", "v4"], or use '
        "--matrix x86_64.level=v3,v4"
    )
