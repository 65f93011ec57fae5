"""Find the wheel that each well-known machine gets, and the labels' order of preference.

The rules are those of ``select``: the host's properties, PEP 825's order, the first fitting wheel.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from packaging.tags import Tag, compatible_tags, cpython_tags

from ..host.host import Host
from ..system.text import natural
from ..variants.metadata import VariantMetadata
from ..variants.order import Supported, rank_variants
from ..wheels.name import WheelName
from ..wheels.ranking import RankedWheel, first_fitting, order_wheels
from .machines import MACHINES, Machine
from .platforms import system_of

_CPYTHON = re.compile(r"cp(\d)(\d{1,3})")
_MOST_INTERPRETERS = 64
"""Only the newest are looked at. No release has so many, and each one costs time per wheel."""

_LEGACY = {"manylinux1": "manylinux_2_5", "manylinux2010": "manylinux_2_12"}
_LEGACY |= {"manylinux2014": "manylinux_2_17"}


@dataclass(frozen=True)
class Taken:
    """A wheel by its label, and the interpreters that get it.

    ``label`` is None for the plain wheel; ``file`` is one of the files, empty if no wheel fits.
    ``because`` are the properties that decided. ``missed`` is about hardware that the machine has
    but the wheel does not use: the label that nearly fits, and the properties that it needs.
    """

    label: str | None
    file: str
    because: tuple[str, ...]
    missed: tuple[tuple[str, tuple[str, ...]], ...]
    interpreters: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """The wheels that a machine gets; ``taken`` has several entries if interpreters differ."""

    machine: Machine
    taken: tuple[Taken, ...]

    @property
    def missed(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The variants that any of its interpreters miss, without duplicates."""
        return tuple(dict.fromkeys(item for taken in self.taken for item in taken.missed))


@dataclass(frozen=True)
class _Environment:
    """An interpreter on a machine: its name, and its tags, most preferred first."""

    interpreter: str
    tags: tuple[Tag, ...]


def choices(
    names: Sequence[WheelName], metadata: VariantMetadata | None
) -> tuple[tuple[Choice, ...], tuple[str, ...]]:
    """Return the wheels that each machine gets, and the systems that no wheel is for.

    ``metadata`` is the content of variants.json, None if installers cannot read one.
    """
    made: list[Choice] = []
    without: list[str] = []
    for machine in MACHINES:
        environments = list(_environments(machine, names))
        if not environments:
            without.append(machine.system.name)
            continue
        ranking = machine.host.rank(metadata) if metadata else None
        taken = [
            _taken(
                order_wheels(names, ranking, environment.tags),
                machine.host,
                environment.interpreter,
            )
            for environment in environments
        ]
        made.append(Choice(machine, _grouped(taken)))
    return tuple(made), tuple(dict.fromkeys(without))


def preference(metadata: VariantMetadata) -> tuple[str, ...]:
    """Return a release's labels in PEP 825's order for a machine that supports all properties."""
    listed: dict[str, dict[str, set[str]]] = {}
    for variant in metadata.variants:
        for item in variant.properties:
            features = listed.setdefault(item.namespace, {})
            features.setdefault(item.feature, set()).add(item.value)
    supported: Supported = {
        namespace: [
            (feature, sorted(sorted(values), key=_numbers, reverse=True))
            for feature, values in sorted(features.items())
        ]
        for namespace, features in listed.items()
    }
    return tuple(item.variant.label for item in rank_variants(metadata, supported))


def _environments(machine: Machine, names: Sequence[WheelName]) -> Iterator[_Environment]:
    """Yield the interpreters that have any wheel for a machine.

    If all wheels are for any Python, that counts as one interpreter.
    """
    platforms_of = {
        library: sorted(
            {
                platform
                for name in names
                for platform in name.platform.split(".")
                if system_of(platform) in systems
            },
            key=_platform_key,
            reverse=True,
        )
        for library, systems in machine.system.builds.items()
    }
    found: dict[str, _Environment] = {}
    for library, platforms in platforms_of.items():
        for python, abi in _interpreters(names, {"any", *platforms}):
            if library and not platforms:
                continue
            title = abi if abi.startswith(python) else python
            title += f" ({library})" if library else ""
            found[title] = _Environment(title, tuple(_tags(python, abi, platforms)))
    own = [item for title, item in found.items() if not title.startswith("py")]
    ordered = sorted(own or found.values(), key=lambda item: natural(item.interpreter))
    yield from ordered[-_MOST_INTERPRETERS:]


def _interpreters(names: Iterable[WheelName], platforms: set[str]) -> list[tuple[str, str]]:
    pairs = {
        pair
        for name in names
        if not platforms.isdisjoint(name.platform.split("."))
        for pair in itertools.product(name.python.split("."), name.abi.split("."))
    }
    return sorted(pair for pair in pairs if not pair[0].startswith("py2"))


def _tags(python: str, abi: str, platforms: Sequence[str]) -> Iterator[Tag]:
    version = _CPYTHON.fullmatch(python)
    if version:
        numbers = int(version[1]), int(version[2])
        own = abi if abi.startswith("cp") else python
        yield from cpython_tags(numbers, [own], platforms)
        yield from compatible_tags(numbers, python, platforms)
        return
    for platform in (*platforms, "any"):
        yield Tag(python, abi, platform)
    yield from (Tag("py3", "none", platform) for platform in (*platforms, "any"))


def _taken(wheels: Sequence[RankedWheel], host: Host, interpreter: str) -> Taken:
    wheel = first_fitting(wheels)
    if wheel is None:
        return Taken(None, "", (), (), (interpreter,))
    matches = wheel.variant.matches if wheel.variant else ()
    used = {match.namespace for match in matches}
    because = tuple(map(str, matches))
    missed = tuple(_missed(wheels, host, used))
    return Taken(wheel.name.label, wheel.name.filename, because, missed, (interpreter,))


def _missed(
    wheels: Iterable[RankedWheel], host: Host, used: set[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    variants = [
        wheel.variant
        for wheel in wheels
        if wheel.variant and wheel.tag_priority is not None and not wheel.compatible
    ]
    namespaces = {name for item in variants for name in item.variant.namespaces}
    for namespace in sorted(namespaces - used):
        if host.features(namespace):
            own = [item for item in variants if namespace in item.variant.namespaces]
            # Among equals the one with the lowest values, which is for the oldest hardware.
            nearest = min(own, key=lambda item: (len(item.unsupported), item.variant.properties))
            lacking = (
                f"{item.namespace} :: {item.feature} :: {' or '.join(item.values)}"
                for item in nearest.unsupported
            )
            yield nearest.variant.label, tuple(lacking)


def _grouped(taken: Iterable[Taken]) -> tuple[Taken, ...]:
    """Merge the entries of interpreters that get the same label."""
    groups: dict[tuple[str | None, bool], Taken] = {}
    for item in taken:
        key = item.label, bool(item.file)
        first = groups.setdefault(key, item)
        if first is not item:
            interpreters = (*first.interpreters, *item.interpreters)
            groups[key] = replace(first, interpreters=interpreters)
    return tuple(groups.values())


def _numbers(value: str) -> tuple[int, ...]:
    # Python refuses to read numbers with very many digits.
    return tuple(map(int, re.findall(r"\d{1,100}", value)))


def _platform_key(platform: str) -> tuple[int, ...]:
    start, _, rest = platform.partition("_")
    return _numbers(f"{_LEGACY.get(start, start)}_{rest}")
