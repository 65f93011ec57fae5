"""Mutated pyproject.toml files: each is read, or refused in one report with dotted paths."""

from __future__ import annotations

import copy
import datetime as dt
import random
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wheelnext_build.building.request import Request
from wheelnext_build.config.build_target import BuildTarget
from wheelnext_build.config.config import parse
from wheelnext_build.config.project import Project
from wheelnext_build.errors import ConfigurationError, ProviderError, WheelnextBuildError

pytestmark = pytest.mark.generated

REPOSITORY = Path(__file__).parents[2]
FOLDERS = ("sample_ext", "tests/packages", "bench")
TEXTS = [
    path.read_text("utf-8")
    for folder in FOLDERS
    for path in sorted((REPOSITORY / folder).rglob("pyproject.toml"))
]
DOCUMENTS = [tomllib.loads(text) for text in TEXTS]

WORDS = (
    *("", " ", "x", "v3", "V3", "null", "x86_64", "x86_64 :: level :: v3", "a :: b", "::", "level"),
    *(
        "90_real",
        "80_virtual",
        "13.0",
        "13",
        "{level}",
        "{",
        "}",
        "{x}",
        "{0}",
        "{level!r}",
        "{a.b}",
    ),
    *(
        "../x",
        "/",
        "\\",
        "-x",
        "'",
        '"',
        "\n",
        "\0",
        "\x1b[31m",
        "ä",
        "\u202e",
        "\U0001f600",
        "a" * 300,
    ),
    *("python_version >= '3'", "'nvidia' in variant_namespaces", "sys_platform ==", "extra == 'x'"),
    *("numpy>=2", "numpy @ file:///x", "numpy>=", "%s", "${X}", "$<1:x>", "]]", "#", "=", "off"),
)
VALUES: tuple[Any, ...] = (
    *WORDS,
    *(True, False, 0, 1, -1, 10**30, 0.5, float("nan"), float("inf")),
    *(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.date(2026, 1, 1)),
    *([], [[]], [{}], {}, {"": {}}, [1], ["v3"], [["v3"]], ["v3", "v3"], [["v1", "v3"], "v4"]),
    *(
        {"x86_64": {"level": ["v3"]}},
        {"level": {"level": {"level": []}}},
        {"a": [{"b": [{"c": 1}]}]},
    ),
)
KEYS = (
    *("axes", "include", "exclude", "label", "when", "matrix", "properties", "audit", "allow"),
    *("flags-scope", "default-priorities", "namespace", "providers", "variants", "requires"),
    *("static-properties", "feature-order", "build-requires", "plugin-api", "optional", "builtin"),
    *("dependencies", "define", "environment", "c-flags", "no-flags", "share-tree", "mode", "null"),
    *("x86_64", "nvidia", "acme", "level", "sm_arch", *WORDS[:8]),
)
PLACE = re.compile(r"(variant|tool|project|build-system)\b")
LINE = re.compile(r"\(at (line \d+(, column \d+)?|end of document)\)$")
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202e]")


def containers(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from containers(inner)


def mutate(document: dict[str, Any], dice: random.Random) -> None:
    """Change one thing in what this package reads of a document."""
    tool = document.setdefault("tool", {}).setdefault("wheelnext-build", {})
    places = [*containers(tool), *containers(document.setdefault("variant", {}))]
    place = dice.choice(places)
    value = copy.deepcopy(dice.choice(VALUES))
    if isinstance(place, list):
        index = dice.randrange(len(place) + 1)
        if place and dice.random() < 0.5:
            place[index % len(place)] = value
        else:
            place.insert(index, value)
        return
    keys = [*place, dice.choice(KEYS)]
    key = dice.choice(keys)
    match dice.randrange(5):
        case 0 if key in place:
            place[dice.choice((*KEYS, key[:-1], key.upper(), f"{key}s"))] = place.pop(key)
        case 1 if key in place:
            del place[key]
        case 2 if key in place:
            place[key] = [place[key]]
        case 3:
            place[key] = copy.deepcopy(dice.choice(places))
        case _:
            place[key] = value


def check(error: WheelnextBuildError) -> None:
    """The report says for each mistake where it is, and has nothing that steers a terminal."""
    assert isinstance(error, ConfigurationError | ProviderError), repr(error)
    if isinstance(error, ConfigurationError):
        assert error.problems
        for problem in error.problems:
            assert PLACE.match(problem.where), problem
    assert not STEERING.search(str(error)), str(error)


def check_tables(document: dict[str, Any]) -> None:
    """They are read, or refused in one report; what is accepted can be used."""
    try:
        config = parse(document)
        if config.seed is None:
            return
        # What is accepted can be used: chosen from, and written into a wheel.
        chosen = Request.parse({"variants": "all"}).choose(config, BuildTarget("x86_64"))
        for item in chosen:
            if not config.unasked:
                config.metadata_of(item.variant).to_json()
    except WheelnextBuildError as error:
        check(error)


def check_file(folder: Path, data: bytes) -> None:
    """pyproject.toml with these bytes is read, or refused with its name."""
    (folder / "pyproject.toml").write_bytes(data)
    try:
        _ = Project.load(folder).config
    except WheelnextBuildError as error:
        check_refusal(error)


def check_refusal(error: WheelnextBuildError) -> None:
    said = str(error)
    assert "pyproject.toml" in said
    assert isinstance(error, ConfigurationError), repr(error)
    for problem in error.problems:
        # Where brackets in brackets are too many for tomllib itself, it says nothing of the place.
        is_placed = problem.where != "pyproject.toml" or LINE.search(problem.what)
        assert is_placed or "in more than 100 others" in problem.what, problem
    assert not STEERING.search(said), said


@given(st.sampled_from(DOCUMENTS), st.integers(1, 6), st.randoms(use_true_random=False))
def test_mutated_tables(document: dict[str, Any], count: int, dice: random.Random) -> None:
    changed = copy.deepcopy(document)
    for _ in range(count):
        mutate(changed, dice)
    check_tables(changed)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(TEXTS), st.randoms(use_true_random=False))
def test_mutated_bytes(tmp_path: Path, text: str, dice: random.Random) -> None:
    data = bytearray(text.encode())
    for _ in range(dice.randint(1, 8)):
        index = dice.randrange(len(data))
        match dice.randrange(4):
            case 0:
                data[index] = dice.randrange(256)
            case 1:
                del data[index : index + dice.randint(1, 40)]
            case 2:
                data[index:index] = dice.choice(WORDS).encode()
            case _:
                start = dice.randrange(len(data))
                data[index:index] = data[start : start + dice.randint(1, 200)]
        if not data:
            return
    check_file(tmp_path, data)
