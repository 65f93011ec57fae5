"""flags-scope = "targets": one tree, in which only what a variant changes is compiled again."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from builds_tools import (
    Outcome,
    Project,
    evaluate,
    label_of,
    members,
    needs_x86_64,
    text_of,
)

pytestmark = [pytest.mark.build, needs_x86_64]

LABELS = ["null", "x86_64_v1", "x86_64_v3", "x86_64_v4"]


@pytest.fixture(scope="module")
def release(shared_project: Callable[[str], Project]) -> tuple[Project, Outcome]:
    """A project with all of its wheels, and what the build said."""
    project = shared_project("targets_scope")
    return project, project.build({"variants": "all"})


def test_all_variants_make_the_plain_wheel_null_and_the_labelled_ones(
    release: tuple[Project, Outcome],
) -> None:
    project, outcome = release
    assert project.labels() == ["", *LABELS]
    assert outcome.answer == project.wheel().name


def test_common_files_are_compiled_once(release: tuple[Project, Outcome]) -> None:
    _, outcome = release
    assert outcome.compiled("common.c") == 1
    assert outcome.compiled("module.c") == 1
    # Three levels, and no level: the plain wheel and null are compiled alike.
    assert outcome.compiled("kernels.c") == 4


@pytest.mark.parametrize(
    ("label", "level"), [("", 1), ("null", 1), ("x86_64_v1", 1), ("x86_64_v3", 3), ("x86_64_v4", 4)]
)
def test_only_the_kernels_have_the_level(
    release: tuple[Project, Outcome], label: str, level: int
) -> None:
    project, _ = release
    assert evaluate(project.wheel(label), "targets_scope.level()") == f"({level}, 1)"


def test_null_is_the_plain_wheel_with_another_name(release: tuple[Project, Outcome]) -> None:
    project, _ = release
    plain, null = members(project.wheel()), members(project.wheel("null"))
    added = "targets_scope-1.0.dist-info/variant.json"
    record = "targets_scope-1.0.dist-info/RECORD"
    assert {name for name in null if null[name] != plain.get(name)} == {added, record}
    assert json.loads(null[added])["variants"] == {"null": {}}


@pytest.mark.parametrize("label", LABELS)
def test_variant_json_names_its_own_variant(release: tuple[Project, Outcome], label: str) -> None:
    project, _ = release
    described = json.loads(text_of(project.wheel(label), "/variant.json"))
    assert list(described["variants"]) == [label]


def test_the_request_changes_nothing_about_a_wheel(
    release: tuple[Project, Outcome], project: Callable[[str], Project]
) -> None:
    together, _ = release
    alone = project("targets_scope")
    alone.build()
    alone.build({"variant-label": "x86_64_v3"})
    for label in ("", "x86_64_v3"):
        assert members(alone.wheel(label)) == members(together.wheel(label))


def test_twice_the_same_request_makes_the_same_bytes(project: Callable[[str], Project]) -> None:
    one = project("targets_scope")
    settings = {"variant-label": ["x86_64_v1", "x86_64_v4"]}
    one.build(settings)
    first = {path.name: path.read_bytes() for path in one.dist.iterdir()}
    one.clear()
    one.build(settings)
    assert {path.name: path.read_bytes() for path in one.dist.iterdir()} == first


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ("x86_64_v3", ["x86_64_v3"]),
        (["x86_64_v4", "x86_64_v1"], ["x86_64_v1", "x86_64_v4"]),
        ("x86_64_?1", ["x86_64_v1"]),
        (["x86_64_{v3,v4}", "null"], ["null", "x86_64_v3", "x86_64_v4"]),
    ],
)
def test_labels_and_globs(
    project: Callable[[str], Project], patterns: str | list[str], expected: list[str]
) -> None:
    built = project("targets_scope")
    outcome = built.build({"variant-label": patterns})
    assert built.labels() == expected
    assert label_of(built.dist / outcome.answer) == expected[0]


def test_an_unknown_label_lists_the_labels(project: Callable[[str], Project]) -> None:
    built = project("targets_scope")
    output = built.build({"variant-label": "x86_64_v33"}, status=2).output
    assert "x86_64_v33 matches no variant" in output
    assert "did you mean" in output
    for label in LABELS:
        assert label in output
    assert "Configuring CMake" not in output
    assert built.files() == []


def test_a_folder_with_spaces_braces_and_umlauts(project: Callable[[str], Project]) -> None:
    odd = project("targets_scope")
    folder = odd.folder.parent / "ä {x} b}"
    folder.mkdir()
    odd = Project(odd.folder.rename(folder / "{name} ü"), folder / "dist")
    odd.edit("pyproject.toml", "[tool.wheelnext-build]", KEPT + "[tool.wheelnext-build]")
    odd.build({"variant-label": "x86_64_v3"})
    assert evaluate(odd.wheel("x86_64_v3"), "targets_scope.level()") == "(3, 1)"


KEPT = """[tool.scikit-build]
build-dir = "build/{wheel_tag}"

"""


def test_a_kept_build_folder_saves_work_and_keeps_nothing_else(
    project: Callable[[str], Project],
) -> None:
    kept = project("targets_scope")
    kept.edit("pyproject.toml", "[tool.wheelnext-build]", KEPT + "[tool.wheelnext-build]")
    assert kept.build({"variant-label": "x86_64_v4"}).compiled("common.c") == 1
    again = kept.build({"variant-label": "x86_64_v3"})
    assert again.compiled("common.c") == 0
    assert again.compiled("kernels.c") == 1
    everything = kept.build({"variants": "all"})
    assert everything.compiled("common.c") == 0
    levels = {
        label: evaluate(kept.wheel(label), "targets_scope.level()") for label in kept.labels()
    }
    assert levels == {
        "": "(1, 1)",
        "null": "(1, 1)",
        "x86_64_v1": "(1, 1)",
        "x86_64_v3": "(3, 1)",
        "x86_64_v4": "(4, 1)",
    }


def test_flags_that_reach_no_target_are_an_error(project: Callable[[str], Project]) -> None:
    forgetful = project("missing_call")
    forgetful.build({"variant-label": "define"})
    output = forgetful.build({"variant-label": "flags"}, status=1).output
    assert "flags: the variant's flags reached no target" in output
    assert "wheelnext_target_variant(<target>...)" in output
    assert forgetful.labels() == ["define"]
    assert text_of(forgetful.wheel("define"), "kind.txt") == "2"
