"""The variants.json of a release: its content, and problems that prevent writing it."""

from __future__ import annotations

import json
import os
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_wheels import NVIDIA, X86_64, write_variant, write_wheel, x86_64_metadata

from wheelnext_build.cli.main import main
from wheelnext_build.errors import ReleaseError, RequestError
from wheelnext_build.release.index.variants_json import read_releases, write_index
from wheelnext_build.variants.metadata import Provider, VariantMetadata
from wheelnext_build.variants.variant import Variant

PLAIN = "sample-1.0-py3-none-any.whl"


def labels(path: Path) -> list[str]:
    return list(json.loads(path.read_text())["variants"])


def with_gpu(label: str, priorities: tuple[str, ...] = ("nvidia", "x86_64")) -> VariantMetadata:
    """Return the metadata of a GPU variant with its namespaces in this order of priority."""
    variant = Variant.from_mapping(label, {"nvidia": {"sm_arch": ["90_real"]}})
    providers = {"nvidia": NVIDIA, "x86_64": X86_64}
    return VariantMetadata(priorities, {name: providers[name] for name in priorities}, (variant,))


def test_metadata_of_all_wheels_is_merged(tmp_path: Path) -> None:
    write_wheel(tmp_path, PLAIN)
    write_variant(tmp_path, "v3", "v3")
    write_variant(tmp_path, "v4", "v4")
    write_variant(tmp_path, "v4", "v4", tag="cp312-cp312-win_amd64")
    write_variant(tmp_path, "null")
    (release,) = write_index(tmp_path)
    assert release.path == tmp_path / "sample-1.0-variants.json"
    assert release.state == "missing"
    assert labels(release.path) == ["null", "v3", "v4"]
    assert VariantMetadata.from_json(release.path.read_bytes()) == release.metadata


def test_one_file_for_each_release(tmp_path: Path) -> None:
    write_variant(tmp_path, "v3", "v3")
    write_variant(tmp_path, "v4", "v4", release="sample-1.1")
    write_variant(tmp_path, "v4", "v4", release="an_other-1.0")
    write_wheel(tmp_path, "plain-1.0-py3-none-any.whl")
    write_index(tmp_path)
    assert [path.name for path in sorted(tmp_path.glob("*.json"))] == [
        "an_other-1.0-variants.json",
        "sample-1.0-variants.json",
        "sample-1.1-variants.json",
    ]


def test_an_existing_file_is_extended(tmp_path: Path) -> None:
    first = write_variant(tmp_path, "v3", "v3")
    write_index(tmp_path)
    first.unlink()  # published and gone: the index remembers it
    write_variant(tmp_path, "v4", "v4")
    (release,) = write_index(tmp_path)
    assert release.state == "stale"
    assert labels(release.path) == ["v3", "v4"]


def test_a_longer_list_of_priorities_extends_the_shorter(tmp_path: Path) -> None:
    write_variant(tmp_path, "v3", "v3")
    name = "sample-1.0-py3-none-any-gpu.whl"
    write_wheel(tmp_path, name, with_gpu("gpu", ("x86_64", "nvidia")))
    (release,) = write_index(tmp_path)
    assert release.metadata.namespaces == ("x86_64", "nvidia")


def test_a_current_file_is_not_written_again(tmp_path: Path) -> None:
    write_variant(tmp_path, "v3", "v3")
    (release,) = write_index(tmp_path)
    os.utime(release.path, ns=(1, 1))
    (again,) = write_index(tmp_path)
    assert again.state == "current"
    assert release.path.stat().st_mtime_ns == 1
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".whl"] == [
        "sample-1.0-variants.json"
    ]


def test_the_content_does_not_depend_on_the_order_of_wheels(tmp_path: Path) -> None:
    contents = []
    for order in (("v3", "v4"), ("v4", "v3")):
        folder = tmp_path / order[0]
        folder.mkdir()
        for label in order:
            write_variant(folder, label, label)
            write_index(folder)
        contents.append((folder / "sample-1.0-variants.json").read_bytes())
    assert contents[0] == contents[1]


# Problems that prevent writing


