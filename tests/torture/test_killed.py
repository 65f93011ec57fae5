"""Commands that are ended at a hundred random moments leave whole files or none."""

from __future__ import annotations

import os
import random
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from figures import Figure
from killed_commands import COMMANDS
from killing import SIGNALS, Case, Reference, end, end_at, moments

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc"),
]

COUNT = int(os.environ.get("WHEELNEXT_TORTURE_KILLS", "34"))
"""Moments for each signal."""


@pytest.fixture(scope="module", params=["build", "hook"])
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


LABELS = ("x86_64_v1", "x86_64_v3", "x86_64_v4", "null")


def test_a_kept_folder_after_sigkill_serves_any_variant(tmp_path: Path, figure: Figure) -> None:
    """Object files of one variant are in the wheel of no other."""
    case = COMMANDS["build, kept"](tmp_path)
    reference = Reference.of(case)
    chance = random.Random(1)  # noqa: S311 - no secret
    for moment in moments(reference.seconds, COUNT, seed=1):
        case.reset()
        end(case, signal.SIGKILL, moment)
        labels = chance.sample(LABELS, 2)
        for label in labels:
            replace(case, command=(*case.command, "--only", label)).finish()
        made = case.made()
        assert len(made) >= len(labels)
        assert {name: reference.files[name] for name in made} == made, labels
    figure(f"{COUNT} moments of {reference.seconds:.2f} s, two variants after each")
