"""Requirements with markers about the variant, evaluated when its wheel is built.

PEP 825, "Environment markers": ``variant_label`` is a string, ``variant_namespaces``,
``variant_features`` and ``variant_properties`` are sets of strings. Today's installers refuse all
four, so they are evaluated here; the wheel's metadata contains only the standard rest.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Self

from packaging.markers import Marker
from packaging.requirements import Requirement

from ..errors import GrammarError
from .variant import Variant, is_name, is_value

LABEL_MARKER = "variant_label"
SET_MARKERS = {"variant_namespaces": 1, "variant_features": 2, "variant_properties": 3}
"""Variable -> number of parts, separated by ``::``, of its strings."""

_TOKEN = re.compile(r"\s*(?:[()]|'[^']*'|\"[^\"]*\"|===|==|~=|!=|<=|>=|<|>|[A-Za-z_][\w.]*)\s*")
_ON_LABELS: dict[str, Callable[[str, str], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
}


_MOST_BRACKETS = 100
"""Deeper brackets are refused before they reach Python's recursion limit."""


@dataclass(frozen=True)
class Comparison:
    """``left operator right``; the sides are variables, or strings with their quotes."""

    left: str
    operator: str
    right: str

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"

    @property
    def variables(self) -> tuple[str, ...]:
        """Return the sides that are variables about the variant."""
        return tuple(
            side for side in (self.left, self.right) if side == LABEL_MARKER or side in SET_MARKERS
        )

    def decide(self, variant: Variant | None) -> bool:
        """Evaluate the comparison in the wheel of a variant (None: the plain wheel)."""
        if self.right in SET_MARKERS:
            known = _strings(self.right, variant)
            return (_normal(self.left) in known) == (self.operator == "in")
        label = variant.label if variant else ""
        sides = [label if side == LABEL_MARKER else side[1:-1] for side in (self.left, self.right)]
        return _ON_LABELS[self.operator](*sides)


@dataclass(frozen=True)
class BooleanExpression:
    """Markers joined by ``and`` or by ``or``."""

    word: Literal["and", "or"]
    parts: tuple[Comparison | BooleanExpression, ...]

    def __str__(self) -> str:
        texts = [
            f"({part})" if isinstance(part, BooleanExpression) else f"{part}" for part in self.parts
        ]
        return f" {self.word} ".join(texts)


Node = Comparison | BooleanExpression


