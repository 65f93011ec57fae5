"""Mutated input of every parser: each is read, or refused by an error of this project's own."""

from __future__ import annotations

import copy
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import parsers
import pytest
from hostile_wheels import INFO, NAME, SOUND, VARIANT_JSON, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ninja_files import LOG
from parsers import read_or_refused
from tiny_wheels import NVIDIA, X86_64, write_sdist
from zips import record

from wheelnext_build.audit.promise import promise_of
from wheelnext_build.building.trees.ninja_state import Deps, append_deps
from wheelnext_build.errors import (
    GrammarError,
    MetadataError,
    ReleaseError,
    RequestError,
    WheelError,
)
from wheelnext_build.host.host import provider_problem
from wheelnext_build.release.check import Expected, check
from wheelnext_build.release.choices import choices, preference
from wheelnext_build.release.index.variants_json import read_variants_json, write_index
from wheelnext_build.system.text import parse_size
from wheelnext_build.variants.markers import VariantRequirement
from wheelnext_build.variants.metadata import Provider, VariantMetadata
from wheelnext_build.variants.variant import Property, Variant
from wheelnext_build.wheels.dependencies import Changes
from wheelnext_build.wheels.name import WheelName

pytestmark = pytest.mark.generated

DICE = st.randoms(use_true_random=False)
one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

TEXT = st.text(st.characters(exclude_categories=[]), max_size=12)
"""Half characters, too."""


def mixed(*pieces: str) -> st.SearchStrategy[str]:
    """Text made of pieces that mean something, and of anything else."""
    return st.lists(st.sampled_from(pieces) | TEXT, max_size=12).map("".join)


def mutated(data: bytes, dice: random.Random, *words: bytes) -> bytes:
    """A copy with some bytes changed, left out, doubled, or cut off."""
    result = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        index = dice.randrange(len(result) + 1)
        match dice.randrange(7):
            case 0 | 1 if index < len(result):
                result[index] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
            case 2 if index < len(result):
                result[index] ^= 1 << dice.randrange(8)
            case 3:
                del result[index : index + dice.randint(1, 40)]
            case 4 if words:
                result[index:index] = dice.choice(words)
            case 5 if result:
                start = dice.randrange(len(result))
                result[index:index] = result[start : start + dice.randint(1, 200)]
            case 6 if dice.random() < 0.2:
                del result[index:]
            case _:
                result[index : index + 4] = dice.randbytes(4)
    return bytes(result)


# Names and small grammars

NAME_PIECES = (
    "pkg",
    "-",
    "-1.0",
    "-py3",
    "-none",
    "-any",
    ".whl",
    ".",
    "_",
    "cp312",
    "v3",
    "0",
    "+",
)
FILENAMES = mixed(*NAME_PIECES, NAME) | mixed(*NAME_PIECES).map(lambda text: f"pkg-1.0-{text}.whl")


@given(FILENAMES)
def test_file_names(text: str) -> None:
    parsers.file_name(text)


@given(mixed("x86_64", " :: ", "::", "level", "v3", " ", "."))
def test_properties_and_labels(text: str) -> None:
    parsers.property_or_label(text)


@given(mixed("1", "0", ".", "k", "MB", "GiB", " ", "-", "e", "inf", "nan"))
def test_sizes(text: str) -> None:
    parsers.size(text)


MARKER_PIECES = (
    *("numpy", ">=2", " ; ", ";", "variant_label", "variant_properties", "variant_namespaces"),
    *(" in ", " not in ", " == ", " and ", " or ", "(", ")", "'x86_64'", '"v3"', "'a :: b :: c'"),
    *("python_version", "extra", "'", '"', " @ https://a.b/c.whl ", "~=", "not", "[x]", ","),
)


@given(mixed(*MARKER_PIECES) | mixed(*MARKER_PIECES).map("numpy ; {}".format))
def test_requirements_with_markers(text: str) -> None:
    parsers.requirement(text)


