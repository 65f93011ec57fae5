"""Two commands at once in the same folders, many times."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from figures import Figure
from racing import PAIRS, Orders, Pair, race

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(os.name != "posix", reason="folders are locked by flock"),
]

COUNT = int(os.environ.get("WHEELNEXT_TORTURE_RACES", "50"))
"""Rounds for each pair of commands."""


@pytest.mark.parametrize("make", PAIRS.values(), ids=PAIRS)
def test_as_one_after_the_other(
    make: Callable[[Path], Pair], tmp_path: Path, figure: Figure
) -> None:
    pair = make(tmp_path)
    refused = race(pair, Orders.of(pair), COUNT)
    figure(f"{COUNT} rounds, {refused} of {2 * COUNT} commands refused")
