"""TOML tables that know their dotted path and collect their mistakes."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..errors import Problem
from .kinds import Boolean, ListOf, MappingOf, String, TableOf, ValueKind

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")

_TYPE_NAMES: dict[type, str] = {
    str: "a string",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    list: "a list",
    dict: "a table",
}


def dotted(path: str, key: str | int) -> str:
    """Return a key's dotted path, quoted if TOML needs it: ``tool.x."a :: b".define``."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    # A JSON string is also a valid TOML string.
    name = key if _BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)
    return f"{path}.{name}" if path else name


def value_at(value: object, *path: str) -> object:
    """Return a value from tables that another tool checks; None if it is absent."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?``, or '' if no known word is similar."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""


def type_name(value: object) -> str:
    """Return the type of a TOML value in words; for a list, also that of its first non-string."""
    name = _TYPE_NAMES.get(type(value), "a date or time")
    odd = [item for item in value if not isinstance(item, str)] if isinstance(value, list) else []
    return f"{name} with {type_name(odd[0])} in it" if odd else name


@dataclass
class Mistakes:
    """The mistakes found so far, in the order in which they were found."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, where: str, what: str, hint: str = "") -> None:
        problem = Problem(where, what, hint)
        if problem not in self.problems:
            self.problems.append(problem)


class Table:
    """A table of pyproject.toml; values of a wrong type are reported and read as absent.

    ``model`` says which keys it has. A reader may only ask for these keys, as the right kind;
    otherwise the reader has a bug, and LookupError is raised. A table of another tool has no model:
    any key can be read.
    """

    def __init__(
        self, value: object, path: str, report: Mistakes, model: ValueKind | None = None
    ) -> None:
        self.path = path
        self.report = report
        self._model = model
        self._values: Mapping[str, object] = {}
        self.is_wrong = value is not None and not isinstance(value, Mapping)
        if isinstance(value, Mapping):
            self._values = value
        elif self.is_wrong:
            self._wrong_type(path, "a table", value)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    @property
    def is_empty(self) -> bool:
        """Whether the table has no keys; a value that is not a table is wrong, not empty."""
        return not self._values and not self.is_wrong

    def at(self, key: str) -> str:
        """Return the dotted path of one of the keys."""
        return dotted(self.path, key)

    def only(self, *, hints: Mapping[str, str] | None = None) -> None:
        """Report all keys that are not in the model."""
        known = self._model.keys if isinstance(self._model, TableOf) else {}
        for key in self._values:
            if key not in known:
                hint = (hints or {}).get(key) or did_you_mean(key, known)
                self.report.add(self.at(key), "unknown key", hint or f"known: {', '.join(known)}")

    def get(self, key: str) -> object:
        self._kind(key)
        return self._values.get(key)

    def table(self, key: str) -> Table:
        kind = self._kind(key, TableOf, MappingOf)
        return Table(self._values.get(key), self.at(key), self.report, kind)

    def tables(self, key: str) -> list[Table]:
        """Return the tables of an array; empty if it is absent."""
        kind = self._kind(key, ListOf)
        model = kind.item if isinstance(kind, ListOf) else None
        value = self._values.get(key, [])
        if not isinstance(value, list):
            self._wrong_type(self.at(key), "an array of tables", value)
            return []
        return [
            Table(item, dotted(self.at(key), i), self.report, model) for i, item in enumerate(value)
        ]

    def string(self, key: str) -> str | None:
        """Return a string; the model's default if it is absent or not one of the choices."""
        kind = self._kind(key, String)
        choices = kind.choices if isinstance(kind, String) else ()
        value = self._values.get(key)
        if value is not None and not isinstance(value, str):
            self._wrong_type(self.at(key), "a string", value)
        elif value is not None and choices and value not in choices:
            self.report.add(self.at(key), f"{value!r} is none of {', '.join(map(repr, choices))}")
        elif value is not None:
            return value
        default = self._default(key)
        return default if isinstance(default, str) else None

    def boolean(self, key: str) -> bool | None:
        """Return true or false; the model's default if it is absent."""
        self._kind(key, Boolean)
        value = self._values.get(key)
        if isinstance(value, bool):
            return value
        if value is not None:
            self._wrong_type(self.at(key), "true or false", value)
        default = self._default(key)
        return default if isinstance(default, bool) else None

    def strings(self, key: str) -> tuple[str, ...]:
        """Return a list of strings; empty if it is absent."""
        self._kind(key, ListOf)
        value = self._values.get(key, [])
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self._wrong_type(self.at(key), "a list of strings", value)
        return ()

    def _kind(self, key: str, *expected: type[ValueKind]) -> ValueKind | None:
        """Return the key's kind in the model; raises LookupError if the reader expects another."""
        if self._model is None:
            return None
        kind: ValueKind | None = None
        if isinstance(self._model, TableOf) and key in self._model.keys:
            kind = self._model.keys[key].kind
        elif isinstance(self._model, MappingOf):
            kind = self._model.item
        if kind is None or (expected and not isinstance(kind, expected)):
            raise LookupError(f"the model of {self.path} has no such key: {key}")
        return kind

    def _default(self, key: str) -> str | bool | None:
        return self._model.keys[key].default if isinstance(self._model, TableOf) else None

    def _wrong_type(self, where: str, expected: str, value: object) -> None:
        self.report.add(where, f"must be {expected}, not {type_name(value)}")
