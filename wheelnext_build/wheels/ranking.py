"""Order the wheels of a release as an installer prefers them (PEP 825, "Variant ordering")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..variants.order import RankedVariant
from .name import WheelName

if TYPE_CHECKING:
    from packaging.tags import Tag


@dataclass(frozen=True)
class RankedWheel:
    """A wheel of a release with the values that decide its place.

    ``variant`` is None for the plain wheel. ``tag_priority`` is the index, from the most preferred,
    of the best of the wheel's tags; None if no tag fits. ``problems`` says why the wheel cannot be
    installed; it is empty for one that can.
    """

    name: WheelName
    variant: RankedVariant | None
    tag_priority: int | None
    problems: tuple[str, ...]

    @property
    def compatible(self) -> bool:
        return not self.problems


def order_wheels(
    names: Iterable[WheelName],
    ranking: Sequence[RankedVariant] | None,
    tags: Sequence[Tag],
) -> tuple[RankedWheel, ...]:
    """Return the wheels of one release, best first, those that do not fit at the end.

    The variant decides, then the platform tag, then the higher build tag; plain wheels come after
    all variants, the null variant included. ``ranking`` is the result of
    :func:`~wheelnext_build.variants.order.rank_variants`, or None if the release has no
    variants.json; installers ignore labelled wheels without one.
    ``tags`` are the system's, most preferred first.
    """
    by_label = {item.variant.label: item for item in ranking or ()}
    places = {label: place for place, label in enumerate(by_label)}
    priorities = {tag: index for index, tag in reversed(list(enumerate(tags)))}
    wheels = [
        _rank_wheel(name, by_label, priorities, has_metadata=ranking is not None) for name in names
    ]
    # Names decide only between wheels that are equal in everything else.
    wheels.sort(key=lambda wheel: wheel.name.filename)
    wheels.sort(key=lambda wheel: _build_key(wheel.name.build), reverse=True)

    def place(wheel: RankedWheel) -> tuple[bool, int, int]:
        behind_all = len(places)
        rank = places.get(wheel.name.label or "", behind_all)
        tag = len(tags) if wheel.tag_priority is None else wheel.tag_priority
        return not wheel.compatible, rank, tag

    return tuple(sorted(wheels, key=place))


def first_fitting(wheels: Iterable[RankedWheel]) -> RankedWheel | None:
    """Return the wheel that an installer takes from :func:`order_wheels`' result, or None."""
    return next((wheel for wheel in wheels if wheel.compatible), None)


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


def _build_key(build: str) -> tuple[int, str]:
    # The binary distribution format: the leading digits as a number, then the rest as text.
    digits = re.match(r"\d*", build)
    number = digits.group() if digits else ""
    return (int(number), build[len(number) :]) if number else (-1, "")
