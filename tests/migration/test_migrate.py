"""Switching pyproject.toml to this backend: changed and unchanged text, and messages."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelnext_build.cli.main import main
from wheelnext_build.config.toml_file import parsed
from wheelnext_build.errors import ConfigurationError, MigrationError, RequestError
from wheelnext_build.migration.edit import Migration, axes, migrate
from wheelnext_build.migration.requires import FLOOR, switched

BACKEND = 'build-backend = "scikit_build_core.build"\n'
SIMPLE = f'[build-system]\nrequires = ["scikit-build-core"]\n{BACKEND}'
NEW = SIMPLE.replace("scikit-build-core", "wheelnext-build").replace(
    "scikit_build_core.build", "wheelnext_build"
)
ROW = '\n[[tool.wheelnext-build.matrix]]\naxes.x86_64.level = ["v3", "v4"]\n'


def changed(text: str, *matrix: str) -> str:
    return migrate(text, [axes(item) for item in matrix]).after


def notes(migration: Migration) -> str:
    return "\n".join(note.text for note in migration.notes)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(SIMPLE)
    (tmp_path / "CMakeLists.txt").write_text("project(x)\n")
    return tmp_path


# The text: only necessary changes.

TEXTS = {
    "one line": (SIMPLE, NEW),
    "comments": (
        (
            "# top\n[build-system]  # x\nrequires = [\n  # first\n"
            "  'scikit-build-core[pyproject]>=0.8', # the backend\n\n  \"pybind11\" # other\n]\n"
            f"# why\n{BACKEND.strip()}  # this\n\n[project] # p\nname = 'a'\n"
        ),
        (
            "# top\n[build-system]  # x\nrequires = [\n  # first\n"
            "  'wheelnext-build', # the backend\n\n  \"pybind11\" # other\n]\n"
            "# why\nbuild-backend = \"wheelnext_build\"  # this\n\n[project] # p\nname = 'a'\n"
        ),
    ),
    "backend first": (
        f'[build-system]\n{BACKEND}requires = ["pybind11", "scikit_build_core>=0.10"]\n',
        (
            '[build-system]\nbuild-backend = "wheelnext_build"\n'
            'requires = ["pybind11", "wheelnext-build"]\n'
        ),
    ),
    "dotted keys": (
        (
            'build-system.requires=["scikit-build-core" ]\n'
            "build-system.build-backend='scikit_build_core.build'\nproject.name = 'a'\n"
        ),
        (
            'build-system.requires=["wheelnext-build" ]\n'
            "build-system.build-backend='wheelnext_build'\nproject.name = 'a'\n"
        ),
    ),
    "inline table": (
        (
            'build-system = { requires = ["scikit-build-core"], '
            'build-backend = "scikit_build_core.build" }\n'
        ),
        'build-system = { requires = ["wheelnext-build"], build-backend = "wheelnext_build" }\n',
    ),
    "at the end of the file": (
        f'[project]\nname = "a"\n[build-system]\nrequires = ["scikit-build-core",]\n{BACKEND}'[:-1],
        (
            '[project]\nname = "a"\n[build-system]\nrequires = ["wheelnext-build",]\n'
            'build-backend = "wheelnext_build"'
        ),
    ),
    "beside one that stays, on one line": (
        f'[build-system]\nrequires = ["scikit-build-core<2"]\n{BACKEND}',
        (
            '[build-system]\nrequires = ["wheelnext-build", "scikit-build-core<2"]\n'
            'build-backend = "wheelnext_build"\n'
        ),
    ),
    "beside one that stays, among others": (
        f"[build-system]\nrequires = ['a', 'scikit-build-core<2', 'b']\n{BACKEND}",
        (
            "[build-system]\nrequires = ['a', 'wheelnext-build', 'scikit-build-core<2', 'b']\n"
            'build-backend = "wheelnext_build"\n'
        ),
    ),
    "beside one that stays": (
        f'[build-system]\nrequires = [\n    "scikit-build-core>=1.1.2",  # a fix\n]\n{BACKEND}',
        (
            '[build-system]\nrequires = [\n    "wheelnext-build",\n'
            '    "scikit-build-core>=1.1.2",  # a fix\n]\nbuild-backend = "wheelnext_build"\n'
        ),
    ),
}


@pytest.mark.parametrize(("before", "after"), TEXTS.values(), ids=TEXTS)
def test_only_necessary_text_changes(before: str, after: str) -> None:
    assert changed(before) == after


@pytest.mark.parametrize(("before", "after"), TEXTS.values(), ids=TEXTS)
def test_windows_line_ends_stay(before: str, after: str) -> None:
    assert changed(before.replace("\n", "\r\n")) == after.replace("\n", "\r\n")


def test_each_line_keeps_its_own_end() -> None:
    before = (
        f'# one\r\n# two\n[build-system]\r\nrequires = ["scikit-build-core"]\r\n{BACKEND}# six\n'
    )
    after = migrate(before).after
    assert after.startswith("# one\r\n# two\n[build-system]\r\n")
    assert after.endswith("# six\n")


@pytest.mark.parametrize("text", [before for before, _ in TEXTS.values()])
def test_a_second_run_changes_nothing(text: str) -> None:
    once = changed(text, "x86_64.level=v3")
    assert not migrate(once, [axes("x86_64.level=v3")]).changed


def test_text_that_tomlkit_cannot_edit_is_left_with_instructions() -> None:
    text = SIMPLE + "\n[tool]\nwheelnext-build = { flags-scope = 'project' }\n"
    with pytest.raises(MigrationError, match=r"axes\.x86_64\.level = \[\"v3\"\]"):
        changed(text, "x86_64.level=v3")


# The rule on requires.


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        ([], ["wheelnext-build"]),
        (["scikit-build-core"], ["wheelnext-build"]),
        (["Scikit_Build.Core[pyproject] >=0.3.3"], ["wheelnext-build"]),
        (["scikit-build-core>=1.1,!=0.10.2,!=1.0.*"], ["wheelnext-build"]),
        (["ninja", "scikit-build-core>=0.5"], ["ninja", "wheelnext-build"]),
        (["wheelnext-build", "scikit-build-core"], ["wheelnext-build", "scikit-build-core"]),
    ],
)
def test_an_entry_without_extra_demands_is_replaced(
    requires: list[str], expected: list[str]
) -> None:
    decided = switched(requires, None)
    assert decided.applied(requires) == expected
    assert decided.minimum_version is None


@pytest.mark.parametrize(
    "entry",
    [
        "scikit-build-core>=1.1.2",
        "scikit-build-core>1.1",
        "scikit-build-core<2",
        "scikit-build-core>=0.10,<2",
        "scikit-build-core==1.*",
        "scikit-build-core~=1.1",
        "scikit-build-core!=1.1.1",
        "scikit-build-core!=1.*",
        "scikit-build-core<=1.1",
        "scikit-build-core>=1.1.0rc1",
        "scikit-build-core[wheels]>=0.5",
        "scikit-build-core>=0.5; sys_platform == 'linux'",
        "scikit-build-core @ git+https://example.org/scikit-build-core",
        "scikit-build-core==0.9.*; python_version < '3.8'",
    ],
)
def test_an_entry_with_extra_demands_stays(entry: str) -> None:
    decided = switched(["pybind11", entry], None)
    assert decided.applied(["pybind11", entry]) == ["pybind11", "wheelnext-build", entry]
    assert not decided.dropped
    assert decided.minimum_version is None


def test_an_entry_that_minimum_version_reads_is_kept() -> None:
    for entry in ("scikit-build-core>=0.10", "scikit-build-core"):
        decided = switched([entry], "build-system.requires")
        assert decided.applied([entry]) == ["wheelnext-build", entry]


@pytest.mark.parametrize(
    ("entry", "stays", "series"),
    [
        ("scikit-build-core==0.11.*", None, "0.11"),
        ("scikit-build-core==0.10.7", None, "0.10"),
        ("scikit-build-core>=0.8,<1", None, "0.12"),
        ("scikit-build-core<1.1", None, "1.0"),
        ("scikit-build-core~=0.9.2", None, "0.9"),
        ("scikit-build-core<=0.5", None, "0.5"),
        ("scikit-build-core==0.99", None, None),
        ("scikit-build-core[wheels]<1", "scikit-build-core[wheels]", "0.12"),
        (
            "scikit-build-core<1; sys_platform != 'win32'",
            'scikit-build-core; sys_platform != "win32"',
            "0.12",
        ),
    ],
)
def test_a_pin_to_old_versions_becomes_a_minimum_version(
    entry: str, stays: str | None, series: str | None
) -> None:
    decided = switched([entry], None)
    assert decided.applied([entry]) == ["wheelnext-build", *([stays] if stays else [])]
    assert decided.minimum_version == series
    assert decided.dropped == (entry,)


def test_an_existing_minimum_version_is_kept() -> None:
    assert switched(["scikit-build-core<1"], "0.8").minimum_version is None


@pytest.mark.parametrize(
    ("entry", "stays"),
    [
        ("scikit-build-core>=0.10,<1", "scikit-build-core>=0.10"),
        ("scikit-build-core==0.10.7", "scikit-build-core>=0.10.7"),
    ],
)
def test_a_pin_that_minimum_version_reads_keeps_its_lower_bound(entry: str, stays: str) -> None:
    decided = switched([entry], "build-system.requires")
    assert decided.applied([entry]) == ["wheelnext-build", stays]
    assert decided.minimum_version is None


def test_the_floor_is_the_bound_of_this_package() -> None:
    pyproject = Path(__file__).parents[2] / "pyproject.toml"
    dependencies = tomllib.loads(pyproject.read_text())["project"]["dependencies"]
    assert f"scikit-build-core>={FLOOR}" in dependencies


@pytest.mark.parametrize(
    "tables",
    [
        "",
        "\n[tool.scikit-build]\nwheel.packages = []\n",
        "\n[tool.scikit-build.wheel]\npackages = []\n\n[project]\nname = 'a'\n",
        "\n[[tool.scikit-build.overrides]]\nif.env.X = 'y'\nfail = true\n",
        "\n[tool]\nscikit-build = { wheel.packages = [] }\n",
        (
            "\n[tool.scikit-build.wheel]\npackages = []\n[project]\nname = 'a'\n[tool.x]\ny = 1\n"
            "[tool.scikit-build.sdist]\ncmake = false\n"
        ),
    ],
)
def test_minimum_version_is_added_to_any_form_of_the_table(tables: str) -> None:
    text = SIMPLE.replace("core", "core<1", 1) + tables
    migration = migrate(text)
    expected = parsed(NEW + tables)
    expected.setdefault("tool", {}).setdefault("scikit-build", {})["minimum-version"] = "0.12"
    assert parsed(migration.after) == expected
    assert "scikit-build-core<1" in notes(migration)
    assert "needs scikit-build-core>=1.1" in notes(migration)


# The matrix.


def test_a_matrix_is_added_on_request_else_there_is_a_note() -> None:
    assert changed(SIMPLE, "x86_64.level=v3,v4") == NEW + ROW
    assert "no variants are declared" in notes(migrate(SIMPLE))
    assert not migrate(SIMPLE + ROW).notes


def test_several_rows_and_several_axes() -> None:
    text = changed(SIMPLE, "x86_64.level=v3", "nvidia.sm_arch=80_real,90_real x86_64.level=v3")
    rows = parsed(text)["tool"]["wheelnext-build"]["matrix"]
    assert rows == [
        {"axes": {"x86_64": {"level": ["v3"]}}},
        {"axes": {"nvidia": {"sm_arch": ["80_real", "90_real"]}, "x86_64": {"level": ["v3"]}}},
    ]


def test_a_matrix_is_added_after_existing_ones() -> None:
    text = changed(SIMPLE + ROW, "nvidia.sm_arch=90_real")
    assert text.startswith(NEW + ROW)
    assert len(parsed(text)["tool"]["wheelnext-build"]["matrix"]) == 2


@pytest.mark.parametrize("value", ["3", "[[]]", "{wheel = 3, cmake = 4, overrides = [5]}"])
def test_mistakes_in_other_tables_are_ignored(project: Path, value: str) -> None:
    text = f"tool.scikit-build = {value}\n[tool.cibuildwheel]\n{SIMPLE}"
    (project / "pyproject.toml").write_text(text)
    assert main(["migrate", str(project), "--write"]) == 0
    assert (project / "pyproject.toml").read_text() == text.replace(SIMPLE, NEW)


def test_an_invalid_matrix_value_is_reported_and_nothing_is_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate", str(project), "--write", "--matrix", "x86_64.level=v9"]) == 2
    assert "'v9'" in capsys.readouterr().err
    assert (project / "pyproject.toml").read_text() == SIMPLE


@pytest.mark.parametrize(
    "text", ["", "x86_64", "x86_64.level", "x86_64.level=v3,", "level=v3", "a.b=c a.b=d"]
)
def test_an_invalid_matrix_is_an_error(text: str) -> None:
    with pytest.raises(RequestError, match="--matrix"):
        axes(text)


# All other content stays the same.

_BARE = st.from_regex(r"[a-z]([a-z0-9-]{0,6}[a-z])?", fullmatch=True)
_SPACE = st.sampled_from(["", " ", "  "])
_COMMENT = st.sampled_from(["", " # why", "  # ä = [1]"])
_ENTRY = st.sampled_from(
    ["scikit-build-core", "scikit-build-core>=0.5", "scikit-build-core<1", "scikit_build_core<2"]
)
_TABLE = st.sampled_from(
    [
        "[project]\nname = 'a'\nversion = '1' # x",
        "[tool.scikit-build]\nwheel.packages = []\n",
        "[tool.scikit-build.cmake] # c\nversion = '>=3.20'",
        "[[tool.scikit-build.overrides]]\nif.env.A = '.+'\ncmake.define.B = '1'",
        "[tool.ruff]\n\nselect = [\n 'A', # a\n]\n",
        '[tool.x]\ntext = """\n[build-system]\nrequires = []\n"""',
    ]
)


@st.composite
def _files(draw: st.DrawFn) -> str:
    others = [f'"{name}"' for name in draw(st.lists(_BARE, max_size=3))]
    entries = draw(st.permutations([f'"{draw(_ENTRY)}"', *others]))
    gap, comment = draw(_SPACE), draw(_COMMENT)
    if draw(st.booleans()):
        listed = f",{gap}".join(entries)
        array = f"[{gap}{listed}{gap}]"
    else:
        array = "[\n" + "".join(f"{gap}{entry}{gap},{comment}\n" for entry in entries) + "]"
    pairs = draw(st.permutations([f"requires{gap}={gap}{array}{comment}", BACKEND.strip()]))
    build_system = "[build-system]\n" + "\n".join(pairs) + "\n"
    tables = draw(st.permutations([build_system, *draw(st.lists(_TABLE, unique=True))]))
    return draw(st.sampled_from(["", "# top\n\n"])) + draw(_SPACE).join(
        f"{table}\n" for table in tables
    )


@given(_files(), st.booleans())
def test_all_other_content_stays_the_same(text: str, windows: bool) -> None:
    text = text.replace("\n", "\r\n") if windows else text
    migration = migrate(text, [axes("x86_64.level=v3")])
    before, after = parsed(text), parsed(migration.after)
    assert after["build-system"]["build-backend"] == "wheelnext_build"
    assert after["tool"].pop("wheelnext-build") == {
        "matrix": [{"axes": {"x86_64": {"level": ["v3"]}}}]
    }
    written = after["tool"].get("scikit-build", {}).pop("minimum-version", None)
    assert written in (None, "0.12")
    for data in (before, after):
        data.pop("build-system")
        tool = data.setdefault("tool", {})
        if tool.get("scikit-build") == {}:
            del tool["scikit-build"]
    assert after == before
    comments = [line for line in text.splitlines() if "#" in line]
    assert [line.rpartition("#")[2] for line in comments] == [
        line.rpartition("#")[2] for line in migration.after.splitlines() if "#" in line
    ]
    assert ("\r" in migration.after) == windows
    assert not migrate(migration.after).changed


# The command.


@pytest.mark.parametrize(
    "tool", [["git", "apply"], ["patch", "-p1", "--binary"]], ids=["git", "patch"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("tail", ["", "# no line end"])
def test_the_output_is_a_patch(
    project: Path, capfdbinary: pytest.CaptureFixture[bytes], tool: list[str], end: str, tail: str
) -> None:
    path = project / "pyproject.toml"
    before = (SIMPLE + tail).replace("\n", end).encode()
    path.write_bytes(before)
    assert main(["migrate", str(project), "--matrix", "x86_64.level=v3,v4"]) == 0
    assert path.read_bytes() == before
    patch = capfdbinary.readouterr().out
    subprocess.run(tool, input=patch, cwd=project, check=True, stdout=subprocess.DEVNULL)
    applied = path.read_bytes()
    path.write_bytes(before)
    assert main(["migrate", str(project), "--write", "--matrix", "x86_64.level=v3,v4"]) == 0
    assert path.read_bytes() == applied
    assert capfdbinary.readouterr().out == b""


def test_the_patch_of_a_long_file_has_only_the_changes(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SIMPLE.replace('["scikit', '[\n"scikit').replace('core"]', 'core",\n]')
    (project / "pyproject.toml").write_text(
        text + "".join(f"[x{n}]\na = [\n]\n" for n in range(99))
    )
    assert main(["migrate", str(project)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith(("+", "-")) for line in lines[2:]) == 4


def test_a_second_write_changes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = project / "pyproject.toml"
    path.chmod(0o640)
    assert main(["migrate", str(project), "--write"]) == 0
    assert path.read_text() == NEW
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(item.name for item in project.iterdir()) == ["CMakeLists.txt", "pyproject.toml"]
    capsys.readouterr()
    assert main(["migrate", str(project), "--write"]) == 0
    output = capsys.readouterr()
    assert output.out == ""
    assert "nothing to change" in output.err
    assert "no variants are declared" in output.err


def test_a_symbolic_link_stays_a_link(project: Path) -> None:
    path = project / "pyproject.toml"
    path.rename(project / "real.toml")
    try:
        path.symlink_to("real.toml")
    except OSError:
        pytest.skip("no symbolic links here")
    assert main(["migrate", str(project), "--write"]) == 0
    assert path.is_symlink()
    assert (project / "real.toml").read_text() == NEW


def test_a_missing_tomlkit_is_named(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tomlkit", None)
    assert main(["migrate", str(project)]) == 2
    assert "pip install 'wheelnext-build[cli]'" in capsys.readouterr().err


def test_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "CMakeLists.txt").write_text("project(x)\nadd_compile_options(-march=native)\n")
    assert main(["migrate", str(project), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["changed"], answer["written"]) == (True, False)
    assert answer["diff"].startswith("--- a/pyproject.toml\n+++ b/pyproject.toml\n@@")
    places = [place for note in answer["notes"] for place in note["places"]]
    assert places == [{"file": "CMakeLists.txt", "line": 2, "what": "-march=native"}]


# Projects that cannot be switched.


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("", "no [build-system]"),
        ('requires = ["setuptools"]', "Switch to scikit_build_core.build first"),
        (
            (
                'requires = ["setuptools", "scikit-build>=0.13"]\n'
                'build-backend = "setuptools.build_meta:__legacy__"'
            ),
            "scikit-build (skbuild), the predecessor",
        ),
        (
            (
                'requires = ["scikit-build-core[setuptools]"]\n'
                'build-backend = "scikit_build_core.setuptools.build_meta"'
            ),
            "setuptools makes the wheel",
        ),
        (
            'requires = ["hatchling", "scikit-build-core"]\nbuild-backend = "hatchling.build"',
            "scikit-build-core is its plugin",
        ),
        ('requires = ["meson-python"]\nbuild-backend = "mesonpy"', "meson-python"),
        ('requires = ["maturin"]\nbuild-backend = "maturin"', "label --property"),
        ('requires = ["flit-core"]\nbuild-backend = "flit_core.buildapi"', "flit_core.buildapi"),
    ],
)
def test_other_backends(
    project: Path, capsys: pytest.CaptureFixture[str], system: str, expected: str
) -> None:
    text = f"[build-system]\n{system}\n" if system else "[project]\nname = 'a'\n"
    (project / "pyproject.toml").write_text(text)
    assert main(["migrate", str(project), "--write"]) == 1
    assert expected in capsys.readouterr().err
    assert (project / "pyproject.toml").read_text() == text


def test_a_project_with_its_own_backend(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["scikit-build-core"]\nbuild-backend = "mine"\n'
        'backend-path = ["backend"]\n'
    )
    assert main(["migrate", str(project)]) == 1
    assert "no import of scikit-build-core was found" in capsys.readouterr().err
    (project / "backend").mkdir()
    module = project / "backend" / "mine.py"
    module.write_text("import os\nfrom scikit_build_core.build import *\n")
    assert main(["migrate", str(project)]) == 1
    place = "backend/mine.py:2: from scikit_build_core.build import *"
    assert place in capsys.readouterr().err
    module.write_text("from wheelnext_build import *\n")
    assert main(["migrate", str(project)]) == 0
    assert '+requires = ["wheelnext-build"]' in capsys.readouterr().out


def test_projects_without_cmake_code_are_rejected(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "CMakeLists.txt").unlink()
    assert main(["migrate", str(project)]) == 1
    assert "CMakeLists.txt: no such file" in capsys.readouterr().err
    path = project / "pyproject.toml"
    path.write_text(SIMPLE + '[tool.scikit-build]\ncmake.source-dir = "src"\n')
    (project / "src").mkdir()
    (project / "src" / "CMakeLists.txt").write_text("project(x)\n")
    assert main(["migrate", str(project)]) == 0
    path.write_text(SIMPLE + "[tool.scikit-build]\nwheel.cmake = false\n")
    assert main(["migrate", str(project)]) == 1
    assert "wheel.cmake is false" in capsys.readouterr().err


def requiring(text: str) -> bytes:
    return f'[build-system]\nrequires = ["scikit-build-core", "{text}"]\n{BACKEND}'.encode()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "no such file"),
        (b"[build-system", "not TOML"),
        (b"\xff\xfe", "not TOML"),
        (b"a = " + b"[" * 3000, "in more than 100 others"),
        (b"a = " + b"9" * 5000, "number of thousands of digits (at line 1)"),
        (b"\xef\xbb\xbf" + SIMPLE.encode(), "remove the byte order mark"),
        (b'[build-system]\nrequires = "x"\n', "must be a list of strings"),
        (b"build-system = 3\n", "must be a list of strings"),
        (b"tool = 3\n" + SIMPLE.encode(), "tool: must be a table"),
        (f'[build-system]\nrequires = ["a b"]\n{BACKEND}'.encode(), "'a b' is not a requirement"),
        (requiring(f"cmake>={9:05000}"), "it has a number of thousands of digits"),
        (requiring(f"cmake; {'(' * 3000}"), "is not a requirement"),
    ],
)
def test_wrong_input_is_status_2(
    project: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, expected: str
) -> None:
    path = project / "pyproject.toml"
    path.unlink() if content is None else path.write_bytes(content)
    assert main(["migrate", str(project)]) == 2
    assert expected in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_only_regular_files_are_read(
    project: Path, capsys: pytest.CaptureFixture[str], make: Callable[[Path], object]
) -> None:
    (project / "pyproject.toml").unlink()
    make(project / "pyproject.toml")
    assert main(["migrate", str(project)]) == 2
    assert "pyproject.toml: is not a regular file" in capsys.readouterr().err


def test_an_impossible_requires_python_is_ignored(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    python = f">=3.{'9' * 5000}"
    table = f'[project]\nname = "x"\nversion = "1"\nrequires-python = "{python}"\n'
    (project / "pyproject.toml").write_text(SIMPLE + table)
    assert main(["migrate", str(project)]) == 0
    assert "the project also supports Python" not in capsys.readouterr().err


def test_mistakes_in_existing_variants_are_reported() -> None:
    with pytest.raises(ConfigurationError, match="unknown key"):
        migrate(SIMPLE + "\n[tool.wheelnext-build]\nflag-scope = 'targets'\n")
