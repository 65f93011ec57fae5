"""What a pass tells CMake: the variant file and the cache entries."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from wheelnext_build.building.environment.cuda import Toolkit
from wheelnext_build.building.trees.cmake_files import content, defines, module_folder, write
from wheelnext_build.config.config import Config, Declared, parse
from wheelnext_build.config.model import FlagsScope
from wheelnext_build.variants.effects import Effect
from wheelnext_build.variants.known_properties import known_effect
from wheelnext_build.variants.variant import NULL, Variant

PYPROJECT = """
[tool.wheelnext-build]
flags-scope = "{scope}"
[[tool.wheelnext-build.matrix]]
label = "gpu"
axes.nvidia.sm_arch = [["90_real", "90_virtual"]]
axes.x86_64.level = ["v3"]
[tool.wheelnext-build.properties."x86_64 :: level :: v3"]
define = {{ WITH_V3 = true }}
cxx-flags = ["-DNAME=\\"a b\\"", "-Wl,--x=$<1:y>;z"]
link-flags = ["-lm"]
"""


def project(scope: str) -> tuple[Declared, Config]:
    config = parse(tomllib.loads(PYPROJECT.format(scope=scope)))
    return config.declared[0], config


def variables(text: str) -> dict[str, list[str]]:
    """The variables that a file of nothing but set() and bracket arguments sets.

    Brackets end at the first ``]``, the same count of ``=``, and ``]`` (cmake-language, "Bracket
    Argument").
    """
    found: dict[str, list[str]] = {}
    rest = re.sub(r"\A#.*\n", "", text)
    while rest:
        head = re.match(r"set\(([\w-]+) ", rest)
        assert head, rest
        rest = rest[head.end() :]
        values = found.setdefault(head[1], [])
        while argument := re.match(r" ?\[(=*)\[(.*?)\]\1\]", rest, re.DOTALL):
            values.append(argument[2])
            rest = rest[argument.end() :]
        assert rest.startswith(")\n"), rest
        rest = rest[2:]
    return found


def test_the_variant_file_says_everything_about_the_variant() -> None:
    declared, config = project("targets")
    assert variables(content(declared, config)) == {
        "WHEELNEXT_VARIANT_LABEL": ["gpu"],
        "WHEELNEXT_VARIANT_PROPERTIES": [
            "nvidia :: sm_arch :: 90_real",
            "nvidia :: sm_arch :: 90_virtual",
            "x86_64 :: level :: v3",
        ],
        "WHEELNEXT_NVIDIA_SM_ARCH": ["90_real", "90_virtual"],
        "WHEELNEXT_X86_64_LEVEL": ["v3"],
        "_WHEELNEXT_FLAGS_SCOPE": ["targets"],
        "_WHEELNEXT_HAS_CPU_FLAGS": ["TRUE"],
        "_WHEELNEXT_LINK_FLAGS": ["-lm"],
        "_WHEELNEXT_CUDA_ARCHITECTURES": ["90-real", "90-virtual"],
        "_WHEELNEXT_HIP_ARCHITECTURES": [],
        "_WHEELNEXT_NEEDS_HIP": ["FALSE"],
        "_WHEELNEXT_ROCM_VERSIONS": [],
        "_WHEELNEXT_CPU_FLAGS_gnu": ["-march=x86-64-v3"],
        "_WHEELNEXT_CPU_FLAGS_gnu-legacy": list(declared.effect.cpu_flags["gnu-legacy"]),
        "_WHEELNEXT_CPU_FLAGS_clang-cl": ["/clang:-march=x86-64-v3"],
        "_WHEELNEXT_CPU_FLAGS_msvc": ["/arch:AVX2"],
        "_WHEELNEXT_FLAGS_CXX": ['-DNAME="a b"', r"-Wl,--x=$<1:y$<ANGLE-R>\$<SEMICOLON>z"],
    }


def test_the_plain_wheel_has_no_variant() -> None:
    _, config = project("project")
    assert variables(content(None, config)) == {
        "WHEELNEXT_VARIANT_LABEL": [""],
        "WHEELNEXT_VARIANT_PROPERTIES": [],
    }
    null = variables(content(Declared(NULL, "null", (), Effect()), config))
    assert null["WHEELNEXT_VARIANT_LABEL"] == ["null"]
    assert null["WHEELNEXT_VARIANT_PROPERTIES"] == []
    assert null["_WHEELNEXT_HAS_CPU_FLAGS"] == ["FALSE"]


@given(st.lists(st.text(']=[x\\"$ ', max_size=8), max_size=3))
def test_no_flag_escapes_from_its_quotes(flags: list[str]) -> None:
    _, config = project("project")
    declared = Declared(NULL, "null", (), Effect(link_flags=tuple(flags)))
    assert variables(content(declared, config))["_WHEELNEXT_LINK_FLAGS"] == flags


def test_all_passes_of_a_tree_have_the_same_command_line(tmp_path: Path) -> None:
    declared, config = project("targets")
    one = write(tmp_path, None, config, "")
    other = write(tmp_path, declared, config, "")
    assert one == other
    path = Path(str(one["cmake.define.WHEELNEXT_VARIANT_FILE"]))
    assert path.parent == tmp_path
    assert variables(path.read_text())["WHEELNEXT_VARIANT_LABEL"] == ["gpu"]


def test_only_flags_for_the_whole_project_are_included_everywhere(tmp_path: Path) -> None:
    declared, config = project("targets")
    settings = write(tmp_path, declared, config, "own.cmake")
    assert "cmake.define.CMAKE_PROJECT_INCLUDE" not in settings
    assert defines(declared, config, None) == {"cmake.define.WITH_V3": "ON"}
    declared, config = project("project")
    settings = write(tmp_path, declared, config, "own.cmake")
    include = Path(str(settings["cmake.define.CMAKE_PROJECT_INCLUDE"]))
    assert include.is_file()
    assert settings["cmake.define.WHEELNEXT_NEXT_PROJECT_INCLUDE"] == "own.cmake"
    assert defines(declared, config, None) == {
        "cmake.define.WITH_V3": "ON",
        "cmake.define.CMAKE_CUDA_ARCHITECTURES": "90-real;90-virtual",
    }


@pytest.mark.parametrize(("scope", "defined"), [("project", True), ("targets", False)])
def test_gpus_of_amd_are_named_as_cmake_has_them(scope: FlagsScope, defined: bool) -> None:
    variant = Variant.from_mapping("gfx", {"amd": {"gfx_arch": ["gfx90a", "gfx942"]}})
    declared = Declared(variant, "", (), known_effect(variant))
    config = Config((declared,), None, scope)
    entries = {"cmake.define.CMAKE_HIP_ARCHITECTURES": "gfx90a;gfx942"}
    assert defines(declared, config, None) == (entries if defined else {})
    written = variables(content(declared, config))
    assert written["_WHEELNEXT_HIP_ARCHITECTURES"] == ["gfx90a", "gfx942"]
    assert written["_WHEELNEXT_NEEDS_HIP"] == ["TRUE"]


@pytest.mark.parametrize("configured", [True, False])
def test_a_compiler_is_named_unless_the_user_did(tmp_path: Path, configured: bool) -> None:
    declared, config = project("targets")
    toolkit = Toolkit(tmp_path / "bin" / "nvcc", Version("13.0"), "PATH", configured)
    named = defines(declared, config, toolkit).get("cmake.define.CMAKE_CUDA_COMPILER")
    assert named == (None if configured else (tmp_path / "bin" / "nvcc").as_posix())


def test_the_modules_are_where_cmake_looks_for_them() -> None:
    names = {path.name for path in module_folder().glob("*.cmake")}
    assert {"WheelnextBuildConfig.cmake", "WheelnextBuildProject.cmake"} <= names