@dataclass(frozen=True)
class VariantRequirement:
    """A requirement (PEP 508) whose marker may also use variables about the variant."""

    text: str
    marker: Node | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a requirement; raises GrammarError, also for a marker that cannot be evaluated."""
        bare, marker = _split(text)
        try:
            Requirement(bare)
        except (ValueError, RecursionError) as error:
            raise GrammarError(str(error).splitlines()[0]) from None
        node = None if marker is None else _Reader(marker).read()
        for comparison in _comparisons(node):
            _check(comparison)
        return cls(bare, node)

    def for_variant(self, variant: Variant | None) -> str | None:
        """Return the requirement for the wheel of a variant (None: the plain wheel).

        Its marker is one that installers understand. None if the wheel does not have it.
        """
        left = True if self.marker is None else _decided(self.marker, variant)
        if isinstance(left, bool):
            return self.text if left else None
        # A URL ends with a space before the marker (PEP 508).
        return f"{self.text}{' ' if '@' in self.text else ''}; {left}"

    def asked_for(self) -> Iterator[tuple[str, str, str]]:
        """Yield the variable, the operator and the string of each comparison about the variant."""
        for comparison in _comparisons(self.marker):
            for variable in comparison.variables:
                other = comparison.left if comparison.right == variable else comparison.right
                text = _normal(other) if variable in SET_MARKERS else other[1:-1]
                yield variable, comparison.operator, text


def _split(text: str) -> tuple[str, str | None]:
    """Split a requirement from its marker; after a URL, only " ;" starts a marker (PEP 508)."""
    is_url = "@" in text.partition(";")[0]
    bare, semicolon, marker = text.partition(" ;" if is_url else ";")
    return bare.strip(), marker if semicolon else None


def _strings(variable: str, variant: Variant | None) -> set[str]:
    found = variant.properties if variant else ()
    return {" :: ".join(str(item).split(" :: ")[: SET_MARKERS[variable]]) for item in found}


def _normal(quoted: str) -> str:
    """Return a quoted string in the form of the sets: one space on each side of ``::``."""
    return " :: ".join(part.strip() for part in quoted[1:-1].split("::"))


def _decided(node: Node, variant: Variant | None) -> bool | Node:
    if isinstance(node, Comparison):
        return node.decide(variant) if node.variables else node
    decisive = node.word == "or"  # True decides an "or", False an "and"
    left: list[Node] = []
    for part in node.parts:
        found = _decided(part, variant)
        if found is decisive:
            return decisive
        if not isinstance(found, bool):
            left.append(found)
    if not left:
        return not decisive
    return left[0] if len(left) == 1 else BooleanExpression(node.word, tuple(left))


def _comparisons(node: Node | None) -> Iterator[Comparison]:
    if isinstance(node, Comparison):
        yield node
    elif node is not None:
        for part in node.parts:
            yield from _comparisons(part)


def _check(comparison: Comparison) -> None:
    """Raise GrammarError for a comparison that cannot be evaluated here or by installers."""
    sides = (comparison.left, comparison.right)
    variables = comparison.variables
    if not variables:
        _check_ordinary(comparison)
        return
    variable = variables[0]
    if any(side[0] not in "'\"" for side in sides if side != variable) or len(variables) > 1:
        raise GrammarError(
            f"{comparison}: {variable} can be compared only with a string in quotes, because "
            f"other variables are not known when the wheel is built"
        )
    if variable == LABEL_MARKER:
        if comparison.operator not in _ON_LABELS:
            raise GrammarError(f"{comparison}: a label has no order; use one of ==, !=, in, not in")
        return
    if comparison.right != variable or comparison.operator not in ("in", "not in"):
        raise GrammarError(
            f'{comparison}: {variable} is a set; write "..." in {variable}, or not in'
        )
    parts = _normal(comparison.left).split(" :: ")
    count = SET_MARKERS[variable]
    if len(parts) != count or not (all(map(is_name, parts[:2])) and all(map(is_value, parts[2:]))):
        form = " :: ".join(("namespace", "feature", "value")[:count])
        raise GrammarError(f"{comparison}: {variable} holds strings of the form {form!r}")


def _check_ordinary(comparison: Comparison) -> None:
    if "extra" in (comparison.left, comparison.right):
        raise GrammarError(f"{comparison}: write requirements of an extra in optional-dependencies")
    try:
        Marker(str(comparison))
    except ValueError as error:
        raise GrammarError(f"{comparison}: {str(error).splitlines()[0]}") from None


@dataclass
class _Reader:
    """Parser of markers (PEP 508): "or" binds weaker than "and"."""

    text: str
    place: int = 0
    depth: int = 0

    def read(self) -> Node:
        node = self._joined("or")
        if self.place < len(self.text):
            raise self._wrong("and, or, or the end")
        return node

    def _joined(self, word: Literal["and", "or"]) -> Node:
        parts: list[Node] = []
        while True:
            part = self._joined("and") if word == "or" else self._atom()
            # Brackets around the same operator are not needed.
            same = isinstance(part, BooleanExpression) and part.word == word
            parts += part.parts if isinstance(part, BooleanExpression) and same else (part,)
            if self._peek() != word:
                return parts[0] if len(parts) == 1 else BooleanExpression(word, tuple(parts))
            self._take(word)

    def _atom(self) -> Node:
        if self._peek() == "(":
            self._take("(")
            self.depth += 1
            if self.depth > _MOST_BRACKETS:
                raise GrammarError(f"not a marker: it has more than {_MOST_BRACKETS} brackets")
            node = self._joined("or")
            if self._peek() != ")":
                raise self._wrong("a closing bracket")
            self._take(")")
            return node
        left = self._operand()
        comparison = self._take("an operator")
        if comparison == "not":
            comparison = f"not {self._take('in')}"
        if comparison not in (*_ON_LABELS, "===", "~=", "<=", ">=", "<", ">"):
            raise self._wrong("an operator")
        return Comparison(left, comparison, self._operand())

    def _operand(self) -> str:
        token = self._take("a variable or a string in quotes")
        if token[0] in "'\"" or (token[0].isalpha() and token not in ("and", "or", "in", "not")):
            return token
        raise self._wrong("a variable or a string in quotes")

    def _peek(self) -> str:
        match = _TOKEN.match(self.text, self.place)
        return match.group().strip() if match else ""

    def _take(self, expected: str) -> str:
        match = _TOKEN.match(self.text, self.place)
        if match is None:
            raise self._wrong(expected)
        self.place = match.end()
        return match.group().strip()

    def _wrong(self, expected: str) -> GrammarError:
        rest = self.text[self.place :].strip()
        place = f"at {rest!r}" if rest else "at its end"
        return GrammarError(f"not a marker: expected {expected} {place}")
