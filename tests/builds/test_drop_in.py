"""What scikit-build-core's settings do, they do after the switch, for all wheels.

Each case is a project with some of its settings. scikit-build-core builds it, this backend builds
it, and both plain wheels must be equal, byte for byte. Then all wheels are built in one call, once
in each scope: the plain wheel must be the same again, and a variant's wheel differs from it by its
kernels and variant.json alone, so that what holds for the plain wheel holds for the variants.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from builds_tools import Project, command, evaluate, label_of, members, needs_x86_64, text_of

pytestmark = [pytest.mark.build, needs_x86_64]

NATIVE = (".so", ".pyd")
LEVELS = {"": "1", "x86_64_v3": "3", "x86_64_v4": "4"}
TARGETS = '\n[tool.wheelnext-build]\nflags-scope = "targets"\n'


@dataclass(frozen=True)
class Case:
    """Settings, and what is to be seen of them in a wheel.

    ``toml`` stands at the end of pyproject.toml, ``edits`` are replacements in it; ``files`` are
    written into the project. ``seen`` are lines of the wheel's seen.txt, ``holds`` are ends of
    names of files in the wheel, ``lacks`` of files that are not; ``names`` is a part of the wheel's
    name. ``check`` may look at more.
    """

    name: str
    toml: str = ""
    edits: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str | list[str]] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    seen: Sequence[str] = ()
    holds: Sequence[str] = ()
    lacks: Sequence[str] = ()
    names: str = ""
    check: Callable[[Path], object] | None = None

    def __str__(self) -> str:
        return self.name

    def prepare(self, built: Project) -> Project:
        for name, text in self.files.items():
            path = built.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for old, new in self.edits.items():
            built.edit("pyproject.toml", old, new)
        with (built.folder / "pyproject.toml").open("a") as stream:
            stream.write(f"\n{self.toml}")
        folder = built.folder.as_posix()
        environment = {name: value.format(folder) for name, value in self.environment.items()}
        return dataclasses.replace(built, environment={**built.environment, **environment})

    def look(self, wheel: Path) -> None:
        """Check what is to be seen of the settings in a wheel."""
        assert self.names in wheel.name
        names = list(members(wheel))
        for end in self.holds:
            assert any(name.endswith(end) for name in names), end
        for end in self.lacks:
            assert not any(name.endswith(end) for name in names), end
        if self.seen:
            lines = text_of(wheel, "drop_in/seen.txt").splitlines()
            assert [line for line in self.seen if line not in lines] == []
        if self.check is not None:
            self.check(wheel)


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


MINIMUM = '[tool.scikit-build]\nminimum-version = "build-system.requires"'
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
    theirs = dataclasses.replace(
        ours, backend="scikit_build_core.build", dist=ours.dist.with_name("theirs")
    )
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


def clean(built: Project) -> None:
    built.clear()
    shutil.rmtree(built.folder / "build", ignore_errors=True)


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


INSTALLS_FOLDERS = """
file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/data/of-${WHEELNEXT_VARIANT_LABEL}.txt" "configured")
add_custom_command(OUTPUT made.stamp
  COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_CURRENT_BINARY_DIR}/data/made"
  COMMAND "${CMAKE_COMMAND}" -E touch "${CMAKE_CURRENT_BINARY_DIR}/data/made/by-command.txt"
  COMMAND "${CMAKE_COMMAND}" -E touch made.stamp)
