"""The variants that fit a system, in the order in which an installer prefers them.

PEP 825, "Variant ordering", with PEP 850's static providers. The functions are pure: the
properties that the system supports are an argument (see :mod:`wheelnext_build.host`).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .metadata import Provider, VariantMetadata
from .variant import Variant

Features = Sequence[tuple[str, Sequence[str]]]
"""The supported features of one namespace with their supported values, most preferred first."""

Supported = Mapping[str, Features]
"""Namespace -> its supported features. A namespace that is not a key is not supported."""

_Indexed = Mapping[str, tuple[int, Mapping[str, int]]]

_AFTER_ALL_KEYS = (sys.maxsize, sys.maxsize, sys.maxsize)


@dataclass(frozen=True)
class Match:
    """A supported feature of a variant, with the best of the listed values.

    ``key`` is (index of the namespace in default-priorities, index of the feature, index of the
    value), all counted from the most preferred; a lower key is better.
    """

    namespace: str
    feature: str
    value: str
    key: tuple[int, int, int]

    def __str__(self) -> str:
        return f"{self.namespace} :: {self.feature} :: {self.value}"


@dataclass(frozen=True)
class Unsupported:
    """A feature of a variant that the system supports with none of the listed values."""

    namespace: str
    feature: str
    values: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        wanted = " or ".join(self.values)
        return f"needs {self.namespace} :: {self.feature} :: {wanted} ({self.reason})"


@dataclass(frozen=True)
class RankedVariant:
    """A variant with its supported features (best key first) and its unsupported ones."""

    variant: Variant
    matches: tuple[Match, ...]
    unsupported: tuple[Unsupported, ...]

    @property
    def compatible(self) -> bool:
        """Return whether the system supports at least one listed value of every feature."""
        return not self.unsupported

    @property
    def sort_key(self) -> tuple[tuple[tuple[int, int, int], ...], str]:
        """Return the sort key; the most preferred variant has the lowest.

        A last entry that is above all keys makes a variant with more matches preferred to one that
        has the same matches up to there. The null variant has no match, so it comes last.
        """
        return (*(match.key for match in self.matches), _AFTER_ALL_KEYS), self.variant.label


def supported_properties(metadata: VariantMetadata, detected: Supported) -> dict[str, Features]:
    """Return ``detected`` and the properties of the release's static providers (PEP 850).

    Namespaces with an optional provider are left out: installers use them only if the user asks.
    """
    supported: dict[str, Features] = {}
    for namespace, provider in metadata.providers.items():
        if provider.optional:
            continue
        if provider.static_properties:
            supported[namespace] = _static_features(provider)
        elif namespace in detected:
            supported[namespace] = detected[namespace]
    return supported


def rank_variants(
    metadata: VariantMetadata, detected: Supported, reasons: Mapping[str, str] | None = None
) -> tuple[RankedVariant, ...]:
    """Return the variants of a release, most preferred first; unsupported variants are last.

    ``detected`` has the supported features of the namespaces without a static provider.
    ``reasons`` may explain, by namespace, why one is missing there.
    """
    supported = {
        namespace: _indexed(features)
        for namespace, features in supported_properties(metadata, detected).items()
    }
    missing = {
        name: _missing(provider, (reasons or {}).get(name))
        for name, provider in metadata.providers.items()
        if name not in supported
    }
    places = {namespace: place for place, namespace in enumerate(metadata.namespaces)}
    ranked = [_rank(variant, places, supported, missing) for variant in metadata.variants]
    return (
        *sorted((item for item in ranked if item.compatible), key=lambda item: item.sort_key),
        *sorted((item for item in ranked if not item.compatible), key=_label),
    )


def _rank(
    variant: Variant,
    places: Mapping[str, int],
    supported: Mapping[str, _Indexed],
    missing: Mapping[str, str],
) -> RankedVariant:
    matches: list[Match] = []
    unsupported: list[Unsupported] = []
    for namespace, features in variant.as_mapping().items():
        for feature, values in features.items():
            if namespace not in supported:
                why = missing[namespace]
                unsupported.append(Unsupported(namespace, feature, values, why))
                continue
            best = _best(supported[namespace], feature, values)
            if isinstance(best, str):
                unsupported.append(Unsupported(namespace, feature, values, best))
            else:
                feature_index, value_index, value = best
                key = (places[namespace], feature_index, value_index)
                matches.append(Match(namespace, feature, value, key))
    matches.sort(key=lambda match: match.key)
    return RankedVariant(variant, tuple(matches), tuple(unsupported))


def _indexed(features: Features) -> _Indexed:
    """Return feature -> (index, value -> index), as metadata may list thousands of values."""
    return {
        name: (index, {value: place for place, value in reversed(list(enumerate(offered)))})
        for index, (name, offered) in reversed(list(enumerate(features)))
    }


def _best(features: _Indexed, feature: str, values: Sequence[str]) -> tuple[int, int, str] | str:
    """Return the index of the feature, that of its best value and the value, or an explanation."""
    if feature not in features:
        known = _abridged([*features][::-1]) if features else ""
        return f"this system has {f'only {known}' if known else 'no feature'} in that namespace"
    feature_index, offered = features[feature]
    fitting = [(offered[value], value) for value in values if value in offered]
    if not fitting:
        return f"supported here: {_abridged([*offered][::-1])}"
    return feature_index, *min(fitting)


def _static_features(provider: Provider) -> Features:
    return tuple((name, provider.static_properties[name]) for name in provider.features)


def _missing(provider: Provider, reason: str | None) -> str:
    if provider.optional:
        return "the namespace's provider is optional, and installers ask no optional provider"
    return reason or "the properties of this namespace are not known here"


def _abridged(values: Sequence[str], limit: int = 6) -> str:
    shown = ", ".join(values[:limit]) or "nothing"
    return f"{shown}, ... ({len(values)} values)" if len(values) > limit else shown


def _label(item: RankedVariant) -> str:
    return item.variant.label
