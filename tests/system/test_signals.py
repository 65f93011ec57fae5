"""What asks a process to end, and short blocks that it waits for."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from wheelnext_build.system.signals import AskedToEnd, cleaned_up, ending_when_asked, held_back

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent to this process")

KINDS = [(signal.SIGTERM, AskedToEnd), (signal.SIGINT, KeyboardInterrupt)]


@pytest.fixture(autouse=True)
def heeded() -> Iterator[None]:
    """Whoever runs the tests in the background may have them ignore SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with ending_when_asked():
        yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(("number", "kind"), KINDS)
def test_what_comes_meanwhile_waits_for_the_end_of_the_block(
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
        pass  # nothing waits any more


@pytest.mark.parametrize(("number", "kind"), KINDS)
def test_what_is_begun_is_cleaned_up(number: signal.Signals, kind: type[BaseException]) -> None:
    begun: list[str] = ["first", "second"]

    def clean() -> None:
        while begun:
            os.kill(os.getpid(), number)
            begun.pop()

    with pytest.raises(kind), cleaned_up(clean):
        os.kill(os.getpid(), number)
    assert begun == []


def test_who_ends_already_is_not_asked_once_more() -> None:
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):  # but whoever sits at the terminal may lose patience
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize(("number", "kind"), KINDS)
def test_what_another_thread_gets_wakes_the_main_one(
    number: signal.Signals, kind: type[BaseException]
) -> None:
    """As where it comes while the main thread starts a process, and has signals blocked."""

    def get() -> None:
        time.sleep(0.2)  # until the main thread sleeps
        signal.pthread_kill(threading.get_ident(), number)

    thread = threading.Thread(target=get)
    thread.start()
    start = time.monotonic()
    with pytest.raises(kind):
        select.select([], [], [], 10)
    assert time.monotonic() - start < 5
    thread.join()


FRONTEND = """
import os, subprocess, sys
own_session, stays = "own" in sys.argv, "stays" in sys.argv
command = [sys.executable, "-c", sys.argv[1], str(os.getpid()), *sys.argv[2:]]
hook = subprocess.Popen(command, start_new_session=own_session)
if stays:
    hook.wait()
"""
HOOK = """
import os, sys, time
from wheelnext_build.system.signals import AskedToEnd, ending_when_asked, ending_with_parent
while "stays" not in sys.argv and os.getppid() == int(sys.argv[1]):
    time.sleep(0.01)
try:
    with ending_when_asked(), ending_with_parent():
        print("goes on")
except AskedToEnd as error:
    print(error.reason)
"""


@pytest.mark.skipif(not hasattr(os, "getsid"), reason="there are no sessions")
@pytest.mark.parametrize(
    ("how", "said"),
    [
        (["ends"], "SIGTERM"),
        (["stays"], "goes on"),
        (["stays", "own"], "goes on"),  # such a hook has no session of a frontend to compare
    ],
    ids=["ends", "stays", "begins a session"],
)
def test_a_frontend_that_was_gone_before_its_hook_came(how: list[str], said: str) -> None:
    command = [sys.executable, "-c", FRONTEND, HOOK, *how]
    done = subprocess.run(
        command, start_new_session=True, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == f"{said}\n", done.stderr


def test_an_error_of_the_cleaning_is_not_hidden() -> None:
    with pytest.raises(OSError, match="full"), cleaned_up(_fail):
        pass


def _fail() -> None:
    raise OSError("full")
