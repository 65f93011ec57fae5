"""Compilations whose depfiles do not name all inputs are repeated; all others are not.

Real wheels of tests/packages/unnamed_inputs are compared in tests/builds/test_shared_trees.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from wheelnext_build.building.trees import unnamed_inputs
from wheelnext_build.building.trees.build_ninja import Edge, edges
from wheelnext_build.building.trees.ninja_state import Deps, append_deps

NINJA = """\
build CMakeFiles/core.dir/a$ b.c.o: C_COMPILER__core_ {source}/a$ b.c || cmake_object_order
  DEFINES = -DA
  FLAGS = -O3 {flags}
build CMakeFiles/core.dir/other.c.o: C_COMPILER__core_ {source}/other.c || cmake_object_order
  FLAGS = -O3
build core.so: C_MODULE_LIBRARY_LINKER__core_ CMakeFiles/core.dir/a$ b.c.o
  FLAGS = -fprofile-use
"""
OBJECT = "CMakeFiles/core.dir/a b.c.o"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a tree in which two files were compiled and linked."""
    for name in (OBJECT, "CMakeFiles/core.dir/other.c.o", "core.so"):
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for name in ("a b.c", "other.c", "a.h"):
        (tmp_path / name).touch()
    write_ninja(tmp_path)
    (tmp_path / "tree" / ".ninja_deps").write_bytes(b"# ninjadeps\n\4\0\0\0")
    return tmp_path


def write_ninja(project: Path, flags: str = "") -> None:
    text = NINJA.format(source=project.as_posix(), flags=flags)
    (project / "tree" / "build.ninja").write_text(text)


def removed(project: Path) -> list[str]:
    """Return what is removed, and check that the tree still has the other files."""
    objects = unnamed_inputs.forget(project / "tree", project)
    left = {path.name for path in (project / "tree").rglob("*") if path.is_file()}
    assert {"other.c.o", "core.so"} <= left
    assert ("a b.c.o" in left) == (OBJECT not in objects)
    return objects


def test_a_compilation_whose_inputs_are_named_is_kept(project: Path) -> None:
    assert removed(project) == []


@pytest.mark.parametrize(
    "flags",
    [
        "-fprofile-use=/p/a.gcda",
        "-fprofile-use",
        "-fprofile-instr-use=a.profdata",
        "-fauto-profile=a.afdo",
        "-fplugin=annobin",
        "-fpass-plugin=x.so",
        "-specs=hard.specs",
        "--specs=nano.specs",
        "-Xclang -load -Xclang x.so",
        "@flags.rsp",
    ],
)
def test_a_profile_a_plugin_or_specs_are_inputs_too(project: Path, flags: str) -> None:
    write_ninja(project, flags)
    assert removed(project) == [OBJECT]


@pytest.mark.parametrize("flags", ["-fprofile-update=atomic", "-DNAME=a@b", "-fprofile-generate"])
def test_other_options_are_not(project: Path, flags: str) -> None:
    write_ninja(project, flags)
    assert removed(project) == []


def test_a_source_that_includes_the_bytes_of_a_file(project: Path) -> None:
    (project / "a b.c").write_text('__asm__(".incbin \\"blob.bin\\"");\n')
    assert removed(project) == [OBJECT]


def test_a_header_of_the_project_that_does(project: Path) -> None:
    (project / "a.h").write_text('#define BLOB(name) __asm__(".incbin " name)\n')
    append_deps(project / "tree", {OBJECT: Deps(1, ("../a.h", "/usr/include/stdio.h"))})
    assert removed(project) == [OBJECT]


def test_headers_elsewhere_are_not_searched(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "a.h"
    elsewhere.write_text(".incbin")
    append_deps(project / "tree", {OBJECT: Deps(1, (elsewhere.as_posix(),))})
    assert removed(project) == []


def test_a_tree_of_another_build_tool_has_no_edges(tmp_path: Path) -> None:
    assert edges(tmp_path) is None
    assert unnamed_inputs.forget(tmp_path, tmp_path) == []


def test_paths_of_an_edge_are_without_escapes() -> None:
    edge = Edge("build a$ b.o | c.d: CXX_COMPILER__x C$:/x/$$y.cpp | generated.h || order", ())
    assert edge.outputs == ["a b.o"]
    assert edge.inputs == ["C:/x/$y.cpp"]
