"""What a project says about dependencies that differ by variant: ``dependencies`` and
``build-requires`` of ``[tool.wheelnext-build]``, and what abi_dependency promises.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packaging.version import Version

from .errors import GrammarError
from .tomltable import Report, Table, did_you_mean
from .variant import Variant
from .variantmarkers import LABEL, SETS, VariantRequirement

PROVIDER = "wheelnext-build"
"""This package's name among the providers of ``[[tool.dynamic-metadata]]``."""

_ENTRY = f'[[tool.dynamic-metadata]] with provider = "{PROVIDER}"'


@dataclass(frozen=True)
class VariantDependencies:
    """The requirements of the wheels, and of their builds."""

    dependencies: tuple[VariantRequirement, ...] = ()
    build_requires: tuple[VariantRequirement, ...] = ()

    def of_wheel(self, variant: Variant | None) -> tuple[str, ...]:
        """What the wheel of a variant (None: the plain wheel) depends on beyond [project]."""
        pins = abi_pins(variant) if variant else ()
        return (*_decided(self.dependencies, variant), *pins)

    def of_build(self, variant: Variant | None) -> tuple[str, ...]:
        """What the build of that wheel needs beyond ``build-system.requires``."""
        return _decided(self.build_requires, variant)


def parse(tool: Table) -> VariantDependencies:
    """Read the two lists; what is wrong with them goes into the table's report."""
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


def check(
    parsed: VariantDependencies,
    variants: Iterable[Variant],
    pyproject: Mapping[str, object],
    report: Report,
) -> None:
    """Report what no variant answers to, and wheels whose dependencies nothing would write down."""
    variants = list(variants)
    for key, requirements in (
        ("dependencies", parsed.dependencies),
        ("build-requires", parsed.build_requires),
    ):
        for requirement in requirements:
            _check_is_asked_of_one(f"tool.wheelnext-build.{key}", requirement, variants, report)
    pinned = [variant for variant in variants if abi_pins(variant)]
    if "project" not in pyproject:  # a fragment: there are no wheels of it
        return
    if parsed.dependencies:
        _check_standing("tool.wheelnext-build.dependencies", pyproject, report)
    elif pinned:
        what = f"variant {pinned[0].label!r} is built against {', '.join(abi_pins(pinned[0]))}"
        _check_standing(f"{what}, and its wheel must depend on that", pyproject, report)


def _check_is_asked_of_one(
    where: str, requirement: VariantRequirement, variants: list[Variant], report: Report
) -> None:
    known: dict[str, set[str]] = {LABEL: {"", "null", *(variant.label for variant in variants)}}
    for variable, parts in SETS.items():
        texts = [str(item).split(" :: ") for variant in variants for item in variant.properties]
        known[variable] = {" :: ".join(text[:parts]) for text in texts}
    for variable, comparison, text in requirement.asked_for():
        if variable == LABEL and comparison in ("in", "not in"):
            # This compares with a part of a label, or with several labels.
            matches = any(text in label or label in text.split() for label in known[LABEL])
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


def _check_standing(what: str, pyproject: Mapping[str, object], report: Report) -> None:
    """Dependencies may differ between wheels only where [project] says so (PEP 621, PEP 643)."""
    entries = _list(_entry(pyproject, "tool", "dynamic-metadata"))
    providers = [_entry(entry, "provider") for entry in entries]
    missing = []
    if "dependencies" not in _list(_entry(pyproject, "project", "dynamic")):
        missing.append('dynamic = ["dependencies"] in [project]')
    if PROVIDER not in providers:
        missing.append(_ENTRY)
    if missing:
        report.add(
            what if what.startswith("tool.") else "project.dynamic",
            f"needs {' and '.join(missing)}"
            if what.startswith("tool.")
            else f"{what}: needs {' and '.join(missing)}",
            "dependencies that are the same in all wheels may stay in project.dependencies",
        )


def _entry(table: object, *keys: str) -> object:
    """A value in tables that are other tools' to check; None where it is not there."""
    for key in keys:
        table = table.get(key) if isinstance(table, Mapping) else None
    return table


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def abi_pins(variant: Variant) -> tuple[str, ...]:
    """The releases that a variant was built for, as requirements (PEP 850, abi_dependency)."""
    features = variant.as_mapping().get("abi_dependency", {})
    return tuple(f"{name.replace('_', '-')}{_pin(values)}" for name, values in features.items())


def _pin(values: tuple[str, ...]) -> str:
    """A specifier that has the releases of all prefixes, and of prefixes between them none."""
    ordered = sorted(values, key=Version)
    if len(ordered) == 1:
        return f"=={ordered[0]}.*"
    parts = [text.split(".") for text in ordered]
    first, last = parts[0], parts[-1]
    next_one = ".".join([*last[:-1], str(int(last[-1]) + 1)])
    gaps = []
    if all(part[:-1] == first[:-1] for part in parts):
        between = range(int(first[-1]), int(last[-1]))
        named = [".".join([*first[:-1], str(number)]) for number in between]
        gaps = [f"!={text}.*" for text in named if text not in ordered]
    return ",".join([f">={ordered[0]}", *gaps, f"<{next_one}.dev0"])


def _decided(
    requirements: Iterable[VariantRequirement], variant: Variant | None
) -> tuple[str, ...]:
    found = (requirement.for_variant(variant) for requirement in requirements)
    return tuple(dict.fromkeys(text for text in found if text is not None))
