"""Editable installs of variants by real pip and uv: rebuilt, switched, removed, several at once."""

from __future__ import annotations

import json
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from builds_tools import Project, command, install, needs_x86_64

pytestmark = [pytest.mark.build, needs_x86_64]

LABELS = ("x86_64_v3", "x86_64_v4")
REBUILD = "-Ceditable.rebuild=true"
KEPT = "-Cbuild-dir=build"
MODES = pytest.mark.parametrize("mode", ["redirect", "inplace"])
INSTALLERS = pytest.mark.parametrize("installer", ["pip", "uv"])
SOURCE = "src/editable_level/module.c"


def label(name: str) -> str:
    return f"-Cvariant-label={name}"


def level(target: Path) -> str:
    """What the module says it was compiled for, after whatever rebuilding says."""
    program = "import editable_level; print(editable_level.level())"
    return command(target, "-c", program).output.splitlines()[-1]


def change(built: Project, old: str, new: str) -> None:
    time.sleep(1.1)  # CMake's install step compares times in whole seconds.
    built.edit(SOURCE, old, new)


def environments(tmp_path: Path) -> list[Path]:
    folders = [tmp_path / name / "target" for name in ("one", "two")]
    for folder in folders:
        venv.create(folder, symlinks=sys.platform != "win32")
    return [
        folder / ("Scripts" if sys.platform == "win32" else "bin") / "python" for folder in folders
    ]


@INSTALLERS
@pytest.mark.parametrize("rebuild", [REBUILD, "-Ceditable.rebuild-dir=installed"])
def test_environments_that_share_a_build_folder_keep_their_variants(
    project: Callable[[str], Project], tmp_path: Path, installer: str, rebuild: str
) -> None:
    built = project("editable")
    one, two = environments(tmp_path)
    for target, name in zip((one, two), LABELS, strict=True):
        install(installer, target, label(name), rebuild, KEPT, "-e", built.folder)
    assert [level(one), level(two)] == ["3", "4"]
    # Neither a wheel from the same build folder nor another compiler's build is theirs.
    built.build({"variant-label": "x86_64_v4", "build-dir": "build"})
    built.build({"variants": "all", "build-dir": "build"}, env={"CFLAGS": "-DOTHER"})
    change(built, "#define LEVEL 3", "#define LEVEL 30")
    built.edit(SOURCE, "#define LEVEL 4", "#define LEVEL 40")
    assert [level(one), level(two)] == ["30", "40"]


@INSTALLERS
@MODES
def test_one_variant_after_the_other_and_back_to_plain(
    project: Callable[[str], Project], target: Path, installer: str, mode: str
) -> None:
    built = project("editable")
    settings = [f"-Ceditable.mode={mode}", REBUILD, KEPT]
    for asked, expected in (("x86_64_v3", 3), ("x86_64_v4", 4), ("", 1), ("x86_64_v3", 3)):
        chosen = [label(asked)] if asked else []
        install(installer, target, *chosen, *settings, "-e", built.folder)
        assert level(target) == str(expected)
        described = [*target.parent.parent.rglob("variant.json")]
        assert [list(json.loads(path.read_text())["variants"]) for path in described] == (
            [[asked]] if asked else []
        )
        change(built, f"#define LEVEL {expected}", f"#define LEVEL {expected}{expected}")
        assert level(target) == f"{expected}{expected}"
        built.edit(SOURCE, f"#define LEVEL {expected}{expected}", f"#define LEVEL {expected}")


OVERRIDES = """
[[tool.scikit-build.overrides]]
if.state = "editable"
build-dir = "build/editable"
editable.rebuild = true
"""


def test_settings_in_overrides_count_for_a_variant(
    project: Callable[[str], Project], target: Path
) -> None:
    """scikit-build-core#909, #642: build-dir and rebuild for editable installs alone."""
    built = project("editable")
    with (built.folder / "pyproject.toml").open("a") as stream:
        stream.write(OVERRIDES)
    install("pip", target, label("x86_64_v3"), "-e", built.folder)
    assert level(target) == "3"
    change(built, "#define LEVEL 3", "#define LEVEL 30")
    assert level(target) == "30"


def test_a_variants_metadata_leaves_the_rebuild_dir_of_the_plain_install(
    project: Callable[[str], Project], tmp_path: Path
) -> None:
    """scikit-build-core empties the folder in that hook; see scikit-build-core#1135."""
    built = project("editable")
    plain = {"build-dir": "build", "editable.rebuild-dir": "tree", "editable.rebuild": "false"}
    built.build(plain, kind="editable")
    modules = {path.name for path in (built.folder / "tree").rglob("*.so")}
    assert len(modules) == 1
    variant = {**plain, "variant-label": "x86_64_v3"}
    built.call("prepare_metadata_for_build_editable", str(tmp_path / "metadata"), variant)
    assert {path.name for path in (built.folder / "tree").rglob("*.so")} == modules


def test_a_variant_in_place_of_another_is_said(project: Callable[[str], Project]) -> None:
    built = project("editable")
    settings = {"variant-label": "x86_64_v3", "editable.mode": "inplace"}
    assert "takes the place of" not in built.build(settings, kind="editable").output
    output = built.build({**settings, "variant-label": "x86_64_v4"}, kind="editable").output
    assert "x86_64_v4 takes the place of x86_64_v3 in every environment" in output


def test_rebuilding_in_place_needs_no_build_folder(
    project: Callable[[str], Project], target: Path
) -> None:
    built = project("editable")
    in_place = "-Ceditable.mode=inplace"
    install("pip", target, label("x86_64_v3"), in_place, REBUILD, "-e", built.folder)
    change(built, "#define LEVEL 3", "#define LEVEL 30")
    assert level(target) == "30"


@INSTALLERS
@MODES
def test_installers_list_check_and_remove_it_as_any_other(
    project: Callable[[str], Project], target: Path, installer: str, mode: str
) -> None:
    built = project("editable")
    site = next(target.parent.parent.rglob("site-packages"))
    before = files_in(site)
    settings = [label("x86_64_v3"), f"-Ceditable.mode={mode}", REBUILD, KEPT]
    install(installer, target, *settings, "-e", built.folder)
    (described,) = site.rglob("variant.json")
    assert list(json.loads(described.read_text())["variants"]) == ["x86_64_v3"]
    assert level(target) == "3"
    pip, uv = [sys.executable, "-m", "pip", "--python", target], ["uv", "pip"]
    at = ["--python", target]
    assert "No broken requirements found" in command(*pip, "check").output
    assert "All installed packages are compatible" in command(*uv, "check", *at).output
    for listed in (command(*pip, "list"), command(*uv, "list", *at)):
        (line,) = (line for line in listed.output.splitlines() if "editable-level" in line)
        assert line.split()[1:] == ["1.0", str(built.folder)]
    for shown in (
        command(*pip, "show", "-f", "editable-level"),
        command(*uv, "show", "-f", "editable-level", *at),
    ):
        assert f"Editable project location: {built.folder}" in shown.output
        assert "variant.json" in shown.output
    if installer == "pip":
        command(*pip, "uninstall", "-y", "editable-level")
    else:
        command(*uv, "uninstall", *at, "editable-level")
    assert files_in(site) == before


def files_in(folder: Path) -> set[str]:
    """All files but what Python itself compiles of them."""
    return {str(path) for path in folder.rglob("*") if path.suffix != ".pyc" and path.is_file()}
