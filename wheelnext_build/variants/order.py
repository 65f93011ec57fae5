"""Which variants fit a system, and in which order an installer prefers them.

PEP 825, "Variant ordering", with PEP 850's static providers, as pure functions: what the system
supports comes in as a value (see :mod:`wheelnext_build.host`), nothing is asked of the machine.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .metadata import Provider, VariantMetadata
from .variant import Variant

if TYPE_CHECKING:
    from packaging.tags import Tag

    from ..wheels.name import WheelName

Features = Sequence[tuple[str, Sequence[str]]]
"""The supported features of one namespace with their supported values, most preferred first."""

Supported = Mapping[str, Features]
"""Namespace -> its supported features. A namespace that is not a key is not supported at all."""

_Indexed = Mapping[str, tuple[int, Mapping[str, int]]]

_AFTER_ALL_KEYS = (sys.maxsize, sys.maxsize, sys.maxsize)


@dataclass(frozen=True)
class Match:
    """A feature of a variant that the system supports, with the best of the listed values.

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
    """A feature of a variant of which the system supports no listed value, and why."""

    namespace: str
    feature: str
    values: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        wanted = " or ".join(self.values)
        return f"needs {self.namespace} :: {self.feature} :: {wanted} ({self.reason})"


@dataclass(frozen=True)
class RankedVariant:
    """A variant with what decides its place: ``matches`` (best key first) and ``unsupported``."""

    variant: Variant
    matches: tuple[Match, ...]
    unsupported: tuple[Unsupported, ...]

    @property
    def compatible(self) -> bool:
        """Whether the system supports at least one listed value of every feature."""
        return not self.unsupported

    @property
    def sort_key(self) -> tuple[tuple[tuple[int, int, int], ...], str]:
        """Ascending order of these keys is falling preference.

        The end counts as a key behind all others: of two variants that agree as far as the shorter
        one goes the longer is preferred, and null, with no key of its own, comes last.
        """
        return (*(match.key for match in self.matches), _AFTER_ALL_KEYS), self.variant.label


@dataclass(frozen=True)
class RankedWheel:
    """A wheel of a release with what decides its place.

    ``variant`` is None for the plain wheel. ``tag_priority`` is the index, from the most preferred,
    of the best of the wheel's tags; None where no tag fits. ``problems`` says why the wheel cannot
    be installed; it is empty for one that can.
    """

    name: WheelName
    variant: RankedVariant | None
    tag_priority: int | None
    problems: tuple[str, ...]

    @property
    def compatible(self) -> bool:
        return not self.problems


def supported_properties(metadata: VariantMetadata, detected: Supported) -> dict[str, Features]:
    """What a release may count on: ``detected``, and what its static providers state (PEP 850).

    Namespaces with an optional provider are left out, as installers do unless the user asks.
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
    """The variants of a release, the most preferred first, those that do not fit at the end.

    ``detected`` is what the system supports of the namespaces that have no static provider;
    ``reasons`` may say, by namespace, why one is missing there.
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


def order_wheels(
    names: Iterable[WheelName],
    ranking: Sequence[RankedVariant] | None,
    tags: Sequence[Tag],
) -> tuple[RankedWheel, ...]:
    """The wheels of one release, the one to install first, those that do not fit at the end.

    The variant decides, then the platform tag, then the build tag, of which the higher wins; plain
    wheels come behind all variants, null included. ``ranking`` is from :func:`rank_variants`, or
    None where the release has no variants.json, without which installers ignore labelled wheels.
    ``tags`` are the system's, most preferred first.
    """
    by_label = {item.variant.label: item for item in ranking or ()}
    places = {label: place for place, label in enumerate(by_label)}
    priorities = {tag: index for index, tag in reversed(list(enumerate(tags)))}
    wheels = [
        _rank_wheel(name, by_label, priorities, has_metadata=ranking is not None) for name in names
    ]
    # Only wheels that say the same in other words are left to the order of their names.
    wheels.sort(key=lambda wheel: wheel.name.filename)
    wheels.sort(key=lambda wheel: _build_key(wheel.name.build), reverse=True)

    def place(wheel: RankedWheel) -> tuple[bool, int, int]:
        behind_all = len(places)
        rank = places.get(wheel.name.label or "", behind_all)
        tag = len(tags) if wheel.tag_priority is None else wheel.tag_priority
        return not wheel.compatible, rank, tag

    return tuple(sorted(wheels, key=place))


def first_fitting(wheels: Iterable[RankedWheel]) -> RankedWheel | None:
    """The wheel that an installer takes of those that :func:`order_wheels` gave; None of none."""
    return next((wheel for wheel in wheels if wheel.compatible), None)


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
    """Feature -> its index, and its values with theirs: metadata may list them by the thousand."""
    return {
        name: (index, {value: place for place, value in reversed(list(enumerate(offered)))})
        for index, (name, offered) in reversed(list(enumerate(features)))
    }


def _best(features: _Indexed, feature: str, values: Sequence[str]) -> tuple[int, int, str] | str:
    """The indices of the feature and of its best listed value, or why there is none."""
    if feature not in features:
        known = _abridged([*features][::-1]) if features else ""
        return f"this system has {f'only {known}' if known else 'no feature'} in that namespace"
    feature_index, offered = features[feature]
    fitting = [(offered[value], value) for value in values if value in offered]
    if not fitting:
        return f"supported here: {_abridged([*offered][::-1])}"
    return feature_index, *min(fitting)


def _rank_wheel(
    name: WheelName,
    by_label: Mapping[str, RankedVariant],
    priorities: Mapping[Tag, int],
    *,
    has_metadata: bool,
) -> RankedWheel:
    problems = []
    variant = None if name.label is None else by_label.get(name.label)
    if name.label is not None and variant is None:
        problems.append(
            f"variants.json does not list the label {name.label!r}"
            if has_metadata
            else "the release has no valid variants.json, and installers need one for variants"
        )
    if variant is not None:
        problems += map(str, variant.unsupported)
    found = [priorities[tag] for tag in name.tags() if tag in priorities]
    if not found:
        tag = f"{name.python}-{name.abi}-{name.platform}"
        problems.append(f"no tag of {tag} fits this system")
    return RankedWheel(name, variant, min(found, default=None), tuple(problems))


def _static_features(provider: Provider) -> Features:
    return tuple((name, provider.static_properties[name]) for name in provider.features)


def _missing(provider: Provider, reason: str | None) -> str:
    if provider.optional:
        return "the namespace's provider is optional, and installers ask no optional provider"
    return reason or "nothing here knows the namespace"


def _abridged(values: Sequence[str], limit: int = 6) -> str:
    shown = ", ".join(values[:limit]) or "nothing"
    return f"{shown}, ... ({len(values)} values)" if len(values) > limit else shown


def _build_key(build: str) -> tuple[int, str]:
    # The binary distribution format: the leading digits as a number, then the rest as text.
    digits = re.match(r"\d*", build)
    number = digits.group() if digits else ""
    return (int(number), build[len(number) :]) if number else (-1, "")


def _label(item: RankedVariant) -> str:
    return item.variant.label