def test_all_contradictions_are_reported_at_once(tmp_path: Path) -> None:
    write_variant(tmp_path, "v3", "v3")
    write_variant(tmp_path, "v3", "v2", tag="cp312-cp312-win_amd64")
    other = Provider(requires=("x86-64-variant-provider >=0.3",))
    variant = Variant.from_mapping("v4", {"x86_64": {"level": ["v4"]}})
    content = VariantMetadata(("x86_64",), {"x86_64": other}, (variant,))
    write_wheel(tmp_path, "sample-1.0-py3-none-any-v4.whl", content)
    write_wheel(tmp_path, "sample-1.0-py3-none-any-gpu.whl", with_gpu("gpu"))
    write_variant(tmp_path, "v2", "v2", release="good-1.0")
    with pytest.raises(ReleaseError) as caught:
        write_index(tmp_path)
    report = str(caught.value)
    assert "the properties of label 'v3'" in report
    assert "the provider of namespace 'x86_64'" in report
    assert "default-priorities.namespace" in report
    for wheel in ("win_amd64-v3.whl", "any-v3.whl", "any-v4.whl", "any-gpu.whl"):
        assert wheel in report
    assert not list(tmp_path.glob("*.json"))


def test_a_contradiction_to_the_existing_file_names_the_fix(tmp_path: Path) -> None:
    write_variant(tmp_path, "fast", "v3")
    (release,) = write_index(tmp_path)
    before = release.path.read_bytes()
    write_variant(tmp_path, "fast", "v4")
    with pytest.raises(ReleaseError, match=r"delete sample-1\.0-variants\.json"):
        write_index(tmp_path)
    assert release.path.read_bytes() == before


def test_a_carrier_must_become_a_labelled_wheel_first(tmp_path: Path) -> None:
    write_variant(tmp_path, "v4", "v4")
    write_wheel(tmp_path, "sample-1.0-0v3-py3-none-any.whl", x86_64_metadata("v3", "v3"))
    with pytest.raises(ReleaseError) as caught:
        read_releases(tmp_path)
    assert "0v3-py3-none-any.whl is a carrier of the variant 'v3'" in str(caught.value)
    assert "makes it sample-1.0-py3-none-any-v3.whl" in str(caught.value)


def test_a_folder_of_carriers_is_not_a_folder_without_variants(tmp_path: Path) -> None:
    write_wheel(tmp_path, "sample-1.0-0v3-py3-none-any.whl", x86_64_metadata("v3", "v3"))
    with pytest.raises(ReleaseError, match="is a carrier"):
        write_index(tmp_path)


def _no_zip(path: Path) -> None:
    path.write_bytes(b"not a zip")


def _no_variant_json(path: Path) -> None:
    write_wheel(path.parent, path.name)


def _two_variant_jsons(path: Path) -> None:
    write_wheel(path.parent, path.name, x86_64_metadata("v3", "v3"))
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("sample-1.0.dist-info/variant.json", b"{}")


