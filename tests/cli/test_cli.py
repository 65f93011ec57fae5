"""The command line as a person and a script use it; building for real is in tests/builds."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from tiny_wheels import write_variant, write_wheel, x86_64_metadata

from wheelnext_build.cli.main import main
from wheelnext_build.cli.output import plain_table
from wheelnext_build.config.config import parse
from wheelnext_build.system.text import human_size

MATRIX = """
[variant.variants.null]

[[tool.wheelnext-build.matrix]]
axes.x86_64.level = ["v2", "v3"]

[[tool.wheelnext-build.matrix]]
axes.nvidia.sm_arch = ["90_real"]
when = "sys_platform == 'plan9'"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(MATRIX)
    return tmp_path


def test_matrix_shows_which_variants_are_built_and_left_out(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["matrix", str(project)]) == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "x86_64_v3 x86_64 :: level :: v3 -march=x86-64-v3" in output
    assert "its condition does not hold for this build" in output


def test_matrix_as_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["matrix", "--json", str(project)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [entry["label"] for entry in answer["variants"]] == [
        "null",
        "x86_64_v2",
        "x86_64_v3",
        "sm90",
    ]
    last = answer["variants"][-1]
    assert last["builds-here"] is False
    assert last["effect"]["cuda-architectures"] == ["90-real"]
    assert answer["default-priorities"] == {"namespace": ["nvidia", "x86_64"]}


def test_matrix_as_toml_declares_the_same_variants(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tomli_w")
    assert main(["matrix", "--format", "toml", str(project)]) == 0
    standard = parse(tomllib.loads(capsys.readouterr().out))
    assert standard.metadata == parse(tomllib.loads(MATRIX)).metadata


def test_mistakes_are_printed_with_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text("[variant.variants.x]\nx86_64.level = ['v9']\n")
    assert main(["matrix", str(tmp_path)]) == 2
    assert "variant.variants.x: x86_64.level cannot be 'v9'" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["matrix", "build"])
def test_a_folder_without_a_project_is_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert main([command, str(tmp_path)]) == 2
    assert "pyproject.toml: no such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--only", "x86_64_v4"], "did you mean 'x86_64_v3'?"),
        (["-C", "no-value"], "write it as KEY=VALUE"),
        (["-C", "variants=some"], "the only value is 'all'"),
        (["--only", "x86_64_v3", "--sdist"], "give one of the two"),
        (["--only", "native", "--only", "x86_64_v3"], "stands alone"),
    ],
)
def test_build_rejects_bad_options_before_it_starts(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    assert main(["build", str(project), *arguments]) == 2
    assert expected in capsys.readouterr().err
    assert not (project / "dist").exists()


def test_inspect_tells_plain_wheels_variants_and_carriers_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["sample-1.0-py3-none-any.whl", "sample-1.0-0v3-py3-none-any.whl"]
    write_wheel(tmp_path, names[0])
    write_wheel(tmp_path, names[1], x86_64_metadata("v3", "v3"))
    write_variant(tmp_path, "v3", "v3")
    names.append("sample-1.0-py3-none-any-v3.whl")
    assert main(["inspect", "--json", *(str(tmp_path / name) for name in names)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [entry["kind"] for entry in answer] == ["plain", "carrier", "variant"]
    assert [entry["label"] for entry in answer] == [None, "v3", "v3"]
    assert [entry["sound"] for entry in answer] == [True, True, True]


def test_inspect_names_problems_with_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sample-1.0.tar.gz").write_bytes(b"no wheel")
    assert main(["inspect", "--json", str(tmp_path / "sample-1.0.tar.gz")]) == 1
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["kind"], entry["sound"]) == ("unknown", False)


def test_plain_tables_are_never_cut() -> None:
    name = "a-very-long-name" * 20
    text = plain_table("title", ["file", "n"], [[name, "1"], ["b\nc", "2"]])
    assert text.splitlines()[2].split() == [name, "1"]
    assert len(text.splitlines()) == 5


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2_000_000, "2.0 MB"), (3 * 10**9, "3.0 GB")],
)
def test_sizes_for_people(size: int, text: str) -> None:
    assert human_size(size) == text


def test_build_into_a_path_that_is_not_a_folder_is_status_2(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("build")
    (project / "taken").write_text("a file")
    assert main(["build", str(project), "-o", str(project / "taken")]) == 2
    assert "taken: the folder cannot be created" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["matrix", "build"])
def test_a_file_in_place_of_a_project_is_status_2(
    project: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert main([command, str(project / "pyproject.toml")]) == 2
    assert "name the folder of a project" in capsys.readouterr().err
