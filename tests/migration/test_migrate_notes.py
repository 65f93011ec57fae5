"""Notes of a migration: each one has the right files and lines, and there are no others."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from wheelnext_build.migration import compile_flags, notes
from wheelnext_build.migration.cmake_code import commands
from wheelnext_build.migration.toml_lines import line_of

BUILD = '[build-system]\nrequires = ["wheelnext-build"]\nbuild-backend = "wheelnext_build"\n'


def found(folder: Path, text: str = "") -> dict[str, list[str]]:
    """Return the places of each note by the note's first three words."""
    text = BUILD + text
    collected = notes.collect(folder, tomllib.loads(text), text)
    return {" ".join(note.text.split()[:3]): list(map(str, note.places)) for note in collected}


def flags(code: str) -> dict[str, list[str]]:
    return {
        note.text: [str(place) for place in note.places]
        for note in compile_flags.notes({"CMakeLists.txt": code})
    }


def test_a_simple_project_has_no_notes(tmp_path: Path) -> None:
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.20)\nproject(x CXX)\nadd_compile_options(-O3 -msse2)\n"
    )
    assert not found(tmp_path, "[project]\nname = 'a'\nrequires-python = '>=3.11'\n")


# Flags for certain processors.


@pytest.mark.parametrize(
    "code",
    [
        "target_compile_options(a PRIVATE\n  $<$<CXX_COMPILER_ID:GNU>:-march=native>)",
        'add_compile_options(-O3\n"-march=native")',
        "SET_TARGET_PROPERTIES(a PROPERTIES COMPILE_OPTIONS\n -march=native)",
        "set_property(TARGET a APPEND PROPERTY COMPILE_OPTIONS\n -march=native)",
    ],
)
def test_flags_that_override_the_variants(code: str) -> None:
    assert flags(code) == {compile_flags.BEHIND: ["CMakeLists.txt:2: -march=native"]}


@pytest.mark.parametrize(
    "code",
    [
        'set(CMAKE_CXX_FLAGS "${CMAKE_CXX_FLAGS} -O3 -march=haswell -mtune=native")',
        "string(APPEND CMAKE_C_FLAGS_RELEASE -march=haswell)",
        "list(APPEND CMAKE_CXX_FLAGS -march=haswell)",
    ],
)
def test_flags_before_the_variants(code: str) -> None:
    assert flags(code) == {compile_flags.IN_FRONT: ["CMakeLists.txt:1: -march=haswell"]}


@pytest.mark.parametrize(
    "code",
    [
        'set_source_files_properties(a.c PROPERTIES COMPILE_FLAGS "-mavx2 -mfma")',
        "set_property(SOURCE a.c PROPERTY COMPILE_OPTIONS -mavx2 -mfma)",
        "target_compile_options(a_avx2 PRIVATE -mavx2 -mfma)",
    ],
)
def test_flags_of_single_files_and_targets(code: str) -> None:
    assert flags(code) == {compile_flags.OWN: ["CMakeLists.txt:1: -mavx2 -mfma"]}


def test_flags_of_unknown_use() -> None:
    code = (
        "if(MSVC)\n  set(KERNEL_FLAGS /arch:AVX2)\nelse()\n  my_kernel(a -mavx512f -xHost)\nendif()"
    )
    assert flags(code) == {
        compile_flags.UNKNOWN: [
            "CMakeLists.txt:2: /arch:AVX2",
            "CMakeLists.txt:4: -mavx512f -xHost",
        ]
    }


@pytest.mark.parametrize(
    "code",
    [
        "# add_compile_options(-march=native)",
        "#[[\nadd_compile_options(-march=native)\n]]",
        'check_cxx_compiler_flag("-march=native" HAS_NATIVE)',
        'message(STATUS "without -march=native") # or -mavx2',
        'if(CMAKE_CXX_FLAGS MATCHES "-march=native")\nendif()',
        'option(NATIVE "add -march=native" OFF)',
        'string(REPLACE "-march=native" "" CMAKE_CXX_FLAGS "${CMAKE_CXX_FLAGS}")',
        "set(HAS_-mavx2 1)",
        "add_compile_options(/arch:SSE2)",
    ],
)
def test_mentioned_flags_have_no_note(code: str) -> None:
    assert not flags(code)


def test_a_variable_that_hides_the_variants_flags() -> None:
    code = "set(CMAKE_PROJECT_INCLUDE ${CMAKE_CURRENT_LIST_DIR}/a.cmake)\nproject(x)"
    assert flags(code) == {compile_flags.INCLUDE: ["CMakeLists.txt:1"]}


def test_commands_are_read_as_cmake_does() -> None:
    code = (
        'a()\nB( "x ) # \\" y" [=[ ) ]] ]=] (p AND (q)) # (\n -DZ="1 2"\n)\n#[==[ c( ]] ]==] d(e)'
    )
    read = [(command.name, command.words) for command in commands(code)]
    assert read == [
        ("a", ()),
        ("b", ('x ) # \\" y', "[=[ ) ]] ]=]", "p", "AND", "q", "-DZ=", "1 2")),
        ("d", ("e",)),
    ]


def test_incomplete_code_is_not_an_error() -> None:
    assert not list(commands('project(x "')) + list(commands(")) (")) + list(commands('"'))


