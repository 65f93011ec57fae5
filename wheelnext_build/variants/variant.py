"""Properties, labels and variants: frozen values that obey the grammar of PEP 825."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from ..errors import GrammarError

NULL_LABEL = "null"
"""The label of the variant without properties; no other variant may use it (PEP 825)."""

NAME_PATTERN = re.compile(r"[a-z0-9_]+")
VALUE_PATTERN = re.compile(r"[a-z0-9_.]+")
LABEL_PATTERN = re.compile(r"[0-9a-z_.]+")

NAME_RULE = "lower-case letters, digits and underscores"
VALUE_RULE = "lower-case letters, digits, underscores and dots"


def is_name(text: str) -> bool:
    """Return whether ``text`` may be a namespace or a feature."""
    return NAME_PATTERN.fullmatch(text) is not None


def is_value(text: str) -> bool:
    """Return whether ``text`` may be a feature's value."""
    return VALUE_PATTERN.fullmatch(text) is not None


def is_label(text: str) -> bool:
    """Return whether ``text`` may be a variant's label."""
    return LABEL_PATTERN.fullmatch(text) is not None


@dataclass(frozen=True, order=True)
class Property:
    """``namespace :: feature :: value`` (PEP 825, "Variant properties").

    Raises :class:`~wheelnext_build.errors.GrammarError` if a part does not follow the grammar.
    """

    namespace: str
    feature: str
    value: str

    def __post_init__(self) -> None:
        for kind, text in (("namespace", self.namespace), ("feature", self.feature)):
            if not is_name(text):
                raise GrammarError(f"{text!r} cannot be a {kind}: only {NAME_RULE} are allowed")
        if not is_value(self.value):
            raise GrammarError(f"{self.value!r} cannot be a value: only {VALUE_RULE} are allowed")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``namespace :: feature :: value``; spaces around ``::`` do not matter."""
        parts = [part.strip() for part in text.split("::")]
        if len(parts) != 3:
            raise GrammarError(
                f"{text!r} is not a property: write it as 'namespace :: feature :: value'"
            )
        return cls(*parts)

    def __str__(self) -> str:
        return f"{self.namespace} :: {self.feature} :: {self.value}"


@dataclass(frozen=True)
class Variant:
    """A label and its set of properties.

    ``properties`` is sorted and has no repeats. Only the null variant has none.
    """

    label: str
    properties: tuple[Property, ...]

    def __post_init__(self) -> None:
        if not is_label(self.label):
            raise GrammarError(f"{self.label!r} cannot be a label: only {VALUE_RULE} are allowed")
        if (self.label == NULL_LABEL) != (not self.properties):
            raise GrammarError(
                f"the label {NULL_LABEL!r} is reserved for the variant without properties"
                if self.properties
                else f"variant {self.label!r} has no property; only {NULL_LABEL!r} may have none"
            )
        object.__setattr__(self, "properties", tuple(sorted(set(self.properties))))

    @classmethod
    def from_mapping(cls, label: str, features: Mapping[str, Mapping[str, Sequence[str]]]) -> Self:
        """Create a variant from ``namespace -> feature -> values``, as in variant.json."""
        return cls(
            label,
            tuple(
                Property(namespace, feature, value)
                for namespace, values_of in features.items()
                for feature, values in values_of.items()
                for value in values
            ),
        )

    @property
    def is_null(self) -> bool:
        return not self.properties

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Return the namespaces of the properties, sorted."""
        return tuple(sorted({item.namespace for item in self.properties}))

    def values(self, namespace: str, feature: str) -> tuple[str, ...]:
        """Return the values of one feature, sorted; empty if the feature is not listed."""
        return self.as_mapping().get(namespace, {}).get(feature, ())

    def as_mapping(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Return ``namespace -> feature -> values``, sorted at each level."""
        mapping: dict[str, dict[str, list[str]]] = {}
        for item in self.properties:
            features = mapping.setdefault(item.namespace, {})
            features.setdefault(item.feature, []).append(item.value)
        return {
            namespace: {feature: tuple(values) for feature, values in features.items()}
            for namespace, features in mapping.items()
        }

    def describe(self) -> str:
        """Return the properties on one line, for people."""
        return ", ".join(map(str, self.properties)) or "(no properties)"


NULL = Variant(NULL_LABEL, ())


def namespaces_of(variants: Iterable[Variant]) -> tuple[str, ...]:
    """Return all namespaces that the variants use, sorted."""
    return tuple(sorted({name for variant in variants for name in variant.namespaces}))
