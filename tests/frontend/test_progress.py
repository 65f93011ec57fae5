"""The progress of a build, from the backend's output."""

from __future__ import annotations

import io

from wheelnext_build.frontend.display import Lines
from wheelnext_build.frontend.progress import DONE, ENDED, FAILED, RUNNING, WAITING, Tracker

OUTPUT = """\
*** wheelnext-build (1/2) plain: building
*** Configuring CMake...
*** Building project with Ninja...
[3/12] Building CXX object a.o
*** wheelnext-build (1/2) plain: done in 1.5 s, pkg-1.0-py3-none-any.whl
\x1b[32m*** wheelnext-build (2/2) x86_64_v3: building\x1b[0m
[1/2] Building CXX object k.o
k.cpp:1: error
"""


def test_rows_follow_the_output_of_the_backend() -> None:
    tracker = Tracker(["sdist", "plain", "x86_64_v3"])
    lines = OUTPUT.splitlines()
    for line in lines[:4]:
        tracker.feed(line)
    assert [row.state for row in tracker.rows] == [WAITING, RUNNING, WAITING]
    assert tracker.rows[1].step == "compiling 3/12"
    for line in lines[4:]:
        tracker.feed(line)
    assert [row.state for row in tracker.rows] == [WAITING, DONE, RUNNING]
    assert tracker.rows[1].filename == "pkg-1.0-py3-none-any.whl"
    tracker.fail()
    assert tracker.rows[2].state == FAILED
    assert tracker.rows[2].log == lines[-2:]  # the failing wheel's own log, whole


def test_lines_show_each_change_once() -> None:
    tracker = Tracker(["plain", "x86_64_v3"])
    stream = io.StringIO()
    shown = Lines(stream)
    for line in OUTPUT.splitlines():
        shown.update(tracker, changed=tracker.feed(line))
    first, second, third = stream.getvalue().splitlines()
    assert first == "plain: building"
    assert second.endswith("s: pkg-1.0-py3-none-any.whl")
    assert third == "x86_64_v3: building"


def test_a_wheel_that_is_given_up_does_not_count_as_failed() -> None:
    tracker = Tracker(["plain", "x86_64_v3", "x86_64_v4"])
    for line in (
        "*** wheelnext-build (1/3) plain: building",
        "*** wheelnext-build (2/3) x86_64_v3: building",
        "*** wheelnext-build (2/3) x86_64_v3: failed",
    ):
        tracker.feed(line)
    tracker.fail()
    assert [row.state for row in tracker.rows] == [ENDED, FAILED, WAITING]
    assert [row.title for row in tracker.failed()] == ["x86_64_v3"]
    unknown = Tracker(["plain"])
    unknown.start("plain")
    unknown.fail()
    assert [row.state for row in unknown.rows] == [FAILED]


def test_a_wheel_that_is_done_fails_if_it_is_refused_or_cannot_be_published() -> None:
    tracker = Tracker(["plain", "v3"])
    for number, title in enumerate(("plain", "v3"), 1):
        tracker.feed(f"*** wheelnext-build ({number}/2) {title}: building\n")
        tracker.feed("compiling\n")
        tracker.feed(f"*** wheelnext-build ({number}/2) {title}: done in 1.0 s, {title}.whl\n")
    tracker.feed("*** wheelnext-build (2/2) v3: failed\n")
    assert [(row.state, row.filename) for row in tracker.rows] == [
        ("done", "plain.whl"),
        ("failed", ""),
    ]
    assert tracker.failed()[0].log == []
