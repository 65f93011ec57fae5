"""Dependencies that differ by variant.

They come from ``dependencies`` and ``build-requires`` of ``[tool.wheelnext-build]``, and from
properties of the namespace abi_dependency.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from ..errors import GrammarError
from ..variants.markers import LABEL_MARKER, SET_MARKERS, VariantRequirement
from ..variants.variant import Variant
from .toml_table import Mistakes, Table, did_you_mean, value_at

_MOST_BETWEEN = 1000
"""Limit of releases between two. A requirement can leave them out only by naming each of them."""

DYNAMIC_PROVIDER = "wheelnext-build"
"""This package's name among the providers of ``[[tool.dynamic-metadata]]``."""


@dataclass(frozen=True)
class VariantDependencies:
    """The requirements of the wheels, and of their builds."""

    dependencies: tuple[VariantRequirement, ...] = ()
    build_requires: tuple[VariantRequirement, ...] = ()

    def of_wheel(self, variant: Variant | None) -> tuple[str, ...]:
        """Return a wheel's dependencies beyond [project]; variant None is the plain wheel."""
        pins = abi_pins(variant) if variant else ()
        return (*_decided(self.dependencies, variant), *pins)

    def of_build(self, variant: Variant | None) -> tuple[str, ...]:
        """Return the requirements of a wheel's build beyond ``build-system.requires``."""
        return _decided(self.build_requires, variant)


def parse(tool: Table) -> VariantDependencies:
    """Read the two lists; mistakes go into the table's report."""
    return VariantDependencies(
        _requirements(tool, "dependencies"), _requirements(tool, "build-requires")
    )


def _requirements(tool: Table, key: str) -> tuple[VariantRequirement, ...]:
    found = []
    for index, text in enumerate(tool.strings(key)):
        try:
            found.append(VariantRequirement.parse(text))
        except GrammarError as error:
            tool.report.add(f"{tool.at(key)}[{index}]", f"{text!r}: {error}")
    return tuple(found)


def check(parsed: VariantDependencies, variants: Sequence[Variant], report: Mistakes) -> None:
    """Report markers that name labels or properties that no variant has."""
    for key, requirements in (
        ("dependencies", parsed.dependencies),
        ("build-requires", parsed.build_requires),
    ):
        for requirement in requirements:
            _check_is_asked_of_one(f"tool.wheelnext-build.{key}", requirement, variants, report)


def check_written(
    parsed: VariantDependencies,
    variants: Sequence[Variant],
    pyproject: Mapping[str, object],
    report: Mistakes,
) -> None:
    """Report wheels whose dependencies would not reach their metadata; variants must be valid."""
    if "project" not in pyproject:  # a fragment: no wheels are built from it
        return
    pinned = [variant for variant in variants if abi_pins(variant)]
    if not (parsed.dependencies or pinned) or not (missing := _missing(pyproject)):
        return
    hint = "dependencies that are the same in all wheels may stay in project.dependencies"
    if parsed.dependencies:
        report.add("tool.wheelnext-build.dependencies", f"needs {missing}", hint)
    else:
        pins = ", ".join(abi_pins(pinned[0]))
        what = f"variant {pinned[0].label!r} is built against {pins}, and must depend on it"
        report.add("project.dynamic", f"{what}: needs {missing}", hint)


def _check_is_asked_of_one(
    where: str, requirement: VariantRequirement, variants: Sequence[Variant], report: Mistakes
) -> None:
    known: dict[str, set[str]] = {
        LABEL_MARKER: {"", "null", *(variant.label for variant in variants)}
    }
    for variable, parts in SET_MARKERS.items():
        texts = [str(item).split(" :: ") for variant in variants for item in variant.properties]
        known[variable] = {" :: ".join(text[:parts]) for text in texts}
    for variable, comparison, text in requirement.asked_for():
        if variable == LABEL_MARKER and comparison in ("in", "not in"):
            # The text may be a part of a label, or a list of several labels.
            matches = any(text in label or label in text.split() for label in known[LABEL_MARKER])
        else:
            matches = text in known[variable]
        if not matches:
            hint = did_you_mean(text, known[variable])
            names = ", ".join(sorted(filter(None, known[variable])))
            report.add(
                where,
                f"{requirement.text!r} asks for {text!r} in {variable}, which no variant has",
                hint or f"there are: {names or 'none'}",
            )


def _missing(pyproject: Mapping[str, object]) -> str:
    """Return the missing settings for dependencies that differ by wheel (PEP 621, PEP 643)."""
    entries = _list(value_at(pyproject, "tool", "dynamic-metadata"))
    missing = []
    if "dependencies" not in _list(value_at(pyproject, "project", "dynamic")):
        missing.append('dynamic = ["dependencies"] in [project]')
    if DYNAMIC_PROVIDER not in [value_at(entry, "provider") for entry in entries]:
        missing.append(f'[[tool.dynamic-metadata]] with provider = "{DYNAMIC_PROVIDER}"')
    return " and ".join(missing)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def abi_pins(variant: Variant) -> tuple[str, ...]:
    """Return the releases that a variant was built for, as requirements (PEP 850, abi_dependency).

    Raises GrammarError if the requirements would have to leave out too many releases.
    """
    features = variant.as_mapping().get("abi_dependency", {})
    return tuple(
        f"{name.replace('_', '-')}{_pin(name, values)}" for name, values in features.items()
    )


def _pin(name: str, values: tuple[str, ...]) -> str:
    """Return a specifier for the releases of these prefixes, without those of prefixes between."""
    ordered = sorted(values, key=Version)
    if len(ordered) == 1:
        return f"=={ordered[0]}.*"
    parts = [text.split(".") for text in ordered]
    first, last = parts[0], parts[-1]
    next_one = ".".join([*last[:-1], str(int(last[-1]) + 1)])
    gaps = []
    if all(part[:-1] == first[:-1] for part in parts):
        between = range(int(first[-1]), int(last[-1]))
        if len(between) > _MOST_BETWEEN:
            ends = f"{ordered[0]} and {ordered[-1]}"
            raise GrammarError(f"abi_dependency.{name}: {ends} are {len(between)} releases apart")
        named = [".".join([*first[:-1], str(number)]) for number in between]
        gaps = [f"!={text}.*" for text in named if text not in ordered]
    return ",".join([f">={ordered[0]}", *gaps, f"<{next_one}.dev0"])


def _decided(
    requirements: Iterable[VariantRequirement], variant: Variant | None
) -> tuple[str, ...]:
    found = (requirement.for_variant(variant) for requirement in requirements)
    return tuple(dict.fromkeys(text for text in found if text is not None))
