"""Merge the metadata of a release's wheels into that of its variants.json."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from ..errors import ReleaseError
from .metadata import VariantMetadata, shown

_T = TypeVar("_T")


def merge_metadata(parts: Sequence[tuple[str, VariantMetadata]]) -> VariantMetadata:
    """Return the metadata of a release from that of its wheels (PEP 825, "Index-level metadata").

    ``parts`` are pairs of a source's name, for messages, and its metadata. The result does not
    depend on their order. Raises :class:`~wheelnext_build.errors.ReleaseError`, which lists every
    contradiction and its two sources.
    """
    if not parts:
        raise ReleaseError("there is no variant metadata to merge")
    problems: list[str] = []
    ordered = sorted(
        parts, key=lambda part: (-len(part[1].namespaces), part[1].namespaces, part[0])
    )
    longest_source, longest = ordered[0]
    for source, part in ordered[1:]:
        if longest.namespaces[: len(part.namespaces)] != part.namespaces:
            problems.append(
                f"{longest_source} and {source} disagree on default-priorities.namespace: "
                f"[{shown(longest.namespaces)}] does not begin with "
                f"[{shown(part.namespaces)}]"
            )
    providers = _agreeing(
        problems,
        "the provider of namespace",
        ((source, part.providers.items()) for source, part in sorted(parts, key=_source)),
    )
    variants = _agreeing(
        problems,
        "the properties of label",
        (
            (source, ((variant.label, variant) for variant in part.variants))
            for source, part in sorted(parts, key=_source)
        ),
    )
    by_properties: dict[object, str] = {}
    for label, variant in sorted(variants.items()):
        other = by_properties.setdefault(variant.properties, label)
        if other != label:
            problems.append(
                f"labels {other!r} and {label!r} have the same properties "
                f"({variant.describe()}): rebuild one of them with the label of the other"
            )
    if problems:
        raise ReleaseError("\n".join(problems))
    return VariantMetadata(
        longest.namespaces,
        {name: providers[name] for name in longest.namespaces},
        tuple(variants.values()),
    )


def _source(part: tuple[str, VariantMetadata]) -> str:
    return part[0]


def _agreeing(
    problems: list[str], what: str, parts: Iterable[tuple[str, Iterable[tuple[str, _T]]]]
) -> dict[str, _T]:
    """Return one value per key; report keys that have different values in two sources."""
    seen: dict[str, tuple[str, _T]] = {}
    for source, items in parts:
        for key, value in items:
            first_source, first = seen.setdefault(key, (source, value))
            if first != value:
                problems.append(f"{first_source} and {source} disagree on {what} {key!r}")
    return {key: value for key, (_, value) in seen.items()}
