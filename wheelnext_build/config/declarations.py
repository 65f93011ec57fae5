"""How variants are declared: the ``[variant]`` table, the matrix, and what both must obey.

Everything here reports into the table's Report and goes on, so that one run finds every mistake.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName

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
    Axis,
    Combination,
    Values,
    by_namespace,
    combinations,
    fields_of,
    label_of,
    matches,
    parts_of,
)
from .toml_table import Mistakes, Table, did_you_mean, dotted, type_name
from .variant_dependencies import abi_pins


@dataclass(frozen=True)
class Draft:
    """A declared variant before it is known whether all declarations fit together."""

    variant: Variant
    where: str
    conditions: tuple[Marker, ...] = ()


def parse_property(text: str, where: str, report: Mistakes) -> Property | None:
    """Read a property; what is wrong with it goes into the report."""
    try:
        return Property.parse(text)
    except GrammarError as error:
        report.add(where, str(error))
        return None


def standard_variants(standard: Table) -> Iterator[Draft]:
    """The variants of ``[variant.variants]`` (building draft, "pyproject.toml integration")."""
    standard.only()
    standard.string("$schema")
    variants = standard.table("variants")
    for label in variants:
        where = variants.at(label)
        table = variants.table(label)
        combination = dict(_features(table))
        if not is_label(label):
            variants.report.add(where, f"{label!r} cannot be a label", f"allowed: {VALUE_RULE}")
        elif combination or table.is_empty:
            draft = _draft(label, combination, where, variants.report)
            if draft is not None:
                yield draft


def matrix_variants(tool: Table) -> Iterator[Draft]:
    """The variants of ``[[tool.wheelnext-build.matrix]]``."""
    for row in tool.tables("matrix"):
        row.only()
        condition = _condition(row)
        template = _template(row)
        for combination in _expand(row):
            label = _label(combination, template, row)
            draft = _draft(label, combination, row.path, row.report)
            if draft is not None:
                yield Draft(draft.variant, draft.where, condition)


def merged(drafts: Iterable[Draft], report: Mistakes) -> list[Draft]:
    """One draft per label; what two rows declare alike is built where either's condition holds.

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
    """The drafts that some machine can support; values and pairs that none can are reported."""
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


def _features(table: Table) -> Iterator[tuple[tuple[str, str], Values]]:
    """``namespace -> feature -> value(s)`` as (namespace, feature), choice; mistakes reported."""
    for namespace in table:
        check_names([namespace], table.at(namespace), table.report)
        features = table.table(namespace)
        if features.is_empty:
            hint = "name a feature and its values, or leave the namespace out"
            table.report.add(features.path, "is empty", hint)
        for feature in features:
            check_names([feature], features.at(feature), table.report)
            choice = _choice(features.get(feature), features.at(feature), table.report)
            if choice is not None and is_name(namespace) and is_name(feature):
                yield (namespace, feature), choice


def _choice(value: object, where: str, report: Mistakes) -> Values | None:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
        what = f"must be a value or a list of values, not {type_name(value)}"
        report.add(where, what, _in_quotes(value))
        return None
    if not values:
        report.add(where, "is empty", "list at least one value, or leave the feature out")
        return None
    if bad := [item for item in values if not is_value(item)]:
        report.add(where, f"{bad[0]!r} cannot be a value", f"allowed: {VALUE_RULE}")
        return None
    if twice := [item for item in values if values.count(item) > 1]:
        report.add(where, f"{twice[0]!r} stands twice in it", "keep one of them")
    return tuple(sorted(set(values)))


def _in_quotes(value: object) -> str:
    """What to write instead of values that are not strings."""
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str | int | float) for item in items):
        return "values are strings in quotes"
    quoted = [f'"{str(i).lower() if isinstance(i, bool) else i}"' for i in items]
    return f"write [{', '.join(quoted)}]" if isinstance(value, list) else f"write {quoted[0]}"


def _draft(label: str, combination: Combination, where: str, report: Mistakes) -> Draft | None:
    if label == NULL_LABEL and not combination:
        return Draft(NULL, where)
    try:
        return Draft(Variant.from_mapping(label, by_namespace(combination)), where)
    except GrammarError as error:
        report.add(where, str(error))
        return None


def _condition(row: Table) -> tuple[Marker, ...]:
    text = row.string("when")
    if text is None:
        return ()
    try:
        marker = Marker(text)
        marker.evaluate()
    except (ValueError, RecursionError) as error:
        row.report.add(row.at("when"), f"not a marker: {str(error).splitlines()[0]}", _WHEN_HINT)
    except (UndefinedEnvironmentName, UndefinedComparison) as error:
        row.report.add(row.at("when"), f"cannot be evaluated: {error}", _WHEN_HINT)
    else:
        return (marker,)
    return ()


_WHEN_HINT = "write it like a dependency's marker: sys_platform == 'linux'"


