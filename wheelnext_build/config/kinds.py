"""What a key of a TOML table may hold: the words of which :mod:`.model` is made.

The readers take from it what they accept, and :mod:`.schema` what editors and the manual say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Nobody compares kinds, and making their __eq__ and __hash__ would take as long as all else here.


@dataclass(frozen=True, eq=False)
class String:
    """A string: one of the ``choices`` where there are any.

    ``pattern`` is a regular expression that matches all of it, in the syntax that Python and
    JavaScript share; ``format`` one of JSON schema's, or of validate-pyproject's.
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
    """A string, or a list of at least one and no string twice."""

    item: String


@dataclass(frozen=True, eq=False)
class MappingOf:
    """A table whose keys are the author's; ``name`` says what they are, ``pattern`` all of one."""

    name: str
    item: ValueKind
    pattern: str | None = None
    not_empty: bool = False


@dataclass(frozen=True, eq=False)
class Key:
    """A key of a table: what it holds, and one sentence (Markdown) about it.

    ``default`` is what an absent key stands for, where that is one value.
    """

    kind: ValueKind
    text: str
    default: str | bool | None = None
    required: bool = False
    example: object = None


@dataclass(frozen=True, eq=False)
class TableOf:
    """A table with known keys, in the order in which they are listed to people.

    Of the keys in ``exactly_one`` one is there and not empty; in ``at_least_one`` one or more.
    ``others`` says that further keys belong to somebody else.
    """

    keys: Mapping[str, Key]
    exactly_one: tuple[str, ...] = ()
    at_least_one: tuple[str, ...] = ()
    others: bool = False


ValueKind = String | Boolean | Scalar | ListOf | OneOrList | MappingOf | TableOf