@pytest.mark.parametrize("count", [100, 10_000])
def test_brackets_within_brackets(count: int) -> None:
    marker = "(" * count + "variant_label == 'v3'" + ")" * count
    if count == 100:
        assert VariantRequirement.parse(f"numpy ; {marker}").for_variant(None) is None
    else:
        with pytest.raises(GrammarError, match="more than 100 brackets"):
            VariantRequirement.parse(f"numpy ; {marker}")


# Metadata

GPU = {"sm_arch": ["90_real"], "cuda_version_lower_bound": ["12"]}
DOCUMENTS = [
    json.loads(
        VariantMetadata(
            ("nvidia", "x86_64"),
            {"nvidia": NVIDIA, "x86_64": X86_64},
            (
                Variant.from_mapping("v3", {"x86_64": {"level": ["v3", "v2"]}}),
                Variant.from_mapping(
                    "gpu", {"nvidia": {"sm_arch": ["90_real"], "cuda_version_lower_bound": ["12"]}}
                ),
            ),
        ).to_json()
    ),
    json.loads(VARIANT_JSON),
]
VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        10**30,
        0.5,
        float("nan"),
        float("inf"),
        "",
        "x",
        "v3",
        "X",
        "9" * 5000,
    ),
    *("\ud800", "\x1b[2J", "\u202e", "a" * 300, [], {}, [[]], [{}], ["x"], ["x", "x"], {"": {}}),
    *({"x": ["y"]}, {"x": {"y": ["z"]}}, {"requires": ["a"]}, {"builtin": "x"}, [None]),
    *({"static-properties": {"a": ["b"], "c": ["d"]}, "feature-order": ["c", "a"]},),
)
KEYS = (
    *(
        "$schema",
        "default-priorities",
        "namespace",
        "providers",
        "variants",
        "requires",
        "optional",
    ),
    *("static-properties", "feature-order", "plugin-api", "builtin", "nvidia", "x86_64", "level"),
    *("null", "v3", "", "\ud800", "\x1b", "a" * 300),
)


