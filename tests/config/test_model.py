"""The model of the tables: what is in it is read, and reads as the manual says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from wheelnext_build.config.config import Config, parse
from wheelnext_build.config.kinds import ListOf, MappingOf, OneOrList, Scalar, TableOf, ValueKind
from wheelnext_build.config.model import PROVIDER, PYPROJECT
from wheelnext_build.config.toml_table import dotted
from wheelnext_build.errors import ConfigurationError
from wheelnext_build.variants.metadata import PROVIDER_KEYS

Path = tuple[str | int, ...]

NAMES = {
    "namespace :: feature :: value": "x86_64 :: level :: v3",
    "namespace": "x86_64",
    "feature": "level",
    "label": "x",
    "name": "X",
}


def paths(kind: ValueKind) -> Iterator[Path]:
    """All places below a kind that hold a value, each once."""
    if isinstance(kind, TableOf):
        for name, key in kind.keys.items():
            yield (name,)
            yield from ((name, *rest) for rest in paths(key.kind))
    elif isinstance(kind, MappingOf):
        name = NAMES[kind.name]
        yield (name,)
        yield from ((name, *rest) for rest in paths(kind.item))
    elif isinstance(kind, ListOf) and not isinstance(kind.item, Scalar):
        yield from ((0, *rest) for rest in paths(kind.item))


def at(path: Path, value: object) -> object:
    """A document with the value at the path, and nothing else."""
    for part in reversed(path):
        value = [value] if isinstance(part, int) else {part: value}
    return value


@pytest.mark.parametrize("path", list(paths(PYPROJECT)), ids=lambda path: ".".join(map(str, path)))
def test_every_key_is_read(path: Path) -> None:
    """No key can hold a date: whoever reads it says so."""
    document = at(path, dt.date(2026, 1, 1))
    assert isinstance(document, dict)
    with pytest.raises(ConfigurationError) as info:
        parse(document)
    where = ""
    for part in path:
        where = dotted(where, part)
    problems = [problem.what for problem in info.value.problems if problem.where == where]
    assert any(problem.startswith("must be ") for problem in problems)


def test_the_model_has_all_that_a_release_says_of_providers() -> None:
    assert set(PROVIDER_KEYS) <= set(PROVIDER.keys)


def test_a_project_that_says_nothing_has_the_defaults_of_the_model() -> None:
    empty = parse({})
    assert empty == Config((), None, "project")
    assert empty.audit.mode == "error"


def test_every_key_has_a_sentence() -> None:
    def texts(kind: ValueKind) -> Iterator[str]:
        if isinstance(kind, TableOf):
            for key in kind.keys.values():
                yield key.text
                yield from texts(key.kind)
        elif isinstance(kind, MappingOf | ListOf | OneOrList):
            yield from texts(kind.item)

    assert all(text.endswith(".") for text in texts(PYPROJECT))
