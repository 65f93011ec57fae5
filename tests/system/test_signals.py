"""Signals that end a process, and short blocks that they wait for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import is_running, wait_until

from wheelnext_build.system.signals import AskedToEnd, ending_when_asked, held_back

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent to this process")

KINDS = [(signal.SIGTERM, AskedToEnd), (signal.SIGINT, KeyboardInterrupt)]


@pytest.fixture(autouse=True)
def heeded() -> Iterator[None]:
    """Handle SIGINT, which a test run in the background may ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with ending_when_asked():
        yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(("number", "kind"), KINDS)
def test_a_signal_waits_for_the_end_of_the_block(
    number: signal.Signals, kind: type[BaseException]
) -> None:
    done: list[str] = []

    def held() -> None:
        with held_back(), held_back():
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)
            done.append("all")

    with pytest.raises(kind):
        held()
    assert done
    with held_back():
        pass  # no second error


def test_a_process_that_is_ending_gets_no_second_signal() -> None:
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):  # but a user may press Ctrl-C twice
        os.kill(os.getpid(), signal.SIGINT)


STARTS = """
import subprocess, sys
from wheelnext_build.system.signals import ending_when_asked
with ending_when_asked():
    # As below CMake: the compilers have no parent after CMake is killed.
    script = "sleep 60 >&- & echo $!; setsid sleep 60 >&- & echo $!"
    print(subprocess.run(["sh", "-c", script], stdout=subprocess.PIPE, text=True).stdout)
    sys.stdout.flush()
    sys.stdin.read()
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("is_leader", [True, False])
def test_sigterm_ends_the_session_of_a_leader_only(is_leader: bool) -> None:
    """A process in its parent's session must not end the parent."""
    process = subprocess.Popen(
        [sys.executable, "-c", STARTS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=is_leader,
    )
    assert process.stdout is not None
    member, server = int(process.stdout.readline()), int(process.stdout.readline())
    try:
        wait_until(lambda: os.getsid(server) == server)
        process.terminate()
        process.communicate(timeout=20)
        assert process.returncode == 128 + signal.SIGTERM
        if is_leader:
            wait_until(lambda: not is_running(member))
        assert is_running(member) == (not is_leader)
        assert is_running(server)
    finally:
        for pid in filter(is_running, (member, server)):
            os.kill(pid, signal.SIGKILL)
