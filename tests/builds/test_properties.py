"""What pyproject.toml says about properties reaches the build, and one variant's does not stay."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from builds_tools import Project, evaluate, extension_of, members, text_of

pytestmark = pytest.mark.build

# (C flag, C++ flag, define, switch, environment) that each wheel was built with.
SEEN = {
    "": ("", 0, "", 0, ""),
    "flags": ("a > b; c, $d", 2, "", 0, ""),
    "define": ("", 0, "a and b", 1, ""),
    "environment": ("", 0, "", 0, "some words"),
    "override": ("", 0, "from an override", 0, ""),
}


def test_flags_defines_environment_and_overrides(project: Callable[[str], Project]) -> None:
    built = project("properties")
    said = built.build({"variants": "all"}).output
    assert "Unknown keys in top-level of pyproject.toml: variant" not in said
    assert built.labels() == sorted(SEEN)
    for label, seen in SEEN.items():
        assert evaluate(built.wheel(label), "properties.seen()") == str(seen)
    if sys.platform != "win32":
        linked = {
            label for label in SEEN if b"/rpath-of-the-variant" in extension_of(built.wheel(label))
        }
        assert linked == {"flags"}
    has_file = {label for label in SEEN if "properties/left_out.py" in members(built.wheel(label))}
    assert has_file == set(SEEN) - {"override"}


# What the passes for each variant find in their cache, whatever was built before.
LINES = {
    "": "option=OFF define=none path=common check=0 environment=",
    "reads": "option=ON define=none path=reads check=1 environment=",
    "shares": "option=OFF define=shares path=common check=0 environment=",
    "defines": "option=OFF define=defines path=common check=0 environment=",
    "exports": "option=OFF define=none path=common check=0 environment=exports",
}


def check_lines(built: Project) -> None:
    labels = built.labels()
    assert labels
    for label in labels:
        assert text_of(built.wheel(label), "seen.txt") == f"{label} {LINES[label]}"
        assert text_of(built.wheel(label), "made.txt").strip() == f"made for {label}".strip()


@pytest.mark.parametrize("generator", ["Ninja", "Unix Makefiles"])
@pytest.mark.parametrize("settings", [{"variants": "all"}, {"variant-label": "*"}])
@pytest.mark.parametrize("reverse", [False, True])
def test_nothing_lingers_for_the_next_variant(
    project: Callable[[str], Project], settings: dict[str, str], reverse: bool, generator: str
) -> None:
    built = project("cache_traps")
    if reverse:
        order = 'axes.traps.kind = ["exports", "defines", "shares", "reads"]'
        built.edit(
            "pyproject.toml", 'axes.traps.kind = ["reads", "shares", "defines", "exports"]', order
        )
    built.build(settings, env={"CMAKE_GENERATOR": generator})
    assert built.labels() == sorted(LINES if "variants" in settings else set(LINES) - {""})
    check_lines(built)


def test_nothing_lingers_in_a_kept_build_folder(project: Callable[[str], Project]) -> None:
    built = project("cache_traps")
    kept = '[tool.scikit-build]\nbuild-dir = "build"\n\n[tool.wheelnext-build]'
    built.edit("pyproject.toml", "[tool.wheelnext-build]", kept)
    for settings in (
        {"variant-label": "reads"},
        {"variants": "all"},
        {"variant-label": ["reads", "shares"]},
    ):
        built.clear()
        built.build(settings)
        check_lines(built)


def test_defines_and_environment_have_trees_of_their_own(
    project: Callable[[str], Project],
) -> None:
    built = project("cache_traps")
    output = built.build({"variants": "all"}).output
    trees = [line.split("/")[-2] for line in output.splitlines() if "CMakeInit.txt" in line]
    assert sorted(trees) == [*["shared"] * 3, "variant-defines", "variant-exports"]
