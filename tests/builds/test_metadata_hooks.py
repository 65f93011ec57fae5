"""prepare_metadata says before the build what the wheel says after it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from builds_tools import Project, members, needs_x86_64

pytestmark = [pytest.mark.build, needs_x86_64]


def prepare(built: Project, tmp_path: Path, settings: dict[str, str] | None, kind: str) -> Path:
    """The dist-info folder that the hook makes."""
    folder = tmp_path / "prepared"
    folder.mkdir(exist_ok=True)
    hook = f"prepare_metadata_for_build_{kind}"
    outcome = built.call(hook, str(folder), settings, False)
    return folder / outcome.answer


@pytest.mark.parametrize("kind", ["wheel", "editable"])
@pytest.mark.parametrize("label", ["", "null", "x86_64_v3"])
def test_the_wheel_that_follows_agrees(
    project: Callable[[str], Project], tmp_path: Path, kind: str, label: str
) -> None:
    built = project("targets_scope")
    settings = {"variant-label": label} if label else None
    prepared = prepare(built, tmp_path, settings, kind)
    built.dist.mkdir()
    answer = built.call(f"build_{kind}", str(built.dist), settings, str(prepared)).answer
    wheel = members(built.dist / answer)
    said = {path.relative_to(prepared).as_posix(): path.read_bytes() for path in files(prepared)}
    inside = {
        name.removeprefix(f"{prepared.name}/"): data
        for name, data in wheel.items()
        if name.startswith(f"{prepared.name}/") and not name.endswith("/RECORD")
    }
    assert said == inside
    described = json.loads(said.get("variant.json", b"{}"))
    assert list(described.get("variants", [])) == ([label] if label else [])


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_metadata_of_another_variant_is_an_error(
    project: Callable[[str], Project], tmp_path: Path
) -> None:
    built = project("targets_scope")
    prepared = prepare(built, tmp_path, {"variant-label": "x86_64_v1"}, "wheel")
    built.dist.mkdir()
    settings = {"variant-label": "x86_64_v3"}
    hook = ("build_wheel", str(built.dist), settings, str(prepared))
    output = built.call(*hook, status=2).output
    assert "variant.json differs from the one that was prepared" in output
    assert built.files() == []


def test_overrides_see_the_variant_in_every_hook(project: Callable[[str], Project]) -> None:
    built = project("properties")
    override = '\n[[tool.scikit-build.overrides]]\nif.env.WHEELNEXT_DEMO_KIND = "^flags$"\n'
    pyproject = built.folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + override + "cmake.version = '>=99'\n")
    asked = {
        label: built.call("get_requires_for_build_wheel", {"variant-label": label}).answer
        for label in ("flags", "define")
    }
    assert [any(">=99" in text for text in asked[label]) for label in asked] == [True, False]