add_custom_target(made ALL DEPENDS made.stamp)
install(DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/data" DESTINATION drop_in COMPONENT python)
"""


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="copies of a tree"),
        pytest.param({"build.tool-args": "-j2"}, id="one tree"),
        pytest.param({"build-dir": "build"}, id="kept tree"),
        pytest.param({"cmake.args": "-GUnix Makefiles"}, id="make"),
    ],
)
def test_a_folder_of_the_build_tree_is_installed_without_another_wheels_files(
    project: Callable[[str], Project], settings: Mapping[str, str | list[str]]
) -> None:
    if "cmake.args" in settings and shutil.which("make") is None:
        pytest.skip("needs make")
    case = Case("folders", TARGETS)
    built = case.prepare(project("drop_in"))
    with (built.folder / "CMakeLists.txt").open("a") as stream:
        stream.write(INSTALLS_FOLDERS)
    for _ in range(2 if "build-dir" in settings else 1):
        output = built.build({**settings, "variants": "all"})
        found = {
            label_of(wheel): [name for name in members(wheel) if "/data/" in name]
            for wheel in built.dist.iterdir()
        }
        assert found == {
            label: [f"drop_in/data/{name}" for name in ("made/by-command.txt", f"of-{label}.txt")]
            for label in LEVELS
        }
        levels = {
            label: evaluate(built.wheel(label), "drop_in.level()[0]") for label in built.labels()
        }
        assert levels == LEVELS
        built.clear()
        if "cmake.args" not in settings:
            assert output.compiled("module.c") <= 1


FETCHES = """
include(FetchContent)
FetchContent_Declare(dependency URL "${CMAKE_CURRENT_SOURCE_DIR}/dependency")
FetchContent_MakeAvailable(dependency)
"""

DEPENDENCY = """
cmake_minimum_required(VERSION 3.21...4.0)
project(dependency LANGUAGES C)
add_library(dependency STATIC dependency.c)
install(DIRECTORY include DESTINATION drop_in COMPONENT python)
"""


def test_folders_of_fetched_sources_are_installed_and_nothing_is_built_twice(
    project: Callable[[str], Project],
) -> None:
    files = {
        "dependency/CMakeLists.txt": DEPENDENCY,
        "dependency/dependency.c": "int dependency(void) { return 1; }",
        "dependency/include/dependency.h": "int dependency(void);",
    }
    built = Case("fetched", TARGETS, files=files).prepare(project("drop_in"))
    with (built.folder / "CMakeLists.txt").open("a") as stream:
        stream.write(FETCHES)
    output = built.build({"variants": "all"})
    assert built.labels() == sorted(LEVELS)
    for label in LEVELS:
        assert "drop_in/include/dependency.h" in members(built.wheel(label))
    assert output.compiled("dependency.c") == 1
    assert sum("Linking C static library" in line for line in output.output.splitlines()) == 1


GENERATES_SOURCE = """
[[tool.scikit-build.generate]]
path = "generated.h"
location = "source"
template = '#define GENERATED "common"'

[[tool.scikit-build.overrides]]
if.env.WHEELNEXT_VARIANT_LABEL = "(.*)_v3"
generate = [{ path = "generated.h", location = "source", template = '#define GENERATED "v3"' }]

[tool.scikit-build]
cmake.define.CMAKE_C_FLAGS = "-DHAS_GENERATED"
"""


@pytest.mark.parametrize("scope", ["", TARGETS], ids=["project", "targets"])
def test_a_generated_source_file_is_the_wheels_own(
    project: Callable[[str], Project], scope: str
) -> None:
    built = Case("sources", GENERATES_SOURCE + scope).prepare(project("drop_in"))
    output = built.build({"variants": "all"}).output
    found = {label: evaluate(built.wheel(label), "drop_in.level()") for label in LEVELS}
    assert found == {
        "": "(1, 'common')",
        "x86_64_v3": "(3, 'v3')",
        "x86_64_v4": "(4, 'common')",
    }
    assert "wrote into the source folder" not in output


CROSS = """
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
"""

AARCH64 = """
[[tool.wheelnext-build.matrix]]
axes.aarch64.version = ["8.2a"]
"""


@pytest.mark.parametrize("way", ["CMAKE_TOOLCHAIN_FILE", "CMAKE_ARGS"])
def test_cross_compilation_gives_the_targets_variants(
    project: Callable[[str], Project], way: str
) -> None:
    if shutil.which("aarch64-linux-gnu-gcc") is None:
        pytest.skip("needs aarch64-linux-gnu-gcc")
    file = "{}/toolchain.cmake"
    environment = {
        way: file if way == "CMAKE_TOOLCHAIN_FILE" else f"-DCMAKE_TOOLCHAIN_FILE={file}",
        "_PYTHON_HOST_PLATFORM": "linux-aarch64",
        "SETUPTOOLS_EXT_SUFFIX": ".cpython-311-aarch64-linux-gnu.so",
    }
    files = {"toolchain.cmake": CROSS}
    ours = Case("cross", AARCH64, files=files, environment=environment).prepare(project("drop_in"))
    theirs = dataclasses.replace(
        ours, backend="scikit_build_core.build", dist=ours.dist.with_name("theirs")
    )
    theirs.build({"build.verbose": "true"})
    (plain,) = theirs.dist.iterdir()
    assert plain.name.endswith("linux_aarch64.whl")
    output = ours.build({"variants": "all", "build.verbose": "true"}).output
    assert ours.labels() == ["", "aarch64_8.2a"]
    assert ours.wheel().read_bytes() == plain.read_bytes()
    assert "-march=armv8.2-a" in output
    assert "-march=x86-64" not in output


HOUSE = pytest.mark.skipif(
    not os.environ.get("WHEELNEXT_BUILD_WHEELHOUSE"), reason="builds with this project's wheel"
)


@HOUSE
@pytest.mark.parametrize("pin", [">=0.10", "~=1.1", "<1"])
def test_a_pin_on_scikit_build_core_stays_or_the_installer_says_that_it_cannot(
    project: Callable[[str], Project], pin: str
) -> None:
    edits = {'"wheelnext-build"]': f'"wheelnext-build", "scikit-build-core{pin}"]'}
    minimum = (
        "" if pin == "<1" else '[tool.scikit-build]\nminimum-version = "build-system.requires"'
    )
    built = Case("pin", minimum, edits=edits).prepare(project("drop_in"))
    building = ("-m", "build", "--wheel", "--installer", "uv", "--outdir", built.dist)
    status = 1 if pin == "<1" else 0
    output = command(sys.executable, *building, built.folder, status=status).output
    if pin == "<1":
        assert "wheelnext-build" in output
        assert "scikit-build-core<1" in output
    else:
        assert built.labels() == [""]


def test_minimum_version_needs_the_pin_to_stay(project: Callable[[str], Project]) -> None:
    built = Case("no pin", MINIMUM).prepare(project("drop_in"))
    for settings, status in (({}, 7), ({"variants": "all"}, 1)):
        output = built.build(settings, status=status).output
        assert "scikit-build-core needs a min version in build-system.requires" in output
        assert built.files() == []
