"""The manual's page of all settings has every key that is read, and what it shows is TOML."""

from __future__ import annotations

import re
import runpy
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from wheelnext_build.config.kinds import ListOf, MappingOf, TableOf, ValueKind
from wheelnext_build.config.model import TOOL_TABLE, VARIANT

DOCS = Path(__file__).parents[2] / "docs"
PAGE = runpy.run_path(str(DOCS / "tools" / "settings.py"))["settings_reference"]()


def names(kind: ValueKind) -> Iterator[str]:
    if isinstance(kind, TableOf):
        for name, key in kind.keys.items():
            yield name
            yield from names(key.kind)
    elif isinstance(kind, MappingOf | ListOf):
        yield from names(kind.item)


def test_the_page_has_a_row_for_every_key() -> None:
    rows = re.findall(r"^\| `([^`.]+)[^`]*` \| [^|]+ \| [^|]+ \|$", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted([*names(TOOL_TABLE), *names(VARIANT)])


@pytest.mark.parametrize("header", re.findall(r"^## `(.+)`$", PAGE, re.MULTILINE))
def test_headers_are_toml(header: str) -> None:
    tomllib.loads(re.sub(r"<(\w+)>", r"\1", header))


@pytest.mark.parametrize("example", re.findall(r"Example: `(.+?)` \|$", PAGE, re.MULTILINE))
def test_examples_are_toml(example: str) -> None:
    tomllib.loads(example)
