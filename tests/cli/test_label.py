"""``label`` and ``unlabel`` as a person and a script use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_wheels import x86_64_metadata
from zips import DIST_INFO, NAME, wheel

from wheelnext_build.cli.main import main
from wheelnext_build.wheels.description import record_problems, variant_of
from wheelnext_build.wheels.reader import WheelReader
from wheelnext_build.wheels.stamp import stamp

METADATA = x86_64_metadata("x86_64_v3", "v3")
(V3,) = METADATA.variants
CARRIER = "pkg-1.0-0x86_64_v3-py3-none-any.whl"
LABELLED = "pkg-1.0-py3-none-any-x86_64_v3.whl"
PROPERTY = ["--property", "x86_64 :: level :: v3"]
PYPROJECT = """
[[tool.wheelnext-build.matrix]]
label = "x86_64_v3"
axes.x86_64.level = ["v3"]
"""


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    folder.mkdir()
    return folder


@pytest.fixture
def carrier(tmp_path: Path, dist: Path) -> Path:
    return stamp(wheel(tmp_path), dist, METADATA, carrier=True)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def requirements(path: Path) -> list[str]:
    with WheelReader(path) as reader:
        assert record_problems(reader) == []
        text = reader.read(f"{DIST_INFO}/METADATA").decode()
    return [line for line in text.splitlines() if line.startswith("Requires-Dist")]


def test_a_carrier_is_renamed(carrier: Path, dist: Path) -> None:
    before = carrier.read_bytes()
    assert main(["label", str(carrier)]) == 0
    assert names(dist) == [LABELLED]
    assert (dist / LABELLED).read_bytes() == before


def test_all_carriers_of_a_folder_are_renamed_and_other_wheels_stay(
    carrier: Path, dist: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel(dist)
    for _ in range(2):  # the second time there is nothing left to do
        assert main(["label", str(dist), "--json"]) == 0
        assert names(dist) == sorted([NAME, LABELLED])
    first, second = capsys.readouterr().out.split("]\n[")
    assert [entry["written"] for entry in json.loads(f"{first}]")] == [True, False]
    assert [entry["written"] for entry in json.loads(f"[{second}")] == [False, False]


def test_a_carrier_stays_if_the_labelled_wheel_goes_to_another_folder(
    carrier: Path, tmp_path: Path, dist: Path
) -> None:
    assert main(["label", str(carrier), "-o", str(tmp_path / "new" / "out")]) == 0
    assert names(dist) == [CARRIER]
    assert (tmp_path / "new" / "out" / LABELLED).read_bytes() == carrier.read_bytes()


def test_a_plain_wheel_becomes_a_variant_by_its_properties(dist: Path) -> None:
    plain = wheel(dist)
    assert main(["label", str(plain), *PROPERTY]) == 0
    assert names(dist) == sorted([NAME, LABELLED])
    with WheelReader(dist / LABELLED) as reader:
        assert variant_of(reader) == (METADATA, V3)


def test_a_plain_wheel_becomes_a_variant_of_a_project(tmp_path: Path, dist: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    plain = wheel(dist)
    arguments = ["label", str(plain), "--project", str(tmp_path), "--label"]
    assert main([*arguments, "x86_64_v3"]) == 0
    with WheelReader(dist / LABELLED) as reader:
        assert variant_of(reader) == (METADATA, V3)


def test_a_project_gives_only_declared_labels_and_null(
    tmp_path: Path, dist: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    arguments = ["label", str(wheel(dist)), "--project", str(tmp_path), "--label"]
    assert main([*arguments, "x86_64_v33"]) == 2
    said = capsys.readouterr().err
    assert "no variant 'x86_64_v33' is declared; did you mean" in said
    assert main([*arguments, "null"]) == 0
    assert names(dist) == sorted([NAME, NAME.replace(".whl", "-null.whl")])


def test_label_changes_dependencies_of_the_variant(dist: Path) -> None:
    plain = wheel(dist)
    assert main(["label", str(plain), *PROPERTY, "--add-dependency", "nvidia-cublas >= 13"]) == 0
    assert requirements(dist / LABELLED) == ["Requires-Dist: nvidia-cublas>=13"]
    plain.unlink()
    assert main(["unlabel", str(dist / LABELLED), "--drop-dependency", "nvidia-cublas"]) == 0
    assert requirements(plain) == []
    with WheelReader(plain) as reader:
        assert reader.variant_json() is None


def test_label_changes_dependencies_of_a_carrier(carrier: Path, dist: Path) -> None:
    assert main(["label", str(carrier), "--add-dependency", "numpy"]) == 0
    assert names(dist) == [LABELLED]
    assert requirements(dist / LABELLED) == ["Requires-Dist: numpy"]


@pytest.mark.parametrize("as_carrier", [False, True])
def test_unlabel_gives_back_the_same_plain_wheel_byte_for_byte(
    as_carrier: bool, tmp_path: Path, dist: Path
) -> None:
    plain = wheel(tmp_path)
    variant = stamp(plain, dist, METADATA, carrier=as_carrier)
    assert main(["unlabel", str(variant)]) == 0
    assert names(dist) == sorted([NAME, variant.name])
    assert (dist / NAME).read_bytes() == plain.read_bytes()


def test_nothing_is_overwritten_without_force(
    carrier: Path, dist: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (dist / LABELLED).write_bytes(b"of some worth")
    assert main(["label", str(carrier)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert names(dist) == sorted([CARRIER, LABELLED])
    assert main(["label", str(carrier), "--force"]) == 0
    assert names(dist) == [LABELLED]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--label", "x86_64_v3"], "--label needs --property or --project"),
        (["--project", "."], "--project needs --label"),
        (["--property", "x86_64 :: level"], "is not a property"),
        (["--property", "my_gpu :: kind :: a"], "declare it in one, with its provider"),
        ([*PROPERTY, "--label", "X!"], "X!"),
        (["--add-dependency", "a"], "is a plain wheel: --property says what it is to be"),
    ],
)
def test_mistakes_change_nothing(
    options: list[str], said: str, dist: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = wheel(dist)
    assert main(["label", str(plain), *options]) == 2
    assert said in capsys.readouterr().err
    assert names(dist) == [NAME]


def test_a_carrier_with_a_changed_build_tag_is_an_error_that_names_it(
    carrier: Path, dist: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    renamed = carrier.rename(dist / NAME)
    assert main(["label", str(renamed)]) == 2
    assert f"rename it to {LABELLED}" in capsys.readouterr().err


def test_two_wheels_with_the_same_new_name_are_an_error(
    carrier: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / CARRIER).write_bytes(carrier.read_bytes())
    out = tmp_path / "out"
    assert main(["label", str(carrier), str(other), "-o", str(out)]) == 2
    assert "several of the wheels would become" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("command", ["label", "unlabel"])
def test_missing_files_and_empty_folders_are_errors(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, str(tmp_path / "nowhere")]) == 2
    assert main([command, str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "no such file" in said
    assert "no wheel in this folder" in said


def test_unlabel_without_a_variant_is_an_error(
    dist: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["unlabel", str(wheel(dist))]) == 2
    assert "none of these wheels is a variant" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["inspect", "audit"])
def test_inspect_and_audit_warn_of_carriers(
    command: str, carrier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([command, str(carrier)])
    said = capsys.readouterr().out
    assert f"warning: {CARRIER} is a carrier of the variant 'x86_64_v3'" in said
    assert f"wheelnext-build label {CARRIER} makes it {LABELLED}" in said
