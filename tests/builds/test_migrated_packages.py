"""A project that was switched by ``migrate --write`` has the same plain wheel as before.

Its requirements are resolved as users' are, from the index, in isolated builds. What is told apart
is METADATA, whose form follows the version of scikit-build-core or its minimum-version.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from builds_tools import Project, command, evaluate, members, needs_x86_64, text_of

pytestmark = [
    pytest.mark.build,
    pytest.mark.skipif(
        not os.environ.get("WHEELNEXT_BUILD_WHEELHOUSE"), reason="builds with this project's wheel"
    ),
]

READS = '"build-system.requires"'

CASES = {
    # requirement, minimum-version, what METADATA says then
    "any": ("scikit-build-core", "", "2.2\nName: Migrated.Sample\nVersion: 2024.01\n"),
    "lower bound and extra": (
        "scikit-build-core[pyproject]>=0.3",
        '"0.4"',
        "2.1\nName: migrated-sample\nVersion: 2024.1\n",
    ),
    "lower bound that is read": (
        "scikit-build-core>=0.10",
        READS,
        "2.1\nName: Migrated.Sample\nVersion: 2024.1\n",
    ),
    "upper bound": (
        "scikit-build-core>=0.10,<1.1.2",
        "",
        "2.2\nName: Migrated.Sample\nVersion: 2024.01\n",
    ),
}


@pytest.fixture
def sample(project: Callable[[str], Project]) -> Callable[[str, str], Project]:
    """The sample with a requirement and a minimum-version of scikit-build-core."""

    def make(requirement: str, minimum: str) -> Project:
        made = project("migrated")
        made.edit("pyproject.toml", '"scikit-build-core"', f'"{requirement}"')
        if minimum:
            table = "[tool.scikit-build]\n"
            made.edit("pyproject.toml", table, f"{table}minimum-version = {minimum}\n")
        return made

    return make


def build(project: Project, name: str, *options: str) -> Path:
    """Build wheels in isolation; returns the plain one."""
    out = project.folder.parent / name
    command(
        *(sys.executable, "-m", "build", "--wheel", "--installer", "uv", "--outdir", out),
        *(*options, project.folder),
    )
    (wheel,) = (path for path in out.glob("*.whl") if not path.stem.endswith("x86_64_v3"))
    return wheel


def migrate(project: Project, *options: str) -> str:
    program = (sys.executable, "-m", "wheelnext_build", "migrate")
    return command(*program, project.folder, "--write", *options).output


@pytest.mark.parametrize(("requirement", "minimum", "metadata"), CASES.values(), ids=CASES)
def test_the_wheel_is_the_same_to_the_last_byte(
    sample: Callable[[str, str], Project], requirement: str, minimum: str, metadata: str
) -> None:
    project = sample(requirement, minimum)
    theirs = build(project, "theirs")
    assert text_of(theirs, "METADATA").startswith(f"Metadata-Version: {metadata}")
    assert "written" in migrate(project)
    ours = build(project, "ours")
    assert ours.name == theirs.name
    assert ours.read_bytes() == theirs.read_bytes()


def test_an_old_pin_becomes_a_minimum_version_with_the_same_metadata(
    sample: Callable[[str, str], Project],
) -> None:
    project = sample("scikit-build-core==0.11.*", "")
    theirs = build(project, "theirs")
    output = migrate(project)
    assert "scikit-build-core==0.11.*" in output
    assert 'minimum-version = "0.11"' in output
    ours = build(project, "ours")
    assert ours.name == theirs.name
    different = [
        name for name, content in members(theirs).items() if members(ours).get(name) != content
    ]
    # They name the version that made them, which is another.
    assert [name.rpartition("/")[2] for name in different] == ["WHEEL", "RECORD"]
    assert members(ours).keys() == members(theirs).keys()
    project.edit("pyproject.toml", 'minimum-version = "0.11"', "")
    without = build(project, "without")
    assert text_of(without, "METADATA") != text_of(theirs, "METADATA")


@needs_x86_64
def test_with_a_matrix_its_variants_are_built(sample: Callable[[str, str], Project]) -> None:
    project = sample("scikit-build-core>=0.10", "")
    migrate(project, "--matrix", "x86_64.level=v3")
    wheel = build(project, "wheels", "-Cvariants=all")
    (variant,) = set(wheel.parent.iterdir()) - {wheel}
    assert variant.name.endswith("-x86_64_v3.whl")
    assert evaluate(variant, "migrated.level") == "3"
    assert evaluate(wheel, "migrated.level") == "1"
