"""Plain wheels become variant wheels and carriers, and carriers become labelled wheels."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import scikit_build_core.build
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import parse_wheel_filename
from zips import DIST_INFO, FILES, NAME, check_record, record, walk, wheel, write_zip

from wheelnext_build.errors import WheelError
from wheelnext_build.variants.metadata import Provider, VariantMetadata
from wheelnext_build.variants.variant import NULL, Variant
from wheelnext_build.wheels.description import record_problems, variant_of
from wheelnext_build.wheels.name import WheelName
from wheelnext_build.wheels.reader import WheelReader
from wheelnext_build.wheels.stamp import release_carrier, stamp

PROVIDERS = {"x86_64": Provider(requires=("x86-64-variant-provider >=0.2",))}
V3 = Variant.from_mapping("x86_64_v3", {"x86_64": {"level": ["v3"]}})
V4 = Variant.from_mapping("x86_64_v4", {"x86_64": {"level": ["v4"]}})


def metadata(*variants: Variant) -> VariantMetadata:
    return VariantMetadata(("x86_64",), PROVIDERS, variants)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def test_a_stamped_wheel_is_the_plain_one_with_a_label(tmp_path: Path, out: Path) -> None:
    source = wheel(tmp_path)
    target = stamp(source, out, metadata(V3))
    assert target == out / "pkg-1.0-py3-none-any-x86_64_v3.whl"
    assert list(out.iterdir()) == [target]
    before, after = walk(source), walk(target)
    assert after[: len(FILES)] == before[: len(FILES)]
    described, listed = after[len(FILES) :]
    assert described.name == f"{DIST_INFO}/variant.json"
    assert described.content() == metadata(V3).to_json()
    assert listed.name == f"{DIST_INFO}/RECORD"
    check_record(after)


def test_a_stamped_wheel_can_be_read_back(tmp_path: Path, out: Path) -> None:
    for variant in (V3, NULL):
        with WheelReader(stamp(wheel(tmp_path), out, metadata(variant))) as reader:
            assert variant_of(reader) == (metadata(variant), variant)
            assert record_problems(reader) == []
    with WheelReader(wheel(tmp_path)) as reader:
        assert variant_of(reader) is None


@pytest.mark.parametrize("carrier", [False, True])
def test_the_same_input_gives_the_same_bytes(
    tmp_path: Path, out: Path, carrier: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = wheel(tmp_path)
    first = stamp(source, out, metadata(V3), carrier=carrier).read_bytes()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    os.utime(source, (1, 1))
    assert stamp(source, out, metadata(V3), carrier=carrier).read_bytes() == first


@pytest.mark.parametrize(
    ("epoch", "expected"),
    [
        ("1700000001", (2023, 11, 14, 22, 13, 20)),  # the format counts in steps of two seconds
        ("0", (1980, 1, 1, 0, 0, 0)),
        ("99999999999", (2107, 12, 31, 23, 59, 58)),
        (None, None),
    ],
)
def test_times_are_those_that_scikit_build_core_gives(
    tmp_path: Path,
    out: Path,
    epoch: str | None,
    expected: tuple[int, ...] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = tmp_path / "project"
    (project / "src" / "pkg").mkdir(parents=True)
    (project / "src" / "pkg" / "__init__.py").touch()
    (project / "pyproject.toml").write_text(
        '[project]\nname = "pkg"\nversion = "1.0"\n'
        "[tool.scikit-build]\nwheel.cmake = false\nwheel.reproducible = true\n"
    )
    monkeypatch.chdir(project)
    if epoch is None:
        monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    else:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    source = tmp_path / scikit_build_core.build.build_wheel(str(tmp_path))
    with (
        zipfile.ZipFile(source) as before,
        zipfile.ZipFile(stamp(source, out, metadata(V3))) as after,
    ):
        times = {info.date_time for info in after.infolist()}
        assert times == {info.date_time for info in before.infolist()}
        assert expected is None or times == {expected}
        modes = {info.external_attr for info in after.infolist() if "dist-info" in info.filename}
        assert len(modes) == 1


def with_variant_json(folder: Path, name: str, *variants: Variant) -> Path:
    return with_raw_variant_json(folder, name, metadata(*variants).to_json())


def with_raw_variant_json(folder: Path, name: str, data: bytes) -> Path:
    return wheel(folder, name, {**FILES, f"{DIST_INFO}/variant.json": data})


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: with_variant_json(folder, NAME, V3),
        lambda folder: wheel(folder, "pkg-1.0-py3-none-any-x86_64_v3.whl"),
    ],
)
def test_a_variant_wheel_is_not_stamped_again(
    tmp_path: Path, out: Path, make: Callable[[Path], Path]
) -> None:
    with pytest.raises(WheelError, match="is a variant wheel already; stamp the plain wheel"):
        stamp(make(tmp_path), out, metadata(V4))
    assert list(out.iterdir()) == []


def test_a_wheel_that_cannot_be_copied_leaves_nothing(tmp_path: Path, out: Path) -> None:
    path = tmp_path / NAME
    with path.open("wb") as stream:
        write_zip(stream, {**FILES, f"{DIST_INFO}/RECORD": record({})})
    with pytest.raises(WheelError, match="is not in RECORD"):
        stamp(path, out, metadata(V3))
    assert list(out.iterdir()) == []


# What a wheel says about its variant


LABELLED = "pkg-1.0-py3-none-any-x86_64_v3.whl"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda folder: wheel(folder, LABELLED),
            r"the label 'x86_64_v3', but there is no pkg-1\.0\.dist-info/variant\.json inside",
        ),
        (
            lambda folder: with_variant_json(folder, LABELLED, V4),
            r"the name has the label 'x86_64_v3', variant\.json has 'x86_64_v4'",
        ),
        (
            lambda folder: with_variant_json(folder, LABELLED, V3, V4),
            r"variant\.json must describe one variant; it has 2",
        ),
        (
            lambda folder: with_variant_json(folder, LABELLED),
            r"variant\.json must describe one variant; it has 0",
        ),
        (
            lambda folder: with_raw_variant_json(folder, LABELLED, b"{}"),
            r"variant\.json: \$schema is None; this version knows",
        ),
    ],
)
def test_a_wheel_that_contradicts_its_name_is_refused(
    tmp_path: Path, make: Callable[[Path], Path], message: str
) -> None:
    path = make(tmp_path)
    with (
        WheelReader(path) as reader,
        pytest.raises(WheelError, match=message) as info,
    ):
        variant_of(reader)
    assert str(path) in str(info.value)


# Carriers


LABELS = st.from_regex(r"[0-9a-z_.]{1,12}", fullmatch=True).filter(lambda text: text != "null")


@given(LABELS, st.sampled_from(["", "1", "0", "2abc", "0_x"]))
def test_a_carrier_becomes_the_wheel_that_stamping_makes(label: str, build: str) -> None:
    variant = Variant.from_mapping(label, {"x86_64": {"level": ["v3"]}})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = wheel(folder, WheelName("pkg", "1.0", build, "py3", "none", "any").filename)
        labelled = stamp(source, folder, metadata(variant))
        carrier = stamp(source, folder, metadata(variant), carrier=True)
        parse_wheel_filename(carrier.name)  # as pip, auditwheel and cibuildwheel do
        assert len({source, carrier, labelled}) == 3
        assert carrier.read_bytes() == labelled.read_bytes()
        with WheelReader(carrier) as reader:
            assert variant_of(reader) == (metadata(variant), variant)
        before = labelled.read_bytes()
        labelled.unlink()
        assert release_carrier(carrier, folder) == labelled
        assert labelled.read_bytes() == before


def test_the_carrier_of_the_null_variant_is_no_plain_wheel(tmp_path: Path, out: Path) -> None:
    carrier = stamp(wheel(tmp_path), out, metadata(NULL), carrier=True)
    assert carrier.name == "pkg-1.0-0null-py3-none-any.whl"
    assert release_carrier(carrier, out).name == "pkg-1.0-py3-none-any-null.whl"


@pytest.mark.parametrize(
    "make",
    [
        wheel,
        lambda folder: wheel(folder, "pkg-1.0-0x86_64_v3-py3-none-any.whl"),
        lambda folder: with_variant_json(folder, NAME, V3),
        lambda folder: with_variant_json(folder, LABELLED, V3),
        lambda folder: with_variant_json(folder, "pkg-1.0-0x86_64_v4-py3-none-any.whl", V3),
    ],
)
def test_what_is_no_carrier_gets_no_label(
    tmp_path: Path, out: Path, make: Callable[[Path], Path]
) -> None:
    with pytest.raises(WheelError, match="not a carrier of a variant"):
        release_carrier(make(tmp_path), out)
    assert list(out.iterdir()) == []


def test_a_repaired_carrier_keeps_what_the_tool_changed(tmp_path: Path, out: Path) -> None:
    """Tools that repair wheels write them anew, under other platform tags, as they like."""
    files = {**FILES, "pkg/libs.so": b"added", f"{DIST_INFO}/variant.json": metadata(V3).to_json()}
    carrier = wheel(tmp_path, "pkg-1.0-0x86_64_v3-py3-none-manylinux_2_28_x86_64.whl", files)
    target = release_carrier(carrier, out)
    assert target.name == "pkg-1.0-py3-none-manylinux_2_28_x86_64-x86_64_v3.whl"
    assert [entry.name for entry in walk(target)] == [*files, f"{DIST_INFO}/RECORD"]