def _expand(row: Table) -> list[Combination]:
    """The combinations of one row, after exclude and include."""
    table = row.table("axes")
    axes = list(_axes(table))
    if table.is_empty and not row.get("include") and not row.is_wrong:
        hint = 'axes.<namespace>.<feature> = ["..."] makes one for each value'
        row.report.add(row.path, "has neither axes nor include: it makes no variant", hint)
    count = math.prod(len(axis.choices) for axis in axes)
    if count > _MOST_COMBINATIONS:
        what = f"make {count} combinations, over the {_MOST_COMBINATIONS} allowed"
        row.report.add(row.at("axes"), what, "name fewer values, or write several rows")
        return []
    found: list[Combination] = list(combinations(axes))
    excluded = _excluded(row, axes, found)
    kept = [combination for combination in found if combination not in excluded]
    if found and not kept:
        row.report.add(row.at("exclude"), "removes every combination", "exclude fewer of them")
    for table in row.tables("include"):
        mistakes = len(row.report.problems)
        addition = dict(_features(table))
        if table.is_empty:
            row.report.add(table.path, "adds nothing: it names no property", _REMOVE)
        elif addition in kept:
            row.report.add(table.path, "adds nothing: this combination is there already", _REMOVE)
        elif len(row.report.problems) == mistakes and not table.is_wrong:
            kept.append(addition)
    return kept


_MOST_COMBINATIONS = 10_000
"""Of one row; nobody builds or publishes so many, and a few axes more make millions."""

_REMOVE = "remove it, or name another combination"


def _axes(table: Table) -> Iterator[Axis]:
    for namespace in table:
        check_names([namespace], table.at(namespace), table.report)
        features = table.table(namespace)
        if features.is_empty:
            hint = "name a feature and its values, or leave the namespace out"
            table.report.add(features.path, "is empty: it makes no variant", hint)
        for feature in features:
            where = features.at(feature)
            check_names([feature], where, table.report)
            value = features.get(feature)
            if not isinstance(value, list):
                hint = _in_quotes([value]) if not isinstance(value, dict) else "write a list"
                table.report.add(where, f"must be a list, not {type_name(value)}", hint)
                value = [value] if isinstance(value, str) else []
            elif not value:
                hint = "list at least one value, or leave the axis out"
                table.report.add(where, "is an empty axis: it makes no variant", hint)
            read = (_choice(item, dotted(where, i), table.report) for i, item in enumerate(value))
            valid = [choice for choice in read if choice is not None]
            if len(set(valid)) != len(valid):
                table.report.add(where, "the same choice stands twice in it", "keep one of them")
            # A mistaken axis has no choice: nothing further is made up, and reported, without it.
            sound = is_name(namespace) and is_name(feature)
            yield Axis(namespace, feature, tuple(dict.fromkeys(valid)) if sound else ())


def _excluded(row: Table, axes: list[Axis], found: list[Combination]) -> list[Combination]:
    excluded: list[Combination] = []
    for table in row.tables("exclude"):
        pattern = dict(_features(table))
        hit = [combination for combination in found if pattern and matches(combination, pattern)]
        if row.table("axes").is_empty:
            hint = "remove it: what is not wanted need not be included"
            row.report.add(table.path, "removes nothing: there are no axes", hint)
        elif found and not hit and (pattern or table.is_empty):
            offered = "; ".join(
                f"{axis.namespace}.{axis.feature}: "
                + ", ".join(str(list(c)) if len(c) > 1 else repr(c[0]) for c in axis.choices)
                for axis in axes
            )
            row.report.add(
                table.path, "removes nothing", f"it must repeat choices of the axes: {offered}"
            )
        excluded += hit
    return excluded


def _template(row: Table) -> str | None:
    """The row's label template; None, after a report, where none can be filled in.

    What it may name is read from the tables as they are written, so that a mistake in an axis
    neither hides one in the label nor makes one up.
    """
    template = row.string("label")
    if template is None:
        return None
    where = row.at("label")
    named = {
        name: None
        for table in (row.table("axes"), *row.tables("include"))
        for namespace in table
        for feature in table.table(namespace)
        for name in (feature, f"{namespace}.{feature}")
    }
    try:
        parts = parts_of(template)
    except ValueError as error:
        row.report.add(where, f"not a template: {error}", f"fields here: {_fields(named)}")
        return None
    mistakes = len(row.report.problems)
    texts = [text for text, _ in parts if text] if parts else [""]
    for text in texts:
        if not is_label(text):
            row.report.add(where, f"{text!r} cannot be in a label", f"allowed: {VALUE_RULE}")
    for name in (name for _, name in parts if name is not None and name not in named):
        hint = did_you_mean(name, named) or f"fields here: {_fields(named)}"
        row.report.add(where, f"there is no axis {name!r}", hint)
    return template if len(row.report.problems) == mistakes else None


def _fields(names: Iterable[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def _label(combination: Combination, template: str | None, row: Table) -> str:
    """The combination's label; the default one, after a report, where the template has none."""
    try:
        return label_of(combination, template)
    except KeyError as error:
        (name,) = error.args
        names = [f"{namespace}.{feature}" for namespace, feature in combination]
        if several := [full for full in names if full.endswith(f".{name}")]:
            what = f"{{{name}}} can be {' and '.join(several)}"
            hint = f"write one of {_fields(several)}"
        else:
            what = f"{{{name}}} has no value where a combination is of {', '.join(names)}"
            hint = f"name only {_fields(fields_of(combination))}, or make it a matrix of its own"
        row.report.add(row.at("label"), what, hint)
    return label_of(combination, None)


def check_names(names: Iterable[str], where: str, report: Mistakes) -> None:
    """Report names that can be neither namespace nor feature."""
    for name in names:
        if not is_name(name):
            report.add(where, f"{name!r} cannot be a namespace or feature", f"allowed: {NAME_RULE}")


_PROJECT = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
"""A project's normalised name, as abi_dependency has it: with underscores."""


def _check_known(item: Property, where: str, report: Mistakes) -> bool:
    """Whether installers can know the property; reported where they cannot."""
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
