"""What scikit-build-core's settings do, they do after the switch, for all wheels.

Each case is a project with some of its settings. scikit-build-core builds it, this backend builds
it, and both plain wheels must be equal, byte for byte. Then all wheels are built in one call, once
in each scope: the plain wheel must be the same again, and a variant's wheel differs from it by its
kernels and variant.json alone, so that what holds for the plain wheel holds for the variants.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from builds_tools import Project, evaluate, members, needs_x86_64, text_of
from drop_in import LEVELS, MINIMUM, TARGETS, Case, clean, with_scikit_build_core

pytestmark = [pytest.mark.build, needs_x86_64]

NATIVE = (".so", ".pyd")


def metadata_has(*lines: str) -> Callable[[Path], None]:
    def check(wheel: Path) -> None:
        found = text_of(wheel, ".dist-info/METADATA").splitlines()
        assert [line for line in lines if line not in found] == []

    return check


def is_stripped(*, wanted: bool) -> Callable[[Path], None]:
    def check(wheel: Path) -> None:
        data = next(data for name, data in members(wheel).items() if name.endswith(".so"))
        assert (b".symtab" not in data) == wanted

    return check


def generated_is(content: str) -> Callable[[Path], None]:
    def check(wheel: Path) -> None:
        assert evaluate(wheel, "drop_in.level()[1]") == content

    return check


PIN = {'"wheelnext-build"]': '"wheelnext-build", "scikit-build-core>=0.4,<2"]'}

OVERRIDES = """
[tool.scikit-build]
cmake.define.GREETING = "not overridden"
cmake.define.WORDS = ["one", "two"]

[[tool.scikit-build.overrides]]
if.env.DROP_IN_WORD = "^wo"
cmake.define.GREETING = "by env"

[[tool.scikit-build.overrides]]
if.scikit-build-version = ">=1.1"
inherit.cmake.define = "append"
cmake.define.WORDS = "by version"

[[tool.scikit-build.overrides]]
if.state = "^wheel$"
if.not.env.NOT_THERE = true
wheel.build-tag = "7"

[[tool.scikit-build.overrides]]
if.any.state = "nothing"
if.any.platform-system = ".*"
wheel.license-files = ["notes.md"]

[[tool.scikit-build.overrides]]
if.failed = true
wheel.cmake = false
"""

METADATA = r"""
[tool.scikit-build]
experimental = true

[tool.scikit-build.metadata.version]
provider = "scikit_build_core.metadata.regex"
input = "version.txt"

[tool.scikit-build.metadata.optional-dependencies]
provider = "scikit_build_core.metadata.template"
result = { dev = ["{project[name]}=={project[version]}"] }

[tool.scikit-build.metadata.description]
provider = "described"
provider-path = "plugins"
"""

DYNAMIC_METADATA = """
[[tool.dynamic-metadata]]
provider = "scikit_build_core.metadata.regex"
field = "version"
input = "version.txt"

[[tool.dynamic-metadata]]
provider = "scikit_build_core.metadata.template"
field = "description"
result = "This is {project[version]}"
"""

DESCRIBED = """
import os


def dynamic_metadata(field, settings, project=None):
    return f"{field} by {os.environ['DROP_IN_WORD']}"
"""

GENERATE = """
[[tool.scikit-build.generate]]
path = "drop_in/_version.py"
template-path = "version.in"

[[tool.scikit-build.generate]]
path = "generated/generated.h"
location = "build"
template = '#define GENERATED "$name in the build folder"'

[[tool.scikit-build.generate]]
path = "src/drop_in/_source.py"
location = "source"
template = 'version = "$version"'

[tool.scikit-build]
install.components = ["python"]
"""

WHEEL = """
[tool.scikit-build]
install.components = ["python", "development"]
install.strip = false
wheel.install-dir = "nested"
wheel.exclude = ["**/unwanted.*"]
wheel.license-files = ["notes.md"]
wheel.packages = ["src/drop_in", "other"]

[tool.scikit-build.wheel.force-include]
"notes.md" = "drop_in/forced.md"
"tool.sh" = "${SKBUILD_SCRIPTS_DIR}/tool.sh"
"""

PRESETS = """{
  "version": 3,
  "configurePresets": [
    {"name": "base", "hidden": true, "cacheVariables": {"GREETING": "by preset"}},
    {"name": "release", "inherits": "base", "environment": {"DROP_IN_WORD": "of preset"}}
  ]
}"""

TOOLCHAIN = """
set(CMAKE_C_FLAGS_INIT "-fno-plt")
set(FROM_TOOLCHAIN "by toolchain file")
"""

ARGUMENTS = """
[tool.scikit-build]
cmake.args = ["-DGREETING=by args", "-G", "Unix Makefiles"]
build.targets = ["_core"]

