"""Lines about a build, from several threads at once."""

from __future__ import annotations

import io
import sys
import threading
import time

import pytest

from wheelnext_build.building.pool import _pass_on
from wheelnext_build.system.announce import announce, say

COUNT = 20


class Slow(io.StringIO):
    """Another thread has its turn after each piece that is written."""

    def write(self, text: str, /) -> int:
        written = super().write(text)
        time.sleep(0.001)
        return written


def test_each_line_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """``wheelnext-build build`` reads the names of wheels from them."""
    shown = Slow()
    monkeypatch.setattr(sys, "stdout", shown)
    threads = [
        threading.Thread(target=_pass_on, args=[["passed on"] * COUNT]),
        threading.Thread(target=lambda: [say("said") for _ in range(COUNT)]),
        threading.Thread(target=lambda: [announce("announced") for _ in range(COUNT)]),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = ("passed on", "said", "*** wheelnext-build announced")
    assert sorted(shown.getvalue().splitlines()) == sorted(lines * COUNT)
