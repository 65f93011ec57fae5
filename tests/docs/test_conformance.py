"""docs/conformance.md names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "conformance.md").read_text("utf-8")
RULES, _, NOT_FOLLOWED = PAGE.partition("## Where the drafts")
NAMED = sorted(set(re.findall(r"`((?:\w+/)*test_\w+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_the_test_is_there(file: str, name: str) -> None:
    text = (TESTS / file).read_text("utf-8")
    assert re.search(rf"^ *def {name}\(", text, re.MULTILINE)


def rows(text: str) -> list[str]:
    return re.findall(r"^\| (?!section|rule|draft).*", text, re.MULTILINE)


def test_every_rule_names_one() -> None:
    found = rows(RULES)
    assert len(found) > 90
    assert [row for row in found if not re.search(r"`[\w/]+\.py::\w+` \|$", row)] == []


def test_what_is_not_followed_has_its_evidence() -> None:
    found = rows(NOT_FOLLOWED)
    assert found
    for row in found:
        assert re.search(r"`[\w/]+\.py::\w+` \|$", row), row
