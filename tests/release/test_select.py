"""The wheel of a folder that a system gets, and the messages about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from packaging.tags import Tag, sys_tags
from tiny_wheels import NVIDIA, X86_64, write_variant, write_wheel, x86_64_metadata

from wheelnext_build.cli.main import main
from wheelnext_build.errors import RequestError
from wheelnext_build.host.host import Host
from wheelnext_build.release.index.variants_json import write_index
from wheelnext_build.release.select import Selection, select, tags_of
from wheelnext_build.variants.metadata import Provider, VariantMetadata
from wheelnext_build.variants.variant import Variant

TAGS = [Tag("cp312", "cp312", "manylinux_2_28_x86_64"), Tag("py3", "none", "any")]
V1, V2, V3 = Host(x86_64_level="v1"), Host(x86_64_level="v2"), Host(x86_64_level="v3")
NOT_X86 = Host(aarch64_version="8.2a")


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release with a plain wheel, a null variant, and variants for the levels v2 and v3."""
    write_wheel(tmp_path, "sample-1.0-py3-none-any.whl")
    write_variant(tmp_path, "null")
    write_variant(tmp_path, "v2", "v2")
    write_variant(tmp_path, "v3", "v3")
    write_index(tmp_path)
    return tmp_path


def chosen(selection: Selection) -> str | None:
    """Return the part of the chosen wheel's name that follows the release."""
    if selection.chosen is None:
        return None
    return selection.chosen.name.filename.removeprefix("sample-1.0-").removesuffix(".whl")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (V3, ["v3", "v2", "null", None]),
        (V2, ["v2", "null", None]),
        (V1, ["null", None]),
        (NOT_X86, ["null", None]),
    ],
)
def test_wheels_are_listed_best_first(
    host: Host, expected: list[str | None], release: Path
) -> None:
    (selection,) = select(release, host, TAGS)
    assert [wheel.name.label for wheel in selection.wheels if wheel.compatible] == expected
    assert selection.chosen is selection.wheels[0]
    assert not selection.notes


def test_the_plain_wheel_if_no_variant_fits(release: Path) -> None:
    (release / "sample-1.0-py3-none-any-null.whl").unlink()
    (selection,) = select(release, V1, TAGS)
    assert chosen(selection) == "py3-none-any"
    assert [wheel.name.label for wheel in selection.wheels[1:]] == ["v2", "v3"]
    assert "supported here: v1" in selection.wheels[1].problems[0]


def test_the_plain_wheel_without_variants_json(release: Path) -> None:
    (release / "sample-1.0-variants.json").unlink()
    (selection,) = select(release, V3, TAGS)
    assert chosen(selection) == "py3-none-any"
    assert selection.variants_json is None
    assert "wheelnext-build index" in selection.notes[0]


def test_an_invalid_variants_json_counts_as_missing(release: Path) -> None:
    (release / "sample-1.0-variants.json").write_text("{}")
    (selection,) = select(release, V3, TAGS)
    assert chosen(selection) == "py3-none-any"
    assert "sample-1.0-variants.json: " in selection.problems[0]


def test_a_single_wheel_without_variants_json(tmp_path: Path) -> None:
    write_variant(tmp_path, "v3", "v3")
    (selection,) = select(tmp_path, V3, TAGS)
    assert selection.chosen is None
    assert f"wheelnext-build index {tmp_path}" in selection.notes[0]


def test_the_first_of_several_variants_json_is_used(tmp_path: Path) -> None:
    for name in ("my.sample", "my_sample"):
        write_variant(tmp_path, "v3", "v3", release=f"{name}-1.0")
        content = x86_64_metadata("v3", "v3").to_json()
        (tmp_path / f"{name}-1.0-variants.json").write_bytes(content)
    (selection,) = select(tmp_path, V3, TAGS)
    assert selection.chosen
    names = "my.sample-1.0-variants.json, my_sample-1.0-variants.json"
    assert selection.notes == (
        f"the release has several variants.json: {names}; the first is used",
    )
    (tmp_path / "my.sample-1.0-variants.json").write_text("{}")
    (selection,) = select(tmp_path, V3, TAGS)
    assert selection.chosen is None


def test_a_label_that_is_not_in_variants_json_is_not_chosen(release: Path) -> None:
    write_variant(release, "later", "v3", "v2", "v1")
    (selection,) = select(release, V1, TAGS)
    assert chosen(selection) == "py3-none-any-null"
    (later,) = (wheel for wheel in selection.wheels if wheel.name.label == "later")
    assert "does not list" in later.problems[0]


def test_a_carrier_counts_as_a_plain_wheel_and_is_noted(release: Path) -> None:
    write_wheel(release, "sample-1.0-0v4-py3-none-any.whl", x86_64_metadata("v4", "v4"))
    for path in release.glob("*-any-*.whl"):
        path.unlink()
    (selection,) = select(release, V1, TAGS)
    # Its build tag even puts it before the plain wheel, so a note must warn about it.
    assert chosen(selection) == "0v4-py3-none-any"
    assert "is a carrier of the variant 'v4'" in selection.notes[0]


def test_a_foreign_platform_never_fits(tmp_path: Path) -> None:
    write_variant(tmp_path, "v3", "v3", tag="cp312-cp312-win_amd64")
    write_index(tmp_path)
    (selection,) = select(tmp_path, V3, TAGS)
    assert selection.chosen is None


