"""When the passes of a shared tree are dealt to copies of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from plans import plan_of

from wheelnext_build.building.trees import lanes
from wheelnext_build.building.trees.tree import Tree

TABLES = """
[[tool.wheelnext-build.matrix]]
axes.nvidia.sm_arch = ["70_real", "75_real", "80_real", "86_real", "90_real"]
"""
JOBS = list(plan_of(TABLES).jobs[1:])

NINJA = """\
build CMakeFiles/common.dir/a.o: CXX_COMPILER__common {source} || {tree}/first
  DEFINES = -DA
  FLAGS = -O3 {flags}
  INCLUDES = -I/project {include}
  OBJECT_DIR = CMakeFiles/common.dir
build _core.so: CXX_MODULE_LIBRARY_LINKER__core CMakeFiles/common.dir/a.o
  POST_BUILD = cd {tree} && strip {tree}/_core.so
build CMakeFiles/edit_cache.util: CUSTOM_COMMAND
  COMMAND = cd {tree} && ccmake -S/project -B{tree}
build generated.cpp: CUSTOM_COMMAND
  COMMAND = cd {where} && generate
"""


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A tree that has gone through a pass."""
    tree = Tree(tmp_path / "shared")
    (tree.folder / "CMakeFiles").mkdir(parents=True)
    (tree.folder / "CMakeFiles" / "a.o").write_text("object")
    os.utime(tree.folder / "CMakeFiles" / "a.o", ns=(5, 5))
    tree.cache.write_text(f"CMAKE_CACHEFILE_DIR:INTERNAL={tree.folder.as_posix()}\n")
    write_ninja(tree)
    return tree


def write_ninja(tree: Tree, **lines: str) -> None:
    values = {"flags": "", "include": "", "where": "/project", "source": "/project/a.cpp"}
    values["tree"] = tree.folder.as_posix()
    (tree.folder / "build.ninja").write_text(NINJA.format(**{**values, **lines}))


def test_each_copy_is_the_tree_as_it_was(tree: Tree) -> None:
    dealt = lanes.lanes(tree, JOBS, 2)
    assert [[item.number for item in jobs] for _, jobs in dealt] == [[2, 4, 6], [3, 5]]
    for copy, _ in dealt:
        assert copy.folder != tree.folder
        assert (copy.folder / "CMakeFiles" / "a.o").stat().st_mtime_ns == 5
        copy.begin("v3")  # CMake knows its own folder
        assert copy.cache.read_text().strip().endswith(copy.folder.as_posix())
    lanes.remove([copy for copy, _ in dealt], tree)
    assert [path.name for path in tree.folder.parent.iterdir()] == ["shared"]


def test_copies_that_a_killed_build_has_left_are_removed(tree: Tree) -> None:
    folder = tree.folder.parent
    lanes.lanes(tree, JOBS, 2)
    others = ["variant-3", "variant-x86_64_v3", "objects", "a-file-1"]
    for name in others[:3]:
        (folder / name).mkdir()
    (folder / others[3]).touch()
    lanes.remove_left(folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted([*others, "shared"])


@pytest.mark.parametrize(
    "lines",
    [
        {"include": "-I{tree}/generated"},
        {"flags": "-include {tree}/all.h"},
        {"where": "{tree}"},
        {"source": "{tree}/_deps/fetched-src/a.cpp"},
    ],
)
def test_no_copies_where_a_command_names_the_tree(tree: Tree, lines: dict[str, str]) -> None:
    folder = tree.folder.as_posix()
    write_ninja(tree, **{name: text.format(tree=folder) for name, text in lines.items()})
    ((same, jobs),) = lanes.lanes(tree, JOBS, 2)
    assert (same.folder, jobs) == (tree.folder, JOBS)
    lanes.remove([same], tree)
    assert tree.folder.is_dir()


def test_no_copies_for_one_slot_one_job_or_another_build_tool(tree: Tree) -> None:
    assert len(lanes.lanes(tree, JOBS, 1)) == 1
    assert len(lanes.lanes(tree, JOBS[:1], 8)) == 1
    (tree.folder / "build.ninja").unlink()
    assert len(lanes.lanes(tree, JOBS, 8)) == 1
