"""Lines about a build, also from several threads."""

from __future__ import annotations

import io
import sys
import threading
import time

import pytest

from wheelnext_build.system.announce import (
    PREFIX,
    WheelNews,
    announce,
    is_several_trees,
    labelled,
    say,
    several_trees,
    split_label,
)

COUNT = 20


class Slow(io.StringIO):
    """Stream that lets another thread run after each write."""

    def write(self, text: str, /) -> int:
        written = super().write(text)
        time.sleep(0.001)
        return written


def test_each_line_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """``wheelnext-build build`` reads the names of wheels from them."""
    shown = Slow()
    monkeypatch.setattr(sys, "stdout", shown)
    threads = [
        threading.Thread(target=lambda: [say(labelled("v3", "said")) for _ in range(COUNT)]),
        threading.Thread(target=lambda: [say("said") for _ in range(COUNT)]),
        threading.Thread(target=lambda: [announce("announced") for _ in range(COUNT)]),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = ("v3 | said", "said", "*** wheelnext-build announced")
    assert sorted(shown.getvalue().splitlines()) == sorted(lines * COUNT)


@pytest.mark.parametrize(
    "news",
    [
        WheelNews(1, 3, "plain", "building"),
        WheelNews(12, 12, "x86_64_v3", "failed"),
        WheelNews(2, 3, "x86_64_v3", "done", 61.2, "pkg-1.0-cp311-cp311-linux_x86_64-v3.whl"),
    ],
)
def test_an_announced_wheel_is_read_back(
    news: WheelNews, capsys: pytest.CaptureFixture[str]
) -> None:
    announce(news)
    assert WheelNews.parse(capsys.readouterr().out.rstrip("\n")) == news


@pytest.mark.parametrize(
    "line",
    ["", "[1/2] Building", f"{PREFIX}(1/2) plain: done", f"{PREFIX}(1/2) plain: done in a s, b"],
)
def test_other_lines_are_not_parsed(line: str) -> None:
    assert WheelNews.parse(line) is None


def test_a_label_in_front_of_a_line_is_split_off() -> None:
    assert split_label(labelled("x86_64_v3", "a | b")) == ("x86_64_v3", "a | b")
    assert split_label("collect2: error") == ("", "collect2: error")


def test_the_announcement_of_several_trees_is_recognized(
    capsys: pytest.CaptureFixture[str],
) -> None:
    announce(several_trees(3, 2))
    assert is_several_trees(capsys.readouterr().out)
    assert not is_several_trees(f"{PREFIX}waiting")