[tool.scikit-build.config-setting."drop.words"]
default = "by default"

[tool.scikit-build.cmake.define]
WORDS = { config-setting = "drop.words" }

[tool.scikit-build.env]
DROP_IN_WORD = { default = "of the table", force = true }
"""

INCLUDED = {"after.cmake": 'set(INCLUDED "after project")\n'}

CASES = [
    Case(
        "pins",
        MINIMUM,
        edits=PIN,
        # What was the default of the release that the pin names.
        check=is_stripped(wanted=False),
    ),
    Case(
        "overrides",
        OVERRIDES,
        files={"notes.md": "notes"},
        environment={"DROP_IN_WORD": "word"},
        seen=["greeting by env", "words by version", "state wheel"],
        holds=["licenses/notes.md"],
        names="drop_in-1.2.3-7-",
    ),
    Case(
        "wheel.tags",
        '[[tool.scikit-build.overrides]]\nif.state = "wheel"\n'
        'wheel.tags = ["py3-none-linux_x86_64", "cp311-abi3-linux_x86_64"]',
        names="-cp311.py3-abi3.none-linux_x86_64",
    ),
    Case(
        "abi3",
        '[tool.scikit-build]\nwheel.py-api = "cp311"',
        seen=["SABI 3.11"],
        holds=["/_core.abi3.so"],
        names="-cp311-abi3-linux_x86_64",
    ),
    Case(
        "no Python ABI",
        '[tool.scikit-build]\nwheel.py-api = "py3"\nwheel.build-tag = "2b"',
        names="drop_in-1.2.3-2b-py3-none-linux_x86_64",
    ),
    Case(
        "abi3t",  # of which an interpreter with the GIL can only build the half
        '[tool.scikit-build]\nwheel.py-api = "cp311.cp315t"',
        seen=["SABI 3.11"],
        names="-cp311-abi3-linux_x86_64",
    ),
    Case(
        "dynamic metadata",
        METADATA,
        edits={
            'version = "1.2.3"': 'dynamic = ["version", "optional-dependencies", "description"]'
        },
        files={"version.txt": 'version = "3.2.1"', "plugins/described.py": DESCRIBED},
        environment={"DROP_IN_WORD": "provider"},
        seen=["version 3.2.1"],
        check=metadata_has(
            "Version: 3.2.1",
            "Summary: description by provider",
            'Requires-Dist: drop-in==3.2.1; extra == "dev"',
        ),
    ),
    Case(
        "[[tool.dynamic-metadata]]",
        DYNAMIC_METADATA,
        edits={'version = "1.2.3"': 'dynamic = ["version", "description"]'},
        files={"version.txt": 'version = "3.2.1"'},
        check=metadata_has("Version: 3.2.1", "Summary: This is 3.2.1"),
    ),
    Case(
        "generate",
        GENERATE,
        files={"version.in": 'version = "${version}"\n'},
        holds=["drop_in/_version.py", "drop_in/_source.py"],
        lacks=["template.txt"],
        check=generated_is("drop-in in the build folder"),
    ),
    Case(
        "wheel",
        WHEEL,
        files={
            "notes.md": "notes",
            "tool.sh": "#!/bin/sh\n",
            "other/unwanted.txt": "",
            "other/wanted.txt": "",
        },
        holds=[
            "nested/drop_in/seen.txt",
            "nested/drop_in/template.txt",
            "licenses/notes.md",
            "drop_in/forced.md",
            ".data/scripts/tool.sh",
            "other/wanted.txt",
        ],
        lacks=["unwanted.txt"],
        check=is_stripped(wanted=False),
    ),
    Case(
        "install.targets",
        '[tool.scikit-build]\ninstall.targets = ["install-python"]\n'
        "[[tool.scikit-build.overrides]]\nif.failed = true\nwheel.cmake = false",
        seen=["state wheel"],
        lacks=["template.txt"],
    ),
    Case(
        "build-dir",
        '[tool.scikit-build]\ncmake.build-type = "MinSizeRel"\n'
        'build-dir = "build/{name}/{wheel_tag}/{cache_tag}/{build_type}/{state}"',
        seen=["build type MinSizeRel", "state wheel"],
    ),
    Case(
        "arguments",
        ARGUMENTS,
        settings={"drop.words": "by setting"},
        seen=[
            "generator Unix Makefiles",
            "greeting by args",
            "words by setting",
            "environment of the table",
        ],
    ),
    Case(
        "defines",
        "[tool.scikit-build.cmake.define]\n"
        'GREETING = { env = "DROP_IN_WORD", default = "none" }\nWORDS = ["one", "two"]',
        environment={"DROP_IN_WORD": "word", "SKBUILD_CMAKE_DEFINE": "WORDS=three"},
        settings={"cmake.define.UNUSED": "", "cmake.define.WORDS": "four"},
        seen=["greeting word", "words three"],
    ),
    Case(
        "build types",
        '[tool.scikit-build]\ncmake.build-type = ["Release", "Debug"]\n'
        'cmake.define.CMAKE_C_FLAGS_DEBUG = "-O1"\ninstall.strip = true',
        holds=["_debug.cpython-311-x86_64-linux-gnu.so"] if sys.version_info[:2] == (3, 11) else (),
    ),
    Case(
        "several configurations",
        '[tool.scikit-build]\ncmake.build-type = ["Release", "Debug"]\n'
        'cmake.define.CMAKE_C_FLAGS_DEBUG = "-O1"\ninstall.strip = true',
        environment={"CMAKE_GENERATOR": "Ninja Multi-Config"},
        seen=["generator Ninja Multi-Config"],
    ),
    Case(
        "presets",
        '[tool.scikit-build]\ncmake.args = ["--preset=release"]',
        files={"CMakePresets.json": PRESETS},
        seen=["greeting by preset", "environment of preset"],
    ),
    Case(
        "toolchain file in the environment",
        files={"toolchain.cmake": TOOLCHAIN},
        environment={"CMAKE_TOOLCHAIN_FILE": "{}/toolchain.cmake"},
        seen=["toolchain by toolchain file"],
    ),
    Case(
        "toolchain file in CMAKE_ARGS",
        files={"toolchain.cmake": TOOLCHAIN},
        environment={"CMAKE_ARGS": '-DCMAKE_TOOLCHAIN_FILE={}/toolchain.cmake -DGREETING="a b"'},
        seen=["toolchain by toolchain file", "greeting a b"],
    ),
    Case(
        "toolchain file as a setting",
        files={"toolchain.cmake": TOOLCHAIN},
        settings={"cmake.toolchain-file": "toolchain.cmake"},
        seen=["toolchain by toolchain file"],
    ),
    Case(
        "CMAKE_PROJECT_INCLUDE in an override",
        "[[tool.scikit-build.overrides]]\nif.platform-system = '.*'\n"
        'cmake.define.CMAKE_PROJECT_INCLUDE = "after.cmake"',
        files=INCLUDED,
        seen=["included after project"],
    ),
    Case(
        "CMAKE_PROJECT_INCLUDE from the environment",
        "[tool.scikit-build.cmake.define]\n"
        'CMAKE_PROJECT_INCLUDE = { env = "DROP_IN_INCLUDE", default = "" }',
        files=INCLUDED,
        environment={"DROP_IN_INCLUDE": "after.cmake"},
        seen=["included after project"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_nothing_of_a_setting_is_lost(project: Callable[[str], Project], case: Case) -> None:
    if "Makefiles" in case.toml and shutil.which("make") is None:
        pytest.skip("needs make")
    ours = case.prepare(project("drop_in"))
    theirs = with_scikit_build_core(ours)
    theirs.build(case.settings)
    (plain,) = theirs.dist.iterdir()
    case.look(plain)
    clean(ours)
    ours.build(case.settings)
    assert (ours.dist / plain.name).read_bytes() == plain.read_bytes()
    for scope in ("", TARGETS):
        clean(ours)
        with (ours.folder / "pyproject.toml").open("a") as stream:
            stream.write(scope)
        ours.build({**case.settings, "variants": "all"})
        look_at_variants(ours, case, plain)


def look_at_variants(built: Project, case: Case, plain: Path) -> None:
    labels = {path: label(path, plain) for path in built.dist.iterdir()}
    assert sorted(labels.values()) == sorted(LEVELS)
    for wheel, level in labels.items():
        if not level:
            assert wheel.read_bytes() == plain.read_bytes()
            continue
        case.look(wheel)
        common, own = members(plain), members(wheel)
        (added,) = own.keys() - common.keys()
        assert added.endswith(".dist-info/variant.json")
        different = [name for name in common if own.get(name) != common[name]]
        common_too = [name for name in different if not name.endswith((*NATIVE, "/RECORD"))]
        assert common_too == []
        if "nested" not in case.toml:
            assert evaluate(wheel, "drop_in.level()[0]") == LEVELS[level]


def label(wheel: Path, plain: Path) -> str:
    """The label of a variant's wheel, whose name is the plain one's up to there."""
    before = plain.name.removesuffix(".whl")
    assert wheel.name.startswith(before)
    return wheel.name.removeprefix(before).removesuffix(".whl").lstrip("-")