def _two_dist_infos(path: Path) -> None:
    write_wheel(path.parent, path.name, x86_64_metadata("v3", "v3"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("other-1.0.dist-info/METADATA", b"")


def _huge_variant_json(path: Path) -> None:
    content = x86_64_metadata("v3", "v3").to_json() + b" " * (1 << 20)
    write_wheel(path.parent, path.name, files={"variant.json": content})


def _another_label_inside(path: Path) -> None:
    write_wheel(path.parent, path.name, x86_64_metadata("v4", "v4"))


def _several_variants_inside(path: Path) -> None:
    one, other = x86_64_metadata("v3", "v3"), x86_64_metadata("v4", "v4")
    both = VariantMetadata(one.namespaces, one.providers, one.variants + other.variants)
    write_wheel(path.parent, path.name, both)


def _not_json(path: Path) -> None:
    write_wheel(path.parent, path.name, files={"variant.json": b"{"})


@pytest.mark.parametrize(
    "spoil",
    [
        _no_zip,
        _no_variant_json,
        _two_variant_jsons,
        _two_dist_infos,
        _huge_variant_json,
        _another_label_inside,
        _several_variants_inside,
        _not_json,
    ],
)
def test_an_invalid_wheel_is_named(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    bad = tmp_path / "sample-1.0-py3-none-any-v3.whl"
    spoil(bad)
    write_variant(tmp_path, "v2", "v2", release="good-1.0")
    with pytest.raises(ReleaseError, match=bad.name):
        write_index(tmp_path)
    assert not list(tmp_path.glob("*.json"))


@pytest.mark.parametrize(
    "name", ["sample-1.0.whl", "sample-one-py3-none-any.whl", "sample-1.0-py3-none-any-V3.whl"]
)
def test_an_invalid_wheel_name_is_reported(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ReleaseError, match=name):
        read_releases(tmp_path)


def test_an_unrelated_json_file_is_ignored(tmp_path: Path) -> None:
    write_variant(tmp_path, "v3", "v3")
    (tmp_path / "ice-cream-variants.json").write_text("[]")
    assert len(write_index(tmp_path)) == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{}", "sample-1.0-variants.json"),
        (b"x" * ((1 << 24) + 1), "bytes allowed"),
    ],
)
def test_an_unreadable_variants_json_is_named(content: bytes, problem: str, tmp_path: Path) -> None:
    write_variant(tmp_path, "v3", "v3")
    path = tmp_path / "sample-1.0-variants.json"
    path.write_bytes(content)
    with pytest.raises(ReleaseError, match=problem):
        write_index(tmp_path)
    assert path.read_bytes() == content


def test_wheels_with_different_spellings_are_rejected(tmp_path: Path) -> None:
    write_variant(tmp_path, "v3", "v3", release="my_sample-1.0")
    write_variant(tmp_path, "v4", "v4", release="my.sample-1.0")
    with pytest.raises(ReleaseError, match=r"my\.sample-1\.0 and my_sample-1\.0"):
        write_index(tmp_path)


def test_a_variants_json_with_another_spelling_is_rejected(tmp_path: Path) -> None:
    write_variant(tmp_path, "v3", "v3", release="my_sample-1.0")
    (tmp_path / "my.sample-1.0-variants.json").write_bytes(x86_64_metadata("v3", "v3").to_json())
    with pytest.raises(ReleaseError, match=r"must be my_sample-1\.0-variants\.json"):
        write_index(tmp_path)


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no such folder"):
        write_index(tmp_path / "dist")


# The commands


def test_index_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_variant(tmp_path, "v3", "v3")
    assert main(["index", str(tmp_path), "--check"]) == 1
    assert not list(tmp_path.glob("*.json"))
    assert main(["index", str(tmp_path)]) == 0
    assert main(["index", str(tmp_path), "--check"]) == 0
    capsys.readouterr()
    assert main(["index", str(tmp_path), "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert (answer["state"], answer["written"], answer["labels"]) == ("current", False, ["v3"])


def test_index_command_without_variants(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_wheel(tmp_path, PLAIN)
    assert main(["index", str(tmp_path)]) == 0
    assert "nothing to index" in capsys.readouterr().out
    assert main(["index", str(tmp_path / "nowhere")]) == 2


def test_inspect_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = write_wheel(tmp_path, PLAIN)
    variant = write_variant(tmp_path, "v3", "v3", "v4")
    carrier = write_wheel(
        tmp_path, "sample-1.0-0v3-py3-none-any.whl", x86_64_metadata("v3", "v3", "v4")
    )
    paths = [str(path) for path in (plain, variant, carrier)]
    assert main(["inspect", "--json", *paths]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert [answer["kind"] for answer in answers] == ["plain", "variant", "carrier"]
    assert answers[1]["properties"] == ["x86_64 :: level :: v3", "x86_64 :: level :: v4"]
    assert answers[2]["label"] == "v3"
    assert main(["inspect", *paths]) == 0
    assert "x86-64-variant-provider >=0.2" in capsys.readouterr().out


def test_inspect_command_names_problems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = write_wheel(tmp_path, PLAIN)
    with zipfile.ZipFile(good, "a") as archive:
        archive.writestr("stowaway.py", b"")
    bad = tmp_path / "sample-1.0-py3-none-any-v3.whl"
    _no_zip(bad)
    assert main(["inspect", "--json", str(good), str(bad)]) == 1
    first, second = json.loads(capsys.readouterr().out)
    assert first["problems"] == ["stowaway.py is not in RECORD"]
    assert bad.name in second["problems"][0]
    assert main(["inspect", str(tmp_path / "absent.whl")]) == 2


def test_index_check_without_wheels_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["index", "--check", str(tmp_path)]) == 2
    assert "no wheel here" in capsys.readouterr().err
    write_wheel(tmp_path, "sample-1.0-py3-none-any.whl")
    assert main(["index", "--check", str(tmp_path)]) == 0


def test_a_variants_json_above_the_limit_is_not_written(tmp_path: Path) -> None:
    """Each wheel's metadata is below the limit; all together they are above it."""
    for number in range(5):
        write_variant(tmp_path, f"v{number}", f"{number}" * 900_000)
    with pytest.raises(ReleaseError, match=r"variants\.json: would have 45\d+ bytes"):
        write_index(tmp_path)
    assert not list(tmp_path.glob("*.json"))
