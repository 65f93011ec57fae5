"""Kinds of values that a key of a TOML table may have; :mod:`.model` is built from them.

Readers accept these kinds; :mod:`.schema` describes them for editors and the manual.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# eq=False: kinds are never compared, and making __eq__ and __hash__ takes as long as the rest of
# this module's import.


@dataclass(frozen=True, eq=False)
class String:
    """A string; one of the ``choices`` if there are any.

    ``pattern`` is a regular expression for the whole string, in the syntax that Python and
    JavaScript share. ``format`` is a format of JSON schema or of validate-pyproject.
    """

    choices: tuple[str, ...] = ()
    pattern: str | None = None
    format: str | None = None


@dataclass(frozen=True, eq=False)
class Boolean:
    """``true`` or ``false``."""


@dataclass(frozen=True, eq=False)
class Scalar:
    """A string, a number, or ``true`` or ``false``."""


@dataclass(frozen=True, eq=False)
class ListOf:
    """A list: of strings, of tables ..."""

    item: ValueKind
    not_empty: bool = False
    unique: bool = False


@dataclass(frozen=True, eq=False)
class OneOrList:
    """A string, or a list of at least one string without duplicates."""

    item: String


@dataclass(frozen=True, eq=False)
class MappingOf:
    """A table whose keys the author chooses.

    ``name`` is the word for a key; ``pattern`` is a regular expression for the whole key.
    """

    name: str
    item: ValueKind
    pattern: str | None = None
    not_empty: bool = False


@dataclass(frozen=True, eq=False)
class Key:
    """A key of a table: the kind of its value, and one sentence (Markdown) about it.

    ``default`` is the meaning of an absent key, if that is a single value.
    """

    kind: ValueKind
    text: str
    default: str | bool | None = None
    required: bool = False
    example: object = None


@dataclass(frozen=True, eq=False)
class TableOf:
    """A table with known keys, in the order in which the manual lists them.

    Exactly one of the keys in ``exactly_one`` must be present and not empty, and at least one of
    those in ``at_least_one``. ``others`` allows further keys, which belong to other tools.
    """

    keys: Mapping[str, Key]
    exactly_one: tuple[str, ...] = ()
    at_least_one: tuple[str, ...] = ()
    others: bool = False


ValueKind = String | Boolean | Scalar | ListOf | OneOrList | MappingOf | TableOf