def test_a_gpu_is_preferred_to_a_processor(tmp_path: Path) -> None:
    gpu = {"nvidia": {"cuda_version_lower_bound": ["12.4"], "sm_arch": ["80_real", "90_virtual"]}}
    providers = {"nvidia": NVIDIA, "x86_64": X86_64}
    variants = (
        Variant.from_mapping("gpu", gpu),
        Variant.from_mapping("v3", {"x86_64": {"level": ["v3"]}}),
    )
    metadata = VariantMetadata(("nvidia", "x86_64"), providers, variants)
    for variant in variants:
        name = f"sample-1.0-py3-none-any-{variant.label}.whl"
        write_wheel(tmp_path, name, metadata.only(variant))
    write_index(tmp_path)
    hosts = {
        "gpu": Host("v3", cuda=(13, 0), sm=(8, 6)),
        "v3": Host("v3", cuda=(12, 2), sm=(8, 6)),
    }
    for label, host in hosts.items():
        (selection,) = select(tmp_path, host, TAGS)
        assert selection.chosen
        assert selection.chosen.name.label == label


def test_abi_dependency_is_skipped_with_a_note(tmp_path: Path) -> None:
    variant = Variant.from_mapping("numpy2", {"abi_dependency": {"numpy": ["2"]}})
    provider = Provider(builtin="abi_dependency")
    metadata = VariantMetadata(("abi_dependency",), {"abi_dependency": provider}, (variant,))
    write_wheel(tmp_path, "sample-1.0-py3-none-any-numpy2.whl", metadata)
    write_wheel(tmp_path, "sample-1.0-py3-none-any.whl")
    write_index(tmp_path)
    (selection,) = select(tmp_path, V3, TAGS)
    assert chosen(selection) == "py3-none-any"
    assert "do not select by the builtin 'abi_dependency'" in selection.wheels[1].problems[0]


def test_releases_newest_first_and_one_package(tmp_path: Path) -> None:
    for name in ("b-1.9", "b-1.10", "a_c-1.0"):
        write_wheel(tmp_path, f"{name}-py3-none-any.whl")
    found = [(item.project, str(item.version)) for item in select(tmp_path, V1, TAGS)]
    assert found == [("a-c", "1.0"), ("b", "1.10"), ("b", "1.9")]
    (only,) = select(tmp_path, V1, TAGS, package="A.C")
    assert only.project == "a-c"
    with pytest.raises(RequestError, match="packages here: a-c, b"):
        select(tmp_path, V1, TAGS, package="d")


# The command


def test_select_command(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["select", str(release), "--x86-64-level", "v2", "--cuda", "none"]
    assert main([*arguments, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["host"]["x86-64"] == "v2"
    assert answer["releases"][0]["chosen"] == "sample-1.0-py3-none-any-v2.whl"
    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("chosen" in line and "any-v2.whl" in line for line in lines)
    assert any("any-v3.whl" in line and "supported here: v2, v1" in line for line in lines)


def test_no_option_makes_a_variant_fit(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in release.glob("*.whl"):
        if not path.name.endswith("-v3.whl"):
            path.unlink()
    arguments = ["select", str(release), "--x86-64-level", "v2", "--cuda", "none"]
    for options in ([], ["--package", "sample"], ["--tag", "py3-none-any"]):
        assert main([*arguments, *options, "--json"]) == 1
        (answer,) = json.loads(capsys.readouterr().out)["releases"]
        assert answer["chosen"] is None


@pytest.mark.parametrize(
    ("host", "platform", "expected"),
    [
        (Host(aarch64_version="8.2a"), "manylinux_2_28_x86_64", "manylinux_2_28_aarch64"),
        (Host(aarch64_version="8.2a"), "win_amd64", "win_arm64"),
        (Host(aarch64_version="8.2a"), "macosx_11_0_x86_64", "macosx_11_0_arm64"),
        (Host(aarch64_version="8.2a"), "linux_aarch64", "linux_aarch64"),
        (Host(x86_64_level="v2"), "linux_aarch64", "linux_x86_64"),
        (Host(x86_64_level="v2"), "win_arm64", "win_amd64"),
        (Host(x86_64_level="v2"), "any", "any"),
        (Host(), "linux_riscv64", "linux_riscv64"),
    ],
)
def test_tags_are_for_the_hosts_processor(
    host: Host, platform: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = [Tag("cp312", "cp312", platform)]
    monkeypatch.setattr("wheelnext_build.release.select.sys_tags", lambda: own)
    assert list(tags_of(host)) == [Tag("cp312", "cp312", expected)]


def test_select_command_for_another_processor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tag = next(iter(sys_tags()))
    arm, x86 = (
        next(tags_of(host)) for host in (Host(aarch64_version="8a"), Host(x86_64_level="v1"))
    )
    if tag not in (arm, x86):
        pytest.skip("another processor")
    write_wheel(tmp_path, f"sample-1.0-{arm}.whl")
    arguments = ["select", str(tmp_path), "--cuda", "none"]
    assert main([*arguments, "--aarch64-version", "8.2a"]) == 0
    assert main([*arguments, "--x86-64-level", "v3"]) == 1


def test_select_command_for_another_platform(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_wheel(tmp_path, "sample-1.0-cp312-cp312-win_arm64.whl")
    arguments = ["select", str(tmp_path), "--cuda", "none"]
    assert main([*arguments, "--tag", "cp312-cp312-win_arm64"]) == 0
    assert main([*arguments, "--tag", "py3-none-any"]) == 1
    assert main([*arguments, "--tag", "win_arm64"]) == 2
    assert main([*arguments, "--package", "other"]) == 2
    assert "no wheel of other" in capsys.readouterr().err
