"""An sdist holds all that its variants need: wheels from it are those from the source tree."""

from __future__ import annotations

import sys
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from builds_tools import EPOCH, Project, command, install, members, needs_x86_64

pytestmark = [pytest.mark.build, needs_x86_64]

LEVEL = "import targets_scope; print(targets_scope.level())"
ALL = {"variants": "all"}


def sdist(built: Project) -> Path:
    """The sdist of the project, in a folder of its own."""
    folder = built.folder.parent / "sdist"
    folder.mkdir(exist_ok=True)
    return folder / str(built.call("build_sdist", str(folder), None).answer)


def unpacked(archive: Path) -> Project:
    """The project that an sdist holds."""
    folder = archive.parent / "unpacked"
    with tarfile.open(archive) as tar:
        tar.extractall(folder)  # noqa: S202 - it was made a moment ago
    (top,) = folder.iterdir()
    return Project(top, folder.parent / "dist")


def names_in(archive: Path) -> list[str]:
    with tarfile.open(archive) as tar:
        return sorted(name.partition("/")[2] for name in tar.getnames())


def files_of(built: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in built.dist.iterdir()}


@pytest.mark.parametrize("name", ["targets_scope", "project_scope", "properties"])
@pytest.mark.parametrize("dated", [True, False], ids=["SOURCE_DATE_EPOCH", "wheel.reproducible"])
def test_its_wheels_are_those_of_the_tree(
    project: Callable[[str], Project], name: str, dated: bool
) -> None:
    tree = replace(project(name), environment=EPOCH if dated else {})
    settings = ALL if dated else {**ALL, "wheel.reproducible": "true"}
    tree.build(settings)
    other = replace(unpacked(sdist(tree)), environment=tree.environment)
    other.build(settings)
    assert len(files_of(tree)) > 2
    assert files_of(other) == files_of(tree)


def test_where_dates_are_fixed_compilers_write_no_folder_down(
    project: Callable[[str], Project],
) -> None:
    """``__FILE__`` and ``-g`` name the folder of the sources, elsewhere."""
    tree = project("targets_scope")
    tree.edit("kernels.c", "int ", "const char *where = __FILE__;\nint ")
    tree.build(ALL)
    other = unpacked(sdist(tree))
    other.build(ALL)
    assert files_of(other) == files_of(tree)


def test_what_editable_installs_keep_stays_out_of_it(project: Callable[[str], Project]) -> None:
    built = project("editable")
    before = names_in(sdist(built))
    kept = {"variant-label": "x86_64_v3", "build-dir": "build", "editable.rebuild": "true"}
    built.build(kept, kind="editable")
    built.build({**ALL, "build-dir": "build"})
    assert (built.folder / "build").is_dir()
    assert names_in(sdist(built)) == before


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_installers_build_a_variant_of_it(
    project: Callable[[str], Project], target: Path, installer: str
) -> None:
    archive = sdist(project("targets_scope"))
    install(installer, target, archive, "-Cvariant-label=x86_64_v3")
    assert command(target, "-c", LEVEL).output.strip() == "(3, 1)"


def test_build_makes_the_release_of_an_unpacked_one(project: Callable[[str], Project]) -> None:
    tree = project("targets_scope")
    tree.build(ALL)
    other = unpacked(sdist(tree))
    build = [sys.executable, "-m", "build", "--no-isolation", "-Cvariants=all"]
    command(*build, "--outdir", other.dist, other.folder)
    assert {path.name: members(path) for path in other.dist.glob("*.whl")} == {
        path.name: members(path) for path in tree.dist.glob("*.whl")
    }
