"""docs/conformance.md names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "conformance.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`((?:\w+/)?test_\w+\.py)::(\w+|\*)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_the_test_is_there(file: str, name: str) -> None:
    text = (TESTS / file).read_text("utf-8")
    assert name == "*" or re.search(rf"^ *def {name}\(", text, re.MULTILINE)


def test_every_rule_names_one() -> None:
    rules = PAGE.partition("## Where the drafts")[0]
    rows = [line for line in rules.splitlines() if re.match(r"\| (?!---|section|rule)", line)]
    assert len(rows) > 45
    assert [row for row in rows if "`" not in row or "::" not in row] == []