def test_only_the_projects_own_cmake_code_is_read(tmp_path: Path) -> None:
    kept = ("CMakeLists.txt", "cmake/Flags.cmake", "src/CMakeLists.txt")
    for name in (*kept, "build/x/CMakeLists.txt", ".venv/a.cmake", "out/deps/CMakeLists.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("project(x)\n")
    (tmp_path / "out" / "CMakeCache.txt").touch()
    assert sorted(notes.cmake_files(tmp_path)) == sorted(kept)


# pyproject.toml.


def test_python_versions_that_this_backend_does_not_support(tmp_path: Path) -> None:
    for wanted in (">=3.9", ">=3.9,<4", "~=3.9"):
        text = f"[project]\nname = 'a'\nrequires-python = '{wanted}'\n"
        (note,) = notes.collect(tmp_path, tomllib.loads(text), text)
        assert "also supports Python 3.9, 3.10, but" in note.text
        assert [str(place) for place in note.places] == ["pyproject.toml:3"]


@pytest.mark.parametrize(
    ("entry", "needed"),
    [
        ("ninja<1.12", "ninja>=1.13"),
        ("packaging~=23.0", "packaging>=24.2"),
        ("ninja", ""),
        ("ninja>=1.5,!=1.11.1", ""),
        ("packaging>=20", ""),
    ],
)
def test_bounds_that_exclude_all_needed_versions(tmp_path: Path, entry: str, needed: str) -> None:
    text = f'[build-system]\nrequires = [\n  "wheelnext-build",\n  "{entry}",\n]\n'
    collected = notes.collect(tmp_path, tomllib.loads(text), text)
    assert [str(place) for note in collected for place in note.places] == (
        ["pyproject.toml:4"] if needed else []
    )
    assert all(needed in note.text for note in collected)


def test_settings_of_scikit_build_core(tmp_path: Path) -> None:
    text = (
        "[tool.scikit-build]\n"
        "build-dir = 'build/{wheel_tag}'\n"
        "cmake.args = ['-DCMAKE_PROJECT_INCLUDE=x.cmake']\n"
        "[[tool.scikit-build.overrides]]\n"
        "if.env.X = 'y'\n"
        "fail = true\n"
        "[[tool.scikit-build.overrides]]\n"
        "if.failed = true\n"
        "wheel.cmake = false\n"
    )
    assert list(found(tmp_path, text).values()) == [
        ["pyproject.toml:5: build/{wheel_tag}"],
        ["pyproject.toml:10"],
        ["pyproject.toml:6"],
    ]
    plain = "[tool.scikit-build.cmake.define]\nCMAKE_PROJECT_INCLUDE = 'x.cmake'\n"
    assert not found(tmp_path, plain)


def test_manual_installs_of_scikit_build_core_are_listed(tmp_path: Path) -> None:
    workflow = tmp_path / ".github" / "workflows" / "ci.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        "jobs:\n  a:\n    # scikit-build-core\n    - run: pip install scikit_build_core ninja\n"
        "    - run: pip install --no-build-isolation -e .\n"
    )
    (tmp_path / "noxfile.py").write_text('session.install("scikit-build-core", "pybind11")\n')
    (tmp_path / "README.md").write_text("built by scikit-build-core\n")
    text = (
        "[project.optional-dependencies]\ndev = [\n  'pytest',\n  'scikit-build-core>=0.10',\n]\n"
        "[dependency-groups]\nbuild = ['scikit-build-core', {include-group = 'x'}]\nx = []\n"
        "[tool.uv]\nno-build-isolation-package = ['a']\n"
        "[tool.other]\nabout = 'scikit-build-core'\n"
    )
    (places,) = found(tmp_path, text).values()
    assert places == [
        "pyproject.toml:7: scikit-build-core>=0.10",
        "pyproject.toml:10: scikit-build-core",
        "pyproject.toml:13: no-build-isolation-package",
        ".github/workflows/ci.yml:4: - run: pip install scikit_build_core ninja",
        ".github/workflows/ci.yml:5: - run: pip install --no-build-isolation -e .",
        'noxfile.py:1: session.install("scikit-build-core", "pybind11")',
    ]


def test_cibuildwheel_has_a_note(tmp_path: Path) -> None:
    text = "[tool.cibuildwheel.linux]\narchs = ['x86_64']\n"
    assert found(tmp_path, text) == {"cibuildwheel still builds": ["pyproject.toml:4"]}


# Lines.

LINES = """\
top.key = 1
[ a . "b c" ] # x
x.y = [
  "z",
]
[[a.list]]
k = 1
[[a.list]]
k = 2
t = { inner = 1 }
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top", "key"), 1),
        (("a",), 2),
        (("a", "b c", "x"), 3),
        (("a", "b c", "x", "y"), 3),
        (("a", "list", 0, "k"), 7),
        (("a", "list", 1), 8),
        (("a", "list", 1, "k"), 9),
        (("a", "list", 1, "t", "inner"), 10),
        (("missing",), None),
        (("a", "list", 2), None),
    ],
)
def test_the_line_of_a_key(path: tuple[str | int, ...], line: int | None) -> None:
    assert line_of(LINES, *path) == line
    assert line_of(LINES.replace("\n", "\r\n"), *path) == line


def test_the_line_of_an_entry_in_a_list() -> None:
    assert line_of(LINES, "a", "b c", "x", "y", containing="z") == 4
