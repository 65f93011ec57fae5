"""pip and uv install from a project's folder: one wheel, under a name that they accept."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from builds_tools import Project, command, install, label_of, members, needs_x86_64, text_of

pytestmark = [pytest.mark.build, needs_x86_64]

V3 = "-Cvariant-label=x86_64_v3"
LEVELS = ["x86_64_v1", "x86_64_v3", "x86_64_v4"]
LEVEL = "import targets_scope; print(targets_scope.level())"


@pytest.mark.skipif(
    not os.environ.get("WHEELNEXT_BUILD_WHEELHOUSE"), reason="installs this project's wheel"
)
@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_isolated_builds_have_the_wheel_that_is_tested(tmp_path: Path, installer: str) -> None:
    """uv's cache may have another one of the same name, from the same folder: noxfile.py."""
    client = {"pip": [sys.executable, "-m", "pip"], "uv": ["uv", "pip"]}[installer]
    options = ("install", "--no-deps", "--target", tmp_path, "wheelnext-build")
    command(*client, *options, env={"PIP_NO_COMPILE": "1"})
    (wheel,) = Path(os.environ["WHEELNEXT_BUILD_WHEELHOUSE"]).glob("*.whl")
    ours = {
        name: data for name, data in members(wheel).items() if name.startswith("wheelnext_build/")
    }
    assert "wheelnext_build/__init__.py" in ours
    assert {name: (tmp_path / name).read_bytes() for name in ours} == ours


@pytest.mark.parametrize("installer", ["pip", "uv"])
class TestInstall:
    def test_without_a_setting_the_plain_wheel(
        self, project: Callable[[str], Project], target: Path, installer: str
    ) -> None:
        install(installer, target, project("targets_scope").folder)
        assert command(target, "-c", LEVEL).output.strip() == "(1, 1)"

    def test_a_label_installs_that_variant(
        self, project: Callable[[str], Project], target: Path, installer: str
    ) -> None:
        install(installer, target, project("targets_scope").folder, V3)
        assert command(target, "-c", LEVEL).output.strip() == "(3, 1)"
        (described,) = target.parent.parent.rglob("variant.json")
        assert list(json.loads(described.read_text())["variants"]) == ["x86_64_v3"]

    @pytest.mark.parametrize("setting", ["variants=all", "variant-label=x86_64_*"])
    def test_several_wheels_are_a_clean_error(
        self, project: Callable[[str], Project], target: Path, installer: str, setting: str
    ) -> None:
        folder = project("targets_scope").folder
        status = 1
        output = install(installer, target, folder, f"-C{setting}", status=status).output
        output = " ".join(output.split())  # wrapped by the path
        assert "wheelnext-build error" in output
        assert "takes one wheel, but" in output
        assert "-C variant-label=LABEL" in output
        assert "Traceback" not in output
        assert "Configuring CMake" not in output

    @pytest.mark.parametrize("mode", ["redirect", "inplace"])
    @pytest.mark.parametrize("build_dir", ["", "build/{state}"], ids=["temporary", "kept"])
    def test_editable(
        self,
        project: Callable[[str], Project],
        target: Path,
        installer: str,
        mode: str,
        build_dir: str,
    ) -> None:
        built = project("editable")
        settings = [V3, f"-Ceditable.mode={mode}", f"-Cbuild-dir={build_dir}"]
        install(installer, target, *settings, "-e", built.folder)
        level = "import editable_level as e; print(e.level(), e.VALUE)"
        assert command(target, "-c", level).output.strip() == "3 old"
        source = built.folder / "src" / "editable_level" / "__init__.py"
        source.write_text(source.read_text().replace("old", "new"))
        assert command(target, "-c", level).output.strip() == "3 new"


def test_an_editable_variant_is_rebuilt_as_that_variant(
    project: Callable[[str], Project], target: Path
) -> None:
    built = project("editable")
    settings = [V3, "-Ceditable.rebuild=true", "-Cbuild-dir=build"]
    install("pip", target, *settings, "-e", built.folder)
    time.sleep(1.1)  # CMake's install step compares times in whole seconds.
    built.edit("src/editable_level/module.c", "#define LEVEL 3", "#define LEVEL 30")
    site = next(path for path in sys.path if path.endswith(("site-packages", "dist-packages")))
    program = "import editable_level; print(editable_level.level())"
    with_cmake = {"PYTHONPATH": site}
    assert command(target, "-c", program, env=with_cmake).output.splitlines()[-1] == "30"


def test_rebuilding_needs_a_build_folder_that_stays(project: Callable[[str], Project]) -> None:
    built = project("editable")
    settings = {"variant-label": "x86_64_v3", "editable.rebuild": "true"}
    output = built.build(settings, kind="editable", status=2).output
    assert "scikit-build-core refuses its settings" in output
    assert "rebuild requires build-dir" in output
    assert built.files() == []


def test_pip_wheel_makes_a_carrier(project: Callable[[str], Project], tmp_path: Path) -> None:
    folder = project("targets_scope").folder
    out = tmp_path / "out"
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    command(*pip, V3, "--wheel-dir", out, folder)
    (carrier,) = out.iterdir()
    assert carrier.name.split("-")[2].startswith("0")
    assert "x86_64_v3" in carrier.name
    assert list(json.loads(text_of(carrier, "variant.json"))["variants"]) == ["x86_64_v3"]


def test_uv_build_and_build_make_the_same_release(project: Callable[[str], Project]) -> None:
    built = project("targets_scope")
    uv = ["uv", "build", "--no-build-isolation", "--python", sys.executable]
    command(*uv, "-Cvariants=all", "--out-dir", built.dist, built.folder)
    by_uv = {path.name: members(path) for path in built.dist.glob("*.whl")}
    assert sorted(map(label_of, map(Path, by_uv))) == ["", "null", *LEVELS]
    built.clear()
    build = [sys.executable, "-m", "build", "--no-isolation"]
    command(*build, "-Cvariants=all", "--outdir", built.dist, built.folder)
    assert {path.name: members(path) for path in built.dist.glob("*.whl")} == by_uv
    assert len(list(built.dist.glob("*.tar.gz"))) == 1
