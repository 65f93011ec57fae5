"""What a pass through a shared build tree finds there of another wheel's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wheelnext_build.building.trees import stale_files
from wheelnext_build.building.trees.tree import Tree

KEPT = [
    ".ninja_deps",
    ".ninja_log",
    "CMakeCache.txt",
    "CMakeFiles/4.0.1/CMakeCCompiler.cmake",
    "CMakeFiles/common.dir/a.c.o",
    "_deps/fetched-src/include/fetched.h",
    "_deps/fetched-subbuild/stamp",
]
REMOVED = [
    "CMakeFiles/common.dir/flags.make",
    "_core.so",
    "_deps/fetched-build/made.h",
    "data/of-v3.txt",
    "data/made/nested.txt",
    "made.stamp",
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A build tree inside of its project's folder, as a kept one is."""
    folder = tmp_path / "project" / "build"
    for name in KEPT + REMOVED:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def answer(tree: Path, *paths: object, kind: str = "directory") -> None:
    """What CMake answers for a project that installs these."""
    replies = tree / ".cmake" / "api" / "v1" / "reply"
    replies.mkdir(parents=True)
    places = {"build": tree.as_posix(), "source": tree.parent.as_posix()}
    (replies / "codemodel-v2-1.json").write_text(json.dumps({"paths": places}))
    installer = {"type": kind, "paths": paths}
    (replies / "directory-.-Release-1.json").write_text(json.dumps({"installers": [installer]}))


def files(tree: Path) -> list[str]:
    found = (path for path in tree.rglob("*") if path.is_file())
    names = [path.relative_to(tree).as_posix() for path in found]
    return sorted(name for name in names if not name.startswith((".cmake", "wheelnext")))


@pytest.mark.parametrize(
    "path",
    [
        "{tree}/data",
        "build/data",
        {"from": "{tree}/data", "to": "."},
        "{tree}",
        "build/_deps/x-build",
    ],
    ids=str,
)
def test_only_what_cannot_be_another_wheels_stays(tree: Path, path: str | dict[str, str]) -> None:
    place = tree.as_posix()
    if isinstance(path, dict):
        answer(tree, {**path, "from": path["from"].format(tree=place)})
    else:
        answer(tree, "doc", path.format(tree=place))
    assert stale_files.remove(tree)
    assert files(tree) == sorted(KEPT)


@pytest.mark.parametrize("path", ["doc", "{tree}/_deps/fetched-src/include", "", "builds"])
def test_what_is_installed_from_the_sources_does_no_harm(tree: Path, path: str) -> None:
    answer(tree, path.format(tree=tree.as_posix()))
    assert not stale_files.remove(tree)
    assert files(tree) == sorted(KEPT + REMOVED)


def test_single_files_are_named_by_the_project(tree: Path) -> None:
    answer(tree, "build/data/of-v3.txt", kind="file")
    assert not stale_files.remove(tree)


def test_a_second_build_of_the_same_wheel_finds_all(tree: Path) -> None:
    answer(tree, "build/data")
    first = Tree(tree)
    first.begin("v3")
    first.end("v3")
    before = files(tree)
    second = Tree(tree)
    second.begin("v3")
    second.end("v3")
    assert files(tree) == before
    assert "data/of-v3.txt" in before
    Tree(tree).begin("v4")
    assert "data/of-v3.txt" not in files(tree)


def test_a_folder_of_sources_is_never_cleared(tree: Path) -> None:
    answer(tree, "build/data")
    for title in ("v3", "v4"):
        Tree(tree, in_place=True).begin(title)
    assert set(REMOVED) < set(files(tree))
