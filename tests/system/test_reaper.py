"""What a block has started, and how that ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from processes import is_running, reapers, wait_until

from wheelnext_build.system.reaper import ending_what_was_started

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="finds processes in /proc"
)

STARTS = """\
import os, signal, subprocess, sys
from wheelnext_build.system.reaper import ending_what_was_started
from wheelnext_build.system.signals import ending_when_asked
signal.signal(signal.SIGINT, signal.default_int_handler)
with ending_when_asked(), ending_what_was_started():
    # As Ninja does where `cmake --build` is killed, each loses its parent.
    script = sys.argv[1]
    print(subprocess.run(["sh", "-c", script], stdout=subprocess.PIPE, text=True).stdout, end="")
    sys.stdout.flush()
    sys.stdin.read()
print(os.environ.get("WHEELNEXT_BUILD_STARTED_BY"))
"""
UNMARKED = "sh -c 'env -i sleep 60 >&- & echo $!; exec >&-; wait' &"
ORPHAN = "sleep 60 >&- & echo $!"
DEAF = "trap '' TERM; sleep 60 >&- & echo $!"
SERVER = "setsid sleep 60 >&- & echo $!"

Start = Callable[[str], tuple["subprocess.Popen[str]", int]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Run STARTS, whose script prints the number of a process; returns both."""
    begun: list[tuple[subprocess.Popen[str], int]] = []

    def start(script: str) -> tuple[subprocess.Popen[str], int]:
        process = subprocess.Popen(
            [sys.executable, "-c", STARTS, script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        begun.append((process, int(process.stdout.readline())))
        return begun[-1]

    yield start
    for process, pid in begun:
        process.kill()
        process.communicate()
        if is_running(pid):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("script", [ORPHAN, DEAF, UNMARKED], ids=["orphan", "deaf", "unmarked"])
def test_what_was_started_ends(start: Start, number: signal.Signals, script: str) -> None:
    process, pid = start(script)
    assert reapers(process.pid)
    process.send_signal(number)
    process.communicate(timeout=20)
    if number != signal.SIGKILL and script != DEAF:
        assert not is_running(pid)
    wait_until(lambda: not is_running(pid), 10)
    wait_until(lambda: not reapers(process.pid), 10)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_has_a_session_of_its_own_lives_on(start: Start, number: signal.Signals) -> None:
    process, pid = start(SERVER)
    process.send_signal(number)
    process.communicate(timeout=20)
    wait_until(lambda: not reapers(process.pid), 10)
    assert is_running(pid)


def test_nothing_ends_with_a_block_that_is_over(start: Start) -> None:
    process, pid = start(ORPHAN)
    said = process.communicate(timeout=20)[0]
    assert process.returncode == 0
    assert said == "None\n"  # no variable is left
    assert reapers(process.pid) == []
    assert is_running(pid)


@pytest.mark.parametrize("executable", ["", None, "/no/such/python"])
def test_a_build_does_without_where_it_cannot_begin(
    executable: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    with pytest.raises(ValueError, match="of the build") as caught, ending_what_was_started():
        raise ValueError("of the build")
    assert caught.value.__context__ is None  # it is not shown as if that came from this
