"""``variant-label=native`` by real pip, uv, build and hooks: the best variant for this machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from builds_tools import Project, command, install, label_of, needs_x86_64

from wheelnext_build.host.host import Host

pytestmark = [pytest.mark.build, needs_x86_64]

NATIVE = "-Cvariant-label=native"
INSTALLERS = pytest.mark.parametrize("installer", ["pip", "uv"])


def best() -> str:
    """The label of targets_scope, which has v1, v3 and v4, for this machine."""
    level = Host.detect().x86_64_level
    return "x86_64_v1" if level == "v2" else f"x86_64_{level}"


def installed(target: Path) -> list[str]:
    """The labels of what is installed."""
    found = target.parent.parent.rglob("variant.json")
    return [label for path in found for label in json.loads(path.read_text())["variants"]]


def asked_for(installer: str) -> list[str | Path]:
    return ["-v"] if installer == "pip" else []


@INSTALLERS
@pytest.mark.parametrize("kind", ["folder", "editable"])
def test_from_a_folder(
    project: Callable[[str], Project], target: Path, installer: str, kind: str
) -> None:
    built = project("targets_scope")
    what: list[str | Path] = ["-e", built.folder] if kind == "editable" else [built.folder]
    output = install(installer, target, *asked_for(installer), NATIVE, *what).output
    assert installed(target) == [best()]
    if installer == "pip":  # uv shows nothing of a build that ends well
        assert output.count(f"wheelnext-build native: {best()} (supported here: {best()}") == 1


def only_its_sdist(built: Project, links: Path) -> list[str | Path]:
    """The options with which an installer has nothing but the project's sdist to take."""
    links.mkdir()
    built.call("build_sdist", str(links), None)
    return ["--no-index", "--find-links", links, "--no-binary", "targets-scope"]


@INSTALLERS
def test_by_name_from_a_folder_with_the_sdist(
    project: Callable[[str], Project], target: Path, tmp_path: Path, installer: str
) -> None:
    built = project("targets_scope")
    source = only_its_sdist(built, tmp_path / "links")
    install(installer, target, *source, NATIVE, "targets-scope")
    assert installed(target) == [best()]


def test_uv_sets_it_for_one_package(
    project: Callable[[str], Project], target: Path, tmp_path: Path
) -> None:
    built = project("targets_scope")
    source = only_its_sdist(built, tmp_path / "links")
    setting = ["--config-settings-package", "targets-scope:variant-label=native"]
    install("uv", target, *source, *setting, "targets-scope")
    assert installed(target) == [best()]


def test_build_makes_the_labelled_wheel(project: Callable[[str], Project]) -> None:
    built = project("targets_scope")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", NATIVE]
    output = command(*build, "--outdir", built.dist, built.folder).output
    assert built.labels() == [best()]
    assert f"native: {best()} (supported here: {best()}" in output


def test_the_command_line_tells_and_builds_it(project: Callable[[str], Project]) -> None:
    built = project("targets_scope")
    build = [sys.executable, "-m", "wheelnext_build", "build", built.folder, "--no-isolation"]
    output = command(*build, "--only", "native", "--outdir", built.dist).output
    assert built.labels() == [best()]
    assert f"native: {best()} (supported here: {best()}" in output


@pytest.mark.parametrize("kind", ["wheel", "editable"])
def test_all_hooks_agree(project: Callable[[str], Project], tmp_path: Path, kind: str) -> None:
    built = project("targets_scope")
    pyproject = built.folder / "pyproject.toml"
    override = f"[[tool.scikit-build.overrides]]\nif.env.WHEELNEXT_VARIANT_LABEL = '^{best()}$'\n"
    pyproject.write_text(f"{pyproject.read_text()}\n{override}cmake.version = '>=3.21'\n")
    settings = {"variant-label": "native"}
    needed = built.call(f"get_requires_for_build_{kind}", settings).answer
    assert "cmake>=3.21" in needed
    hook = f"prepare_metadata_for_build_{kind}"
    folder = tmp_path / "prepared"
    folder.mkdir()
    prepared = folder / built.call(hook, str(folder), settings, False).answer
    assert list(json.loads((prepared / "variant.json").read_text())["variants"]) == [best()]
    built.dist.mkdir()
    outcome = built.call(f"build_{kind}", str(built.dist), settings, str(prepared))
    assert outcome.answer in built.files()
    assert f"native: {best()} (" in outcome.output


@pytest.mark.parametrize("null", [True, False])
def test_without_a_fitting_variant_null_or_plain(
    project: Callable[[str], Project], null: bool
) -> None:
    built = project("targets_scope")
    pyproject = built.folder / "pyproject.toml"
    text = pyproject.read_text().replace("axes.x86_64.level", "axes.nvidia.sm_arch")
    text = text.replace('["v1", "v3", "v4"]', '["90_real"]')
    pyproject.write_text(text if null else text.replace("[variant.variants.null]", ""))
    no_gpu: dict[str, Any] = {"NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION": "none"}
    output = built.build({"variant-label": "native"}, env=no_gpu).output
    (wheel,) = built.dist.iterdir()
    assert label_of(wheel) == ("null" if null else "")
    assert (
        f"native: {'null (supported here: null)' if null else 'plain (no variant fits'}" in output
    )
    assert "native: variants of nvidia are passed by" in output


def test_a_cross_build_is_refused_before_it_begins(project: Callable[[str], Project]) -> None:
    built = project("targets_scope")
    cross = {"_PYTHON_HOST_PLATFORM": "linux-aarch64"}
    output = built.build({"variant-label": "native"}, env=cross, status=2).output
    assert "which is x86_64, but this build is for aarch64" in output
    assert built.files() == []
