"""The JSON schemas refuse what has the wrong shape, and nothing that the reader accepts."""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from test_config_mistakes import MISTAKES

from wheelnext_build.config import schema
from wheelnext_build.config.config import parse
from wheelnext_build.config.kinds import (
    Boolean,
    Key,
    ListOf,
    MappingOf,
    OneOrList,
    Scalar,
    String,
    TableOf,
    ValueKind,
)
from wheelnext_build.config.model import PYPROJECT, TOOL_TABLE, VARIANT
from wheelnext_build.errors import ConfigurationError, Problem

Document = dict[str, Any]

REPOSITORY = Path(__file__).parents[2]
FOLDERS = ("sample_ext", "tests/packages", "bench")
PROJECTS = [path for folder in FOLDERS for path in (REPOSITORY / folder).rglob("pyproject.toml")]
PAGES = [REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")]
WHOLE = Draft7Validator(schema.schema("pyproject"))

SHAPE = re.compile(
    r"""unknown\ key | must\ be | is\ none\ of | must\ not\ be\ empty | has\ no\ (path|reason)
    | cannot\ be\ (in\ a\ label|a\ label|a\ value|a\ namespace\ or\ feature)$
    | is\ empty | is\ an\ empty\ axis | names\ no\ property | has\ neither\ axes\ nor\ include
    | '\ stands\ twice | namespace\ stands\ twice | needs\ exactly\ one\ of | is\ not\ 'module'
    | is\ not\ a\ property | not\ a\ template | there\ is\ no\ axis\ \'\'""",
    re.VERBOSE,
)
"""What the reader says of a mistake that can be seen without reading anything else."""


def problems(document: Document) -> list[Problem]:
    try:
        parse(document)
    except ConfigurationError as error:
        return list(error.problems)
    return []


def is_of_shape(problem: Problem) -> bool:
    return SHAPE.search(problem.what) is not None


def agree(document: Document) -> None:
    """The schema refuses what the reader finds misshapen, and nothing that it accepts."""
    found = problems(document)
    errors = [error.message for error in WHOLE.iter_errors(document)]
    if errors:
        assert found, f"only the schema refuses it: {errors}"
    if any(map(is_of_shape, found)):
        assert errors, f"only the reader refuses it: {found}"


def holds_our_tables(document: Document) -> bool:
    return "variant" in document or "wheelnext-build" in document.get("tool", {})


def blocks() -> Iterator[Any]:
    for page in PAGES:
        for number, text in enumerate(
            re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
        ):
            document = tomllib.loads(text)
            if holds_our_tables(document):
                yield pytest.param(document, id=f"{page.name}-{number}")


@pytest.mark.parametrize("name", schema.names())
def test_the_shipped_schemas_are_current(name: str) -> None:
    path = Path(schema.__file__).parents[1] / "schemas" / f"{name}.schema.json"
    command = [sys.executable, "-m", "wheelnext_build.config.schema", name]
    printed = subprocess.run(command, capture_output=True, check=True, cwd=REPOSITORY).stdout
    assert path.read_bytes().splitlines() == printed.splitlines(), f"print it into {path}"
    Draft7Validator.check_schema(json.loads(printed))


def test_a_schema_of_another_name_is_a_mistake_of_the_user() -> None:
    assert schema.main(["toml"]) == (
        "usage: python -m wheelnext_build.config.schema {pyproject,wheelnext-build,variant}"
    )
    assert schema.main([])


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_the_projects_of_this_repository_are_valid(path: Path) -> None:
    document = tomllib.loads(path.read_text("utf-8"))
    WHOLE.validate(document)
    tables = {"wheelnext-build": document["tool"].get("wheelnext-build", {})}
    for name, table in {**tables, "variant": document.get("variant", {})}.items():
        Draft7Validator(schema.schema(name)).validate(table)


@pytest.mark.parametrize("document", list(blocks()))
def test_what_the_manual_shows_is_valid(document: Document) -> None:
    WHOLE.validate(document)


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
def test_the_schema_refuses_each_mistake_of_shape(text: str, expected: str) -> None:
    agree(tomllib.loads(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        mistake
        for mistake in MISTAKES
        if re.match(
            "a wrong type|an unknown (key|scope)|.* outside the grammar|an empty"
            "|.* is listed twice",
            mistake.id,
        )
    ],
)
def test_wrong_types_and_names_are_mistakes_of_shape(text: str, expected: str) -> None:
    assert not WHOLE.is_valid(tomllib.loads(text))


def keys(kind: ValueKind) -> Iterator[Key]:
    if isinstance(kind, TableOf):
        for key in kind.keys.values():
            yield key
            yield from keys(key.kind)
    elif isinstance(kind, MappingOf | ListOf | OneOrList):
        yield from keys(kind.item)


def test_the_examples_and_defaults_of_the_keys_are_valid() -> None:
    for key in keys(PYPROJECT):
        for value in (key.example, key.default):
            if value is not None:
                Draft7Validator(schema.of(key.kind)).validate(value)


COMPLETE = """
[variant]
"$schema" = "https://variants-schema.wheelnext.dev/peps/825/v0.1.1.json"
default-priorities.namespace = ["nvidia", "blas", "openmp", "x86_64"]
[variant.variants.mkl]
blas = { library = ["mkl"] }
openmp.runtime = "iomp"
[variant.variants.null]
[variant.providers.blas]
optional = false
static-properties = { library = ["mkl", "openblas"], abi = ["lp64"] }
feature-order = ["library", "abi"]
[variant.providers.openmp]
requires = ["openmp-provider>=1"]
plugin-api = "openmp_provider:Plugin"
[variant.providers.nvidia]
builtin = "nvidia"

[tool.wheelnext-build]
flags-scope = "targets"
share-tree = true
parallel-trees = false
[[tool.wheelnext-build.matrix]]
axes.x86_64.level = ["v3", "v4"]
axes.nvidia.sm_arch = ["80_real", ["90_real", "90_virtual"]]
include = [{ x86_64.level = "v2", nvidia.sm_arch = ["120_real"] }]
exclude = [{ x86_64.level = "v4", nvidia.sm_arch = ["90_real", "90_virtual"] }]
label = "{level}_sm{nvidia.sm_arch}"
when = "sys_platform == 'linux'"
[tool.wheelnext-build.properties."blas :: library :: mkl"]
define = { BLA_VENDOR = "Intel10_64lp", USE_MKL = true, THREADS = 2 }
environment.MKL_THREADING = "gnu"
c-flags = ["-DMKL"]
cxx-flags = ["-DMKL"]
fortran-flags = ["-DMKL"]
cuda-flags = ["-DMKL"]
link-flags = ["-lmkl"]
no-flags = false
share-tree = true
[tool.wheelnext-build.audit]
mode = "warn"
x86-64-baseline = "v2"
aarch64-baseline = "8a"
may-be-identical = ["mkl"]
[[tool.wheelnext-build.audit.allow]]
path = "*.so"
symbols = ["*_avx2"]
extensions = ["AVX2"]
reason = "it asks the processor"
"""

VALUES: list[Any] = [
    *(
        dt.date(2026, 1, 1),
        1,
        1.5,
        True,
        "",
        " ",
        "A-b",
        "v3",
        "{}",
        "{a-b}",
        "x{level}{",
        "{a.b.c}",
    ),
    *([], [1], [""], [[]], ["v3", "v3"], [["v3", "v3"]], ["A"], [{}], ["v3", 1]),
    *({}, {"a": 1}, {"a": {}}, {"A-b": {"c": "d"}}, {"a": {"B": "c"}}, {"a": {"b": ["c", []]}}),
]
NAMES = ["unknown", "Up-per", "", "a b", "a :: b", "x86_64::level::v3"]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in inside:
        yield (*path, key)
        if isinstance(item, dict | list):
            yield from places(item, (*path, key))


def changes(document: Document, path: tuple[Any, ...]) -> Iterator[Document]:
    """The document with one thing changed in this place: another value, another name, or none."""

    def changed(change: Callable[[Any, Any], None]) -> Document:
        whole = copy.deepcopy(document)
        holder = whole
        for part in path[:-1]:
            holder = holder[part]
        change(holder, path[-1])
        return whole

    for value in VALUES:
        yield changed(lambda holder, key, value=value: holder.__setitem__(key, value))
    yield changed(lambda holder, key: holder.__delitem__(key))
    if isinstance(path[-1], str):
        for name in NAMES:
            yield changed(lambda holder, key, name=name: holder.__setitem__(name, holder.pop(key)))


OURS = [
    path
    for path in places(tomllib.loads(COMPLETE))
    if path not in [("tool",), ("tool", "wheelnext-build"), ("variant",)]
]


def test_the_complete_example_is_valid_and_makes_variants() -> None:
    document = tomllib.loads(COMPLETE)
    WHOLE.validate(document)
    assert [item.variant.label for item in parse(document).declared] == [
        *("mkl", "null", "v3_sm80", "v3_sm90_ptx90", "v4_sm80", "v2_sm120")
    ]


@pytest.mark.parametrize("path", OURS, ids=lambda path: ".".join(map(str, path)))
def test_one_change_to_it_is_seen_by_both_or_by_the_reader(path: tuple[Any, ...]) -> None:
    for document in changes(tomllib.loads(COMPLETE), path):
        agree(document)


TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
WRONG = st.sampled_from(VALUES)


def strings(kind: String) -> st.SearchStrategy[str]:
    if kind.choices:
        return st.sampled_from(kind.choices)
    if kind.format == "pep508":
        return st.sampled_from(["numpy>=2", "openmp-provider; python_version >= '3.11'"])
    if kind.pattern is None:
        return TEXTS
    alphabet = st.characters(min_codepoint=32, max_codepoint=126)
    return st.from_regex(re.compile(kind.pattern), fullmatch=True, alphabet=alphabet)


def values(kind: ValueKind) -> st.SearchStrategy[Any]:
    """Values of the kind, and now and then one that is not."""
    found: st.SearchStrategy[Any]
    match kind:
        case String():
            found = strings(kind)
        case Boolean():
            found = st.booleans()
        case Scalar():
            found = st.one_of(TEXTS, st.integers(), st.floats(), st.booleans())
        case ListOf():
            found = st.lists(values(kind.item), max_size=3)
        case OneOrList():
            found = st.one_of(values(kind.item), st.lists(values(kind.item), max_size=3))
        case MappingOf():
            names = st.one_of(strings(String(pattern=kind.pattern)), st.sampled_from(NAMES))
            found = st.dictionaries(names, values(kind.item), max_size=2)
        case TableOf():
            optional = {name: values(key.kind) for name, key in kind.keys.items()}
            found = st.fixed_dictionaries({}, optional=optional)
    return st.one_of(found, found, found, found, found, found, WRONG)


@settings(max_examples=300, deadline=None)
@given(
    st.builds(
        lambda tool, variant: {"tool": {"wheelnext-build": tool}, "variant": variant},
        values(TOOL_TABLE),
        values(VARIANT),
    )
)
def test_whatever_is_written_both_agree(document: Document) -> None:
    agree(document)
