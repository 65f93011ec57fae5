"""Two commands at once in the same folders leave what one after the other leaves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from racing import PAIRS, Orders, race

pytestmark = [
    pytest.mark.build,
    pytest.mark.skipif(os.name != "posix", reason="folders are locked by flock"),
]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("build and build", 1),
        ("label and index", 5),
        ("label --outdir and index", 5),
        ("index --simple and index --simple", 5),
    ],
)
def test_as_one_after_the_other(name: str, count: int, tmp_path: Path) -> None:
    pair = PAIRS[name](tmp_path)
    race(pair, Orders.of(pair), count)
