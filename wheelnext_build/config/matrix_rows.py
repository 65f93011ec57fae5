"""Read the variants of ``[[tool.wheelnext-build.matrix]]``: each row's axes, rules and labels.

Mistakes go into the table's report and reading goes on, so that one run finds every mistake.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName

from ..variants.variant import VALUE_RULE, is_label, is_name
from .declarations import Draft, check_names, choice_of, draft_of, features_of, in_quotes
from .matrix import Axis, Combination, combinations, fields_of, label_of, matches, parts_of
from .toml_table import Table, did_you_mean, dotted, type_name


def matrix_variants(tool: Table) -> Iterator[Draft]:
    """Yield the variants of ``[[tool.wheelnext-build.matrix]]``."""
    for row in tool.tables("matrix"):
        row.only()
        condition = _condition(row)
        template = _template(row)
        for combination in _expand(row):
            label = _label(combination, template, row)
            draft = draft_of(label, combination, row.path, row.report)
            if draft is not None:
                yield Draft(draft.variant, draft.where, condition)


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
    """Return the combinations of one row, after exclude and include."""
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
        addition = dict(features_of(table))
        if table.is_empty:
            row.report.add(table.path, "adds nothing: it names no property", _REMOVE)
        elif addition in kept:
            row.report.add(table.path, "adds nothing: this combination is there already", _REMOVE)
        elif len(row.report.problems) == mistakes and not table.is_wrong:
            kept.append(addition)
    return kept


_MOST_COMBINATIONS = 10_000
"""Limit for one row: no release has so many wheels, and a few more axes would make millions."""

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
                hint = in_quotes([value]) if not isinstance(value, dict) else "write a list"
                table.report.add(where, f"must be a list, not {type_name(value)}", hint)
                value = [value] if isinstance(value, str) else []
            elif not value:
                hint = "list at least one value, or leave the axis out"
                table.report.add(where, "is an empty axis: it makes no variant", hint)
            read = (choice_of(item, dotted(where, i), table.report) for i, item in enumerate(value))
            valid = [choice for choice in read if choice is not None]
            if len(set(valid)) != len(valid):
                table.report.add(where, "the same choice is listed twice", "keep one of them")
            # An invalid axis gets no choices, so that variants without it are not reported too.
            sound = is_name(namespace) and is_name(feature)
            yield Axis(namespace, feature, tuple(dict.fromkeys(valid)) if sound else ())


def _excluded(row: Table, axes: list[Axis], found: list[Combination]) -> list[Combination]:
    excluded: list[Combination] = []
    for table in row.tables("exclude"):
        pattern = dict(features_of(table))
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
    """Return the row's label template; None, after a report, if it is missing or invalid.

    The names of its fields are compared with the tables as written, so that a mistake in an axis
    neither hides a mistake in the label nor causes one.
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
    """Return the combination's label; after a report, the default if the template has none."""
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
