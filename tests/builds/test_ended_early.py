"""Commands that are ended at a few moments; tests/torture/test_killed.py has a hundred for two."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from killed_commands import COMMANDS
from killing import SIGNALS, Reference, end_at, moments

pytestmark = [
    pytest.mark.build,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc"),
]


@pytest.mark.parametrize(
    ("name", "count"), [("build", 2), ("hook", 2), ("plain", 2), ("label", 4), ("index", 4)]
)
def test_whole_files_or_none(name: str, count: int, tmp_path: Path) -> None:
    case = COMMANDS[name](tmp_path)
    reference = Reference.of(case)
    for number in SIGNALS:
        for moment in moments(reference.seconds, count, seed=number):
            # Another frontend does not pass SIGTERM on to its hook.
            terminal = number == signal.SIGINT or bool(case.others)
            end_at(case, reference, number, moment, terminal=terminal)
