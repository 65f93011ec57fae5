"""Declared variants: those of the ``[variant]`` table, and the rules for all of them.

:mod:`.matrix_rows` reads those of the matrix. Mistakes go into the table's report and reading goes
on, so that one run finds every mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packaging.markers import Marker

from ..errors import GrammarError
from ..variants.known_properties import KNOWN, machines_of
from ..variants.variant import (
    NAME_RULE,
    NULL,
    NULL_LABEL,
    VALUE_RULE,
    Property,
    Variant,
    is_label,
    is_name,
    is_value,
)
from .matrix import (
    Combination,
    Values,
    by_namespace,
)
from .toml_table import Mistakes, Table, did_you_mean, type_name
from .variant_dependencies import abi_pins


@dataclass(frozen=True)
class Draft:
    """A declared variant that has not been checked against the other declarations yet."""

    variant: Variant
    where: str
    conditions: tuple[Marker, ...] = ()


def parse_property(text: str, where: str, report: Mistakes) -> Property | None:
    """Read a property; None, after a report, if it is not valid."""
    try:
        return Property.parse(text)
    except GrammarError as error:
        report.add(where, str(error))
        return None


def standard_variants(standard: Table) -> Iterator[Draft]:
    """Yield the variants of ``[variant.variants]``.

    (Building draft, "pyproject.toml integration".)
    """
    standard.only()
    standard.string("$schema")
    variants = standard.table("variants")
    for label in variants:
        where = variants.at(label)
        table = variants.table(label)
        combination = dict(features_of(table))
        if not is_label(label):
            variants.report.add(where, f"{label!r} cannot be a label", f"allowed: {VALUE_RULE}")
        elif combination or table.is_empty:
            draft = draft_of(label, combination, where, variants.report)
            if draft is not None:
                yield draft


def merged(drafts: Iterable[Draft], report: Mistakes) -> list[Draft]:
    """Return one draft per label; one declared twice is built if either condition holds.

    Reports a label with two sets of properties and a set of properties with two labels.
    """
    by_label: dict[str, Draft] = {}
    by_properties: dict[tuple[Property, ...], Draft] = {}
    for draft in drafts:
        variant = draft.variant
        first = by_label.setdefault(variant.label, draft)
        other = by_properties.setdefault(variant.properties, draft)
        if first.variant != variant:
            report.add(
                draft.where,
                f"the label {variant.label!r} stands for two sets of properties: "
                f"{variant.describe()} here, {first.variant.describe()} in {first.where}",
                "give one of them another label"
                if first.where != draft.where
                else "the label must name each axis with several choices",
            )
        elif other.variant.label != variant.label:
            report.add(
                draft.where,
                f"{variant.label!r} and {other.variant.label!r} (in {other.where}) have the same "
                f"properties: {variant.describe()}",
                "keep one of the two labels",
            )
        elif first is not draft:
            always = not (first.conditions and draft.conditions)
            conditions = () if always else (*first.conditions, *draft.conditions)
            by_label[variant.label] = Draft(variant, first.where, conditions)
    return list(by_label.values())


def check_properties(drafts: Iterable[Draft], report: Mistakes) -> list[Draft]:
    """Return the drafts that some machine can support, and report the others."""
    possible = []
    for draft in drafts:
        known = [_check_known(item, draft.where, report) for item in draft.variant.properties]
        machines = machines_of(draft.variant)
        if len(machines) > 1:
            needs = f"variant {draft.variant.label!r} needs {' and '.join(machines)}"
            report.add(draft.where, f"{needs}: no machine is both", "make a variant for each")
        elif all(known) and _can_be_pinned(draft, report):
            possible.append(draft)
    return possible


def _can_be_pinned(draft: Draft, report: Mistakes) -> bool:
    try:
        abi_pins(draft.variant)
    except GrammarError as error:
        report.add(draft.where, str(error), "make a variant for each")
        return False
    return True


def features_of(table: Table) -> Iterator[tuple[tuple[str, str], Values]]:
    """Yield ((namespace, feature), choice) for each feature of a table; report mistakes."""
    for namespace in table:
        check_names([namespace], table.at(namespace), table.report)
        features = table.table(namespace)
        if features.is_empty:
            hint = "name a feature and its values, or leave the namespace out"
            table.report.add(features.path, "is empty", hint)
        for feature in features:
            check_names([feature], features.at(feature), table.report)
            choice = choice_of(features.get(feature), features.at(feature), table.report)
            if choice is not None and is_name(namespace) and is_name(feature):
                yield (namespace, feature), choice


def choice_of(value: object, where: str, report: Mistakes) -> Values | None:
    """Return the sorted values of one choice; None, after a report, if they are not valid."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
        what = f"must be a value or a list of values, not {type_name(value)}"
        report.add(where, what, in_quotes(value))
        return None
    if not values:
        report.add(where, "is empty", "list at least one value, or leave the feature out")
        return None
    if bad := [item for item in values if not is_value(item)]:
        report.add(where, f"{bad[0]!r} cannot be a value", f"allowed: {VALUE_RULE}")
        return None
    if twice := [item for item in values if values.count(item) > 1]:
        report.add(where, f"{twice[0]!r} is listed twice", "keep one of them")
    return tuple(sorted(set(values)))


def in_quotes(value: object) -> str:
    """Return a hint on how to write values that are not strings."""
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str | int | float) for item in items):
        return "values are strings in quotes"
    quoted = [f'"{str(i).lower() if isinstance(i, bool) else i}"' for i in items]
    return f"write [{', '.join(quoted)}]" if isinstance(value, list) else f"write {quoted[0]}"


def draft_of(label: str, combination: Combination, where: str, report: Mistakes) -> Draft | None:
    """Return a draft of the variant; None, after a report, if PEP 825 does not allow it."""
    if label == NULL_LABEL and not combination:
        return Draft(NULL, where)
    try:
        return Draft(Variant.from_mapping(label, by_namespace(combination)), where)
    except GrammarError as error:
        report.add(where, str(error))
        return None


def check_names(names: Iterable[str], where: str, report: Mistakes) -> None:
    """Report names that cannot be a namespace or feature."""
    for name in names:
        if not is_name(name):
            report.add(where, f"{name!r} cannot be a namespace or feature", f"allowed: {NAME_RULE}")


_PROJECT = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
"""A normalised project name as abi_dependency spells it: with underscores."""


def _check_known(item: Property, where: str, report: Mistakes) -> bool:
    """Return whether the property is valid in its namespace, if that is known; report it if not."""
    known = KNOWN.get(item.namespace)
    if known is None:
        return True
    feature = known.feature(item.feature)
    if known.any_feature and not _PROJECT.fullmatch(item.feature):
        normalised = "_".join(re.findall("[^_]+", item.feature))
        hint = f"write {normalised!r}" if normalised else "name the dependency"
        what = f"{item.namespace}.{item.feature} is no project's normalised name"
        report.add(where, what, hint)
        return False
    if feature is None:
        hint = did_you_mean(item.feature, known.features) or f"known: {', '.join(known.features)}"
        report.add(where, f"{item.namespace!r} has no feature {item.feature!r}", hint)
        return False
    if not feature.allows(item.value):
        name = f"{item.namespace}.{item.feature}"
        hint = did_you_mean(item.value, feature.values)
        report.add(where, f"{name} cannot be {item.value!r}: it is {feature.expected}", hint)
        return False
    return True