def containers(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from containers(inner)


def change(document: Any, dice: random.Random) -> None:
    place = dice.choice([*containers(document)])
    value = copy.deepcopy(dice.choice((*VALUES, *containers(document))))
    if isinstance(place, list):
        place[dice.randrange(len(place) + 1) :] = [value]
        return
    key = dice.choice([*place, *KEYS])
    if key in place and dice.random() < 0.2:
        del place[key]
    else:
        place[key] = value


@given(st.sampled_from(DOCUMENTS), st.integers(1, 6), DICE)
def test_changed_metadata(document: Any, count: int, dice: random.Random) -> None:
    changed = copy.deepcopy(document)
    for _ in range(count):
        change(changed, dice)
    text = json.dumps(changed, ensure_ascii=dice.random() < 0.5)
    parsers.metadata(text.encode("utf-8", "surrogatepass"))


WORDS = (
    b"[" * 3000,
    b'{"a":' * 3000,
    b"NaN",
    b"1e999",
    b"9" * 5000,
    b'"\\ud800"',
    b"\xff",
    b"null",
    b",",
)


@one_folder
@given(st.sampled_from(DOCUMENTS), DICE)
def test_mutated_bytes_of_metadata(tmp_path: Path, document: Any, dice: random.Random) -> None:
    path = tmp_path / "pkg-1.0-variants.json"
    path.write_bytes(mutated(json.dumps(document).encode(), dice, *WORDS))
    parsers.variants_json(path)


# Wheels

SEED: list[bytes] = []


def seed(folder: Path) -> bytes:
    if not SEED:
        SEED.append(written(folder).read_bytes())
    return SEED[0]


@one_folder
@given(DICE)
def test_mutated_bytes_of_a_wheel(tmp_path: Path, dice: random.Random) -> None:
    path = tmp_path / NAME
    data = seed(tmp_path)
    if dice.random() < 0.6:  # the directory and the end records
        start = data.index(b"PK\1\2")
        data = data[:start] + mutated(data[start:], dice, b"PK\5\6", b"PK\1\2", b"PK\6\7")
    else:
        data = mutated(data, dice, b"PK\3\4", b"PK\7\x08")
    path.write_bytes(data)
    parsers.wheel(path)


RECORD_WORDS = (
    b",",
    b"\n",
    b"\r",
    b'"',
    b"\0",
    b"sha256=",
    b"\xff",
    b"pkg/data.bin,,\n",
    b'"\n' * 40,
)


@one_folder
@given(DICE)
def test_mutated_bytes_of_record(tmp_path: Path, dice: random.Random) -> None:
    path = written(tmp_path, rows=mutated(record(SOUND, INFO), dice, *RECORD_WORDS))
    parsers.wheel(path)


METADATA = b"""Metadata-Version: 2.1
Name: pkg
Version: 1.0
Requires-Python: >=3.9
Requires-Dist: numpy>=2; python_version > "3"
Requires-Dist: scipy; extra == "x"
Content-Type: multipart/mixed; boundary=x

--x
text
"""
METADATA_WORDS = (
    *(
        b"\n",
        b"\r\n",
        b"\r",
        b":",
        b"Requires-Dist: ",
        b"\n ",
        b"\0",
        b"\xff",
        b"=?utf-8?q?x?=",
        b";",
    ),
    *(
        b"1" * 5000,
        b"--x\nContent-Type: multipart/mixed; boundary=x\n\n",
        b"\x1b[2J",
        b"[x]",
        b" @ ",
    ),
)


@one_folder
@given(DICE)
def test_mutated_bytes_of_core_metadata(tmp_path: Path, dice: random.Random) -> None:
    data = mutated(METADATA, dice, *METADATA_WORDS)
    parsers.core_metadata(tmp_path, data)


@one_folder
@given(mixed("a", ">=", "1", "; ", "extra", "[", "]", "(", ",", " "))
def test_dependencies_asked_for(text: str) -> None:
    parsers.dependency(text)


@one_folder
@given(DICE)
def test_mutated_bytes_of_an_sdist(tmp_path: Path, dice: random.Random) -> None:
    path = write_sdist(tmp_path, "pkg-1.0")
    data = gzip.decompress(path.read_bytes())
    if dice.random() < 0.7:
        data = gzip.compress(
            mutated(data[:2048], dice, b"\xff" * 12, b"7" * 11, b"x", b"L") + data[2048:], 1
        )
    else:
        data = mutated(path.read_bytes(), dice)
    path.write_bytes(data)
    parsers.sdist(path)


# What this project writes, and reads again


PAGE_ENTRY = {
    "filename": NAME,
    "url": NAME,
    "hashes": {"sha256": "ab" * 32},
    "size": 7,
    "_version": "1.0",
    "_source": [7, 8],
    "requires-python": ">=3",
    "core-metadata": {"sha256": "cd" * 32},
}


@one_folder
@given(DICE)
def test_mutated_pages_of_an_index(tmp_path: Path, dice: random.Random) -> None:
    page = tmp_path / "index.json"
    if dice.random() < 0.5:
        page.write_bytes(mutated(json.dumps({"files": [PAGE_ENTRY]}).encode(), dice, *WORDS))
    else:
        document: dict[str, Any] = {"files": [copy.deepcopy(PAGE_ENTRY)]}
        for _ in range(dice.randint(1, 3)):
            change(document, dice)
        page.write_text(json.dumps(document))
    parsers.index_page(page)


@one_folder
@given(DICE)
def test_mutated_ninja_files(tmp_path: Path, dice: random.Random) -> None:
    deps = tmp_path / ".ninja_deps"
    deps.write_bytes(b"# ninjadeps\n\4\0\0\0")
    append_deps(tmp_path, {"a.o": Deps(1 << 40, ("a.c", "b.h")), "b.o": Deps(5, ("b.c", "b.h"))})
    deps.write_bytes(mutated(deps.read_bytes(), dice, b"\4\0\0\x80" + bytes(4), b"\xff" * 4))
    (tmp_path / ".ninja_log").write_bytes(mutated(LOG.encode(), dice, b"\t", b"\n", b"\xff"))
    parsers.ninja_files(tmp_path)


@one_folder
@given(st.sampled_from(DOCUMENTS), DICE)
def test_mutated_releases_are_indexed_or_refused(
    tmp_path: Path, document: Any, dice: random.Random
) -> None:
    """A wheel and a variants.json, one of them changed."""
    (tmp_path / "pkg-1.0-variants.json").unlink(missing_ok=True)
    changed = copy.deepcopy(document)
    change(changed, dice)
    content = json.dumps(changed).encode()
    if dice.random() < 0.5:
        written(tmp_path, {**SOUND, f"{INFO}/variant.json": content})
    else:
        written(tmp_path)
        (tmp_path / "pkg-1.0-variants.json").write_bytes(content)
    with read_or_refused(ReleaseError, "pkg"):
        for release in write_index(tmp_path):
            assert read_variants_json(release.path) == release.metadata


# What was found so


@pytest.mark.parametrize("name", ["pkg-1.0-py3.0-none-any.whl", "pkg-1.0-py3-none-any..whl"])
def test_tags_that_no_installer_reads_are_refused(name: str) -> None:
    with pytest.raises(WheelError, match="not a wheel's file name"):
        WheelName.parse(name)


@pytest.mark.parametrize("text", ["9" * 400, "9" * 400 + "GB", "1." + "9" * 5000 + "MB"])
def test_sizes_beyond_all_numbers_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)


