"""Combine axes into variants, make their labels, and choose labels with globs."""

from __future__ import annotations

import itertools
import re
import string
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..variants.known_properties import readable_label, readable_value

Values = tuple[str, ...]
"""The values that one variant lists for one feature, sorted: ``("90_real", "90_virtual")``."""

Combination = Mapping[tuple[str, str], Values]
"""(namespace, feature) -> choice: the properties of one variant, in the order of the axes."""


@dataclass(frozen=True)
class Axis:
    """A feature and the choices that a matrix makes for it."""

    namespace: str
    feature: str
    choices: tuple[Values, ...]


def combinations(axes: Sequence[Axis]) -> Iterator[Combination]:
    """Yield the product of the axes; the first axis changes slowest."""
    if not axes:
        return
    keys = [(axis.namespace, axis.feature) for axis in axes]
    for choices in itertools.product(*(axis.choices for axis in axes)):
        yield dict(zip(keys, choices, strict=True))


def matches(combination: Combination, pattern: Combination) -> bool:
    """Return whether the combination has every choice of the pattern."""
    return all(combination.get(key) == choice for key, choice in pattern.items())


def by_namespace(combination: Combination) -> dict[str, dict[str, Values]]:
    """Return the combination as ``namespace -> feature -> values``."""
    features: dict[str, dict[str, Values]] = {}
    for (namespace, feature), choice in combination.items():
        features.setdefault(namespace, {})[feature] = choice
    return features


def parts_of(template: str) -> list[tuple[str, str | None]]:
    """Return a label template as pairs of literal text and the field after it, if any.

    Raises ValueError for a template that is not well-formed.
    """
    parts = []
    for literal, name, spec, conversion in string.Formatter().parse(template):
        if spec or conversion:
            raise ValueError("a field takes no format and no conversion")
        parts.append((literal, name))
    return parts


def fields_of(combination: Combination) -> dict[str, str]:
    """Return the values of the fields that a template may name: ``sm_arch``, ``nvidia.sm_arch``.

    The short name is left out if several namespaces have the feature.
    """
    shared = Counter(feature for _, feature in combination)
    return {
        name: readable_value(namespace, feature, choice)
        for (namespace, feature), choice in combination.items()
        for name in (feature, f"{namespace}.{feature}")
        if name != feature or shared[feature] == 1
    }


def label_of(combination: Combination, template: str | None) -> str:
    """Return the label of a combination: the filled-in template, or the readable default.

    Raises KeyError with the name of an unknown field, and ValueError for a template that is not
    well-formed.
    """
    if template is None:
        return readable_label(by_namespace(combination))
    fields = fields_of(combination)
    return "".join(
        literal + (fields[name] if name is not None else "") for literal, name in parts_of(template)
    )


def select(labels: Sequence[str], pattern: str) -> tuple[str, ...]:
    """Return the labels that a glob of ``*``, ``?`` and ``{a,b}`` matches, in their order."""
    expression = _expression(pattern)
    return tuple(label for label in labels if expression.fullmatch(label))


def is_glob(pattern: str) -> bool:
    """Return whether the pattern is a glob, not a plain label."""
    return any(character in pattern for character in "*?{")


def _expression(pattern: str) -> re.Pattern[str]:
    depth = 0
    expression = ""
    for character in pattern:
        if character == "{":
            depth += 1
            expression += "(?:"
        elif character == "}" and depth:
            depth -= 1
            expression += ")"
        elif character == "," and depth:
            expression += "|"
        else:
            expression += {"*": ".*", "?": "."}.get(character, re.escape(character))
    return re.compile(expression + ")" * depth)
