"""Commands that are ended at a hundred random moments: the finished thing or nothing."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from conftest import Figure
from killed_commands import COMMANDS
from killing import SIGNALS, Case, Reference, end_at, moments

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc"),
]

COUNT = int(os.environ.get("WHEELNEXT_TORTURE_KILLS", "34"))
"""Moments for each signal."""


@pytest.fixture(scope="module", params=COMMANDS)
def prepared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Case, Reference]:
    case = COMMANDS[request.param](tmp_path_factory.mktemp("killed"))
    return case, Reference.of(case)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_ended_at_any_moment(
    prepared: tuple[Case, Reference], number: signal.Signals, figure: Figure
) -> None:
    case, reference = prepared
    longest = 0.0
    for turn, moment in enumerate(moments(reference.seconds, COUNT, seed=number)):
        terminal = number != signal.SIGKILL and turn % 2 == 0
        longest = max(longest, end_at(case, reference, number, moment, terminal=terminal))
    figure(f"{COUNT} moments of {reference.seconds:.2f} s; {longest:.2f} s to end")
    if number != signal.SIGKILL:
        assert longest < 1