def test_an_interpreter_of_many_digits_is_no_python_to_count_up_to(tmp_path: Path) -> None:
    names = [WheelName.parse(f"pkg-1.0-cp3{'9' * 30}-abi3-manylinux_2_28_x86_64.whl")]
    found, _ = choices(names, None)
    assert found


@pytest.mark.parametrize("text", ["x ; " + "(" * 5000 + "extra" + ")" * 5000, f"x=={'9' * 5000}"])
def test_a_requirement_that_packaging_cannot_read(text: str) -> None:
    provider = Provider(requires=(text.replace("x", "x86-64-variant-provider", 1),))
    assert "is not a requirement" in provider_problem("x86_64", provider)
    with pytest.raises(RequestError):
        Changes(replace=("x>=" + "(" * 5000,))
    with pytest.raises(WheelError):
        Changes(drop=("y",)).applied(f"Requires-Dist: {text}\n".encode())


def test_a_provider_value_of_thousands_of_digits_has_its_place() -> None:
    variant = Variant("v3", (Property("x86_64", "level", "9" * 5000),))
    assert preference(VariantMetadata(("x86_64",), {"x86_64": X86_64}, (variant,))) == ("v3",)


def test_mail_within_mail_is_not_unpacked(tmp_path: Path) -> None:
    part = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n"
    data = METADATA.split(b"Content")[0] + b"".join(part % (n, n) for n in range(5000))
    written(tmp_path, {**SOUND, f"{INFO}/METADATA": data})
    (release,), _ = check(tmp_path, Expected())
    assert release.wheels == 1


def test_a_bound_that_is_no_version_promises_nothing() -> None:
    values = ("x_y", "12.8", "9" * 5000, "13")
    items = (Property("nvidia", "cuda_version_lower_bound", value) for value in values)
    variant = Variant("gpu", tuple(items))
    name = WheelName.parse("pkg-1.0-cp312-cp312-linux_x86_64.whl")
    assert promise_of(name, variant).cuda == "12.8"


def test_metadata_of_a_hundred_thousand_entries_is_refused() -> None:
    document = json.loads(VARIANT_JSON)
    document["variants"]["v3"] = {"x86_64": {f"{n:x}": ["1"] for n in range(70_000)}}
    with pytest.raises(MetadataError, match="more than 65536 entries"):
        VariantMetadata.from_mapping(document)
