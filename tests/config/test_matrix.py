"""Axes make combinations, templates make labels, globs choose among them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelnext_build.config.matrix import (
    Axis,
    Combination,
    by_namespace,
    combinations,
    is_glob,
    label_of,
    matches,
    select,
)

LEVEL = Axis("x86_64", "level", (("v3",), ("v4",)))
ARCH = Axis("nvidia", "sm_arch", (("80_real",), ("90_real", "90_virtual")))


def test_the_first_axis_changes_slowest() -> None:
    found = [list(by_namespace(item).values()) for item in combinations([ARCH, LEVEL])]
    assert found == [
        [{"sm_arch": ("80_real",)}, {"level": ("v3",)}],
        [{"sm_arch": ("80_real",)}, {"level": ("v4",)}],
        [{"sm_arch": ("90_real", "90_virtual")}, {"level": ("v3",)}],
        [{"sm_arch": ("90_real", "90_virtual")}, {"level": ("v4",)}],
    ]


@pytest.mark.parametrize("axes", [[], [LEVEL, Axis("nvidia", "sm_arch", ())]])
def test_no_axis_and_an_empty_one_make_nothing(axes: list[Axis]) -> None:
    assert list(combinations(axes)) == []


def test_a_pattern_compares_whole_choices() -> None:
    combination = {("nvidia", "sm_arch"): ("90_real", "90_virtual"), ("x86_64", "level"): ("v3",)}
    assert matches(combination, {("nvidia", "sm_arch"): ("90_real", "90_virtual")})
    assert matches(combination, combination)
    assert not matches(combination, {("nvidia", "sm_arch"): ("90_real",)})
    assert not matches(combination, {("x86_64", "level"): ("v3",), ("a", "b"): ("c",)})


COMBINATION: Combination = {
    ("nvidia", "cuda_version_lower_bound"): ("13.0",),
    ("nvidia", "sm_arch"): ("90_real", "90_virtual"),
}
SHARED: Combination = {("a", "kind"): ("x",), ("b", "kind"): ("y",)}


@pytest.mark.parametrize(
    ("combination", "template", "label"),
    [
        (COMBINATION, None, "cu13.0_sm90_ptx90"),
        (COMBINATION, "cu13_sm{sm_arch}", "cu13_sm90_ptx90"),
        (COMBINATION, "{cuda_version_lower_bound}.{nvidia.sm_arch}", "13.0.90_ptx90"),
        (COMBINATION, "gpu", "gpu"),
        (SHARED, "{a.kind}_{b.kind}", "x_y"),
    ],
)
def test_a_template_is_filled_in(combination: Combination, template: str, label: str) -> None:
    assert label_of(combination, template) == label


@pytest.mark.parametrize(
    ("combination", "template", "missing"),
    [
        (COMBINATION, "{sm}", "sm"),
        (COMBINATION, "{}", ""),
        (COMBINATION, "{sm_arch[0]}", "sm_arch[0]"),
        (COMBINATION, "{x86_64.sm_arch}", "x86_64.sm_arch"),
        (SHARED, "{kind}", "kind"),
    ],
)
def test_a_field_that_names_no_axis_or_two_is_an_error(
    combination: Combination, template: str, missing: str
) -> None:
    with pytest.raises(KeyError) as info:
        label_of(combination, template)
    assert info.value.args == (missing,)


@pytest.mark.parametrize("template", ["{sm_arch", "sm_arch}", "{sm_arch:>3}", "{sm_arch!r}"])
def test_a_template_with_odd_braces_is_an_error(template: str) -> None:
    with pytest.raises(ValueError, match=r"'[{}]'|'}' before end|no format and no conversion"):
        label_of(COMBINATION, template)


LABELS = ("x86_64_v2", "x86_64_v3", "x86_64_v4", "cu13.0_sm80", "null")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("x86_64_v3", ["x86_64_v3"]),
        ("x86_64", []),
        ("x86_64_*", ["x86_64_v2", "x86_64_v3", "x86_64_v4"]),
        ("*v?", ["x86_64_v2", "x86_64_v3", "x86_64_v4"]),
        ("x86_64_v{2,4}", ["x86_64_v2", "x86_64_v4"]),
        ("{null,x86_64_{v2,v4},cu*}", ["x86_64_v2", "x86_64_v4", "cu13.0_sm80", "null"]),
        ("x86_64_v{2,4", ["x86_64_v2", "x86_64_v4"]),
        ("cu13?0_sm80", ["cu13.0_sm80"]),
        ("cu13.._sm80", []),
        ("x86_64_v[34]", []),
        ("v3|null", []),
        ("(null)", []),
        ("*", list(LABELS)),
        ("", []),
    ],
)
def test_globs_choose_labels_in_their_order(pattern: str, expected: list[str]) -> None:
    assert list(select(LABELS, pattern)) == expected


def test_a_label_is_no_glob() -> None:
    assert not any(map(is_glob, LABELS))
    assert all(map(is_glob, ["x*", "v?", "{a,b}"]))


@given(st.text(max_size=8), st.lists(st.from_regex(r"[0-9a-z_.]{1,5}", fullmatch=True)))
def test_no_pattern_is_taken_for_a_regular_expression(pattern: str, labels: list[str]) -> None:
    chosen = select(labels, pattern)
    if not is_glob(pattern):
        assert set(chosen) == {label for label in labels if label == pattern}
