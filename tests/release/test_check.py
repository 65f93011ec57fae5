"""``check``: whether a release is complete and consistent."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from tiny_wheels import write_variant, write_wheel, x86_64_metadata

from wheelnext_build.cli.main import main

SYSTEM = "manylinux_2_28_x86_64"
TAGS = tuple(f"cp{minor}-cp{minor}-{SYSTEM}" for minor in (311, 312, 313))
LABELS = {"v3": "v3", "v4": "v4"}
PYPROJECT = """
[[tool.wheelnext-build.matrix]]
label = "{level}"
axes.x86_64.level = ["v3", "v4"]
"""


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A complete release for three interpreters; ``project`` declares its variants."""
    folder = tmp_path / "release"
    folder.mkdir()
    for tag in TAGS:
        write_wheel(folder, f"sample-1.0-{tag}.whl")
        for label, level in LABELS.items():
            write_variant(folder, label, level, tag=tag)
    main(["index", str(folder)])
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(PYPROJECT)
    return folder


def checked(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    """Return the problems in the JSON output; check that the exit status agrees."""
    capsys.readouterr()
    status = main(["check", "--json", str(folder), *options])
    answer = json.loads(capsys.readouterr().out)
    problems = [*answer["problems"], *(p for r in answer["releases"] for p in r["problems"])]
    assert status == (1 if problems else 0)
    return problems


def notes(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    main(["check", "--json", str(folder)])
    answer = json.loads(capsys.readouterr().out)
    return [note for release in answer["releases"] for note in release["notes"]]


def declared(release: Path) -> tuple[str, str]:
    return "--project", str(release.parent / "project")


def test_a_complete_release_has_no_problems(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for options in ((), declared(release)):
        assert checked(release, capsys, *options) == []
    assert notes(release, capsys) == []
    main(["check", str(release)])
    said = capsys.readouterr().out
    assert "sample 1.0: 9 wheels" in said
    assert "complete and consistent" in said
    assert "cp313-manylinux_x86_64" in said


@pytest.mark.parametrize("known", [True, False])
def test_a_label_that_one_interpreter_lacks(
    known: bool, release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (release / f"sample-1.0-{TAGS[1]}-v4.whl").unlink()
    options = declared(release) if known else ()
    assert checked(release, capsys, *options) == ["cp312-manylinux_x86_64: has no wheel of v4"]


def test_a_label_that_all_interpreters_lack_needs_the_declaration(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in release.glob("*-v4.whl"):
        path.unlink()
    for path in release.glob("*.json"):
        path.unlink()
    main(["index", str(release)])
    assert checked(release, capsys) == []
    assert len(checked(release, capsys, *declared(release))) == len(TAGS)


def test_a_missing_plain_wheel(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (release / f"sample-1.0-{TAGS[0]}.whl").unlink()
    (problem,) = checked(release, capsys)
    assert problem.startswith("cp311-manylinux_x86_64: has no plain wheel")


def test_a_plain_wheel_for_all_systems_is_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_wheel(tmp_path, "sample-1.0-py3-none-any.whl")
    write_variant(tmp_path, "v3", "v3", tag=TAGS[0])
    main(["index", str(tmp_path)])
    assert checked(tmp_path, capsys) == []


def test_a_variant_may_need_a_newer_glibc(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = release / f"sample-1.0-{TAGS[0]}-v3.whl"
    old.unlink()
    write_variant(release, "v3", "v3", tag=TAGS[0].replace("2_28", "2_34"))
    assert checked(release, capsys) == []


def test_expected_builds(
    release: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = "cp311-manylinux_x86_64"
    missing = "cp314-manylinux_x86_64"
    assert checked(release, capsys, "--expect", there) == []
    problems = checked(release, capsys, "--expect", there, "--expect", missing)
    assert problems == [f"{missing}: has no wheel"]
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{there}\n{missing}\n"))
    assert checked(release, capsys, "--expect", "-") == problems


def test_an_outdated_index_is_a_problem(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = release / "sample-1.0-variants.json"
    index.unlink()
    (problem,) = checked(release, capsys)
    assert problem.startswith("sample-1.0-variants.json is missing: wheelnext-build index")


def test_a_carrier(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labelled = release / f"sample-1.0-{TAGS[0]}-v3.whl"
    labelled.rename(release / f"sample-1.0-0v3-{TAGS[0]}.whl")
    (problem,) = checked(release, capsys)
    assert "is a carrier of the variant 'v3'" in problem


def test_a_release_of_carriers_is_not_called_plain(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_wheel(tmp_path, f"sample-1.0-0v3-{TAGS[0]}.whl", x86_64_metadata("v3", "v3"))
    assert "is a carrier of the variant 'v3'" in checked(tmp_path, capsys)[0]
    assert notes(tmp_path, capsys) == []


def test_contradictions(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_variant(release, "v3", "v4", tag=TAGS[0])
    assert any("v3" in problem for problem in checked(release, capsys))


def test_properties_must_be_the_declared_ones(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in release.glob("*.json"):
        path.unlink()
    for tag in TAGS:
        write_variant(release, "v3", "v2", tag=tag)
    write_variant(release, "v5", "v1", tag=TAGS[0])
    main(["index", str(release)])
    problems = checked(release, capsys, *declared(release))
    assert sum("other properties than pyproject.toml" in problem for problem in problems) == 3
    assert sum("declares no variant 'v5'" in problem for problem in problems) == 1


METADATA = "Metadata-Version: 2.1\nName: sample\nVersion: 1.0\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Summary: other\n", "in summary"),
        ("Requires-Python: >=3.12\n", "in requires-python"),
        ("\nOther words.\n", "in description"),
        ("Requires-Dist: numpy\n", "in requires-dist"),
    ],
)
def test_metadata_must_be_the_same(
    text: str, problem: str, release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_wheel(
        release,
        f"sample-1.0-{TAGS[1]}-v3.whl",
        x86_64_metadata("v3", "v3"),
        files={"METADATA": f"{METADATA}{text}".encode()},
    )
    problems = checked(release, capsys)
    assert any(line.endswith(problem) for line in problems)


def test_metadata_of_a_variant_must_be_that_of_the_plain_wheel(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for tag in TAGS:
        write_wheel(
            release,
            f"sample-1.0-{tag}-v3.whl",
            x86_64_metadata("v3", "v3"),
            files={"METADATA": f"{METADATA}Summary: other\n".encode()},
        )
    (problem,) = checked(release, capsys)
    assert problem.endswith(
        f"-v3.whl: its METADATA differs from sample-1.0-{TAGS[0]}.whl in summary"
    )


def test_variants_may_have_dependencies_of_their_own(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for tag in TAGS:
        write_wheel(
            release,
            f"sample-1.0-{tag}-v3.whl",
            x86_64_metadata("v3", "v3"),
            files={"METADATA": f"{METADATA}Requires-Dist: numpy\n".encode()},
        )
    assert checked(release, capsys) == []
    main(["check", str(release)])
    assert "note: v3 has other dependencies than plain" in capsys.readouterr().out


def test_damaged_wheels(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut = release / f"sample-1.0-{TAGS[0]}-v3.whl"
    cut.write_bytes(cut.read_bytes()[:-40])
    changed = release / f"sample-1.0-{TAGS[1]}-v3.whl"
    name = changed.name.encode()
    changed.write_bytes(changed.read_bytes().replace(name, name.upper(), 1))
    (release / "sample-1.0.whl").touch()
    problems = checked(release, capsys)
    assert any(cut.name in problem for problem in problems)
    assert any(changed.name in problem and "damaged" in problem for problem in problems)
    assert any(problem.startswith("sample-1.0.whl: not a wheel's") for problem in problems)


@pytest.mark.parametrize(
    ("size", "status"), [("100MB", 0), ("1kB", 1), ("500", 1), ("1.5GiB", 0), ("2 k", 0)]
)
def test_sizes(size: str, status: int, release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(release), "--max-size", size]) == status


def test_the_largest_size_is_allowed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    size = write_wheel(tmp_path, "sample-1.0-py3-none-any.whl").stat().st_size
    assert checked(tmp_path, capsys, "--max-size", str(size)) == []
    (problem,) = checked(tmp_path, capsys, "--max-size", str(size - 1))
    assert problem.endswith(f": has {size} bytes, over the {size - 1} allowed")


def test_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path)]) == 2
    assert "no wheel here" in capsys.readouterr().err
    assert main(["check", str(tmp_path / "nowhere")]) == 2
    with pytest.raises(SystemExit):
        main(["check", str(tmp_path), "--max-size", "much"])


def test_unrepaired_wheels_are_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_wheel(tmp_path, "sample-1.0-cp311-cp311-linux_x86_64.whl")
    assert main(["check", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "note: not repaired" in said
    assert "note: no wheel has a label" in said
