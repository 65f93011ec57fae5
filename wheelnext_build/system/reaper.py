"""What a hook has started ends where the hook fails or is killed: a process sees to that.

A frontend that is interrupted kills its hook soon, and a killed process cannot end its compilers.
Workers notice that by themselves; this is for what scikit-build-core starts in the hook.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

VARIABLE = "WHEELNEXT_BUILD_STARTED_BY"
"""The environment variable that says what a process belongs to; whatever it starts has it, too."""

_GRACE = 1.0
"""Seconds in which a process that was asked to end has done so, and has ended its own ones."""
_PATIENCE = 10.0
"""Seconds after which nothing more is looked for."""
_TURN = 0.02
_QUIET_TURNS = 2
"""Turns in which nothing was found: while a process begins another program, it has no mark."""


@contextlib.contextmanager
def ending_what_was_started() -> Iterator[None]:
    """End what was started in the block, and still runs, where it fails or this process is killed.

    That is known where there is /proc. What has begun a session of its own is left: a compiler
    cache's server serves other builds.
    """
    # The process that is started runs this file, and has no packages; the modules that both need
    # are above.
    import subprocess

    from .signals import cleaned_up

    mark = f"{os.getpid()}-{os.urandom(8).hex()}"
    process = _begun(mark)
    if process is None:
        yield
        return
    is_over = False

    def end() -> None:
        os.environ.pop(VARIABLE, None)
        if process.stdin is not None:
            process.stdin.close()
        if is_over:
            process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE / 2)  # what has not ended by then, is ended without us

    with cleaned_up(end):
        os.environ[VARIABLE] = mark
        yield
        is_over = True


def _begun(mark: str) -> subprocess.Popen[bytes] | None:
    """The process that waits for the end of its input; None where it cannot: builds do without."""
    import subprocess

    try:
        with open("/proc/self/environ", "rb"):  # noqa: PTH123 - Path.exists() may raise for it
            return subprocess.Popen(
                [sys.executable or "", "-I", "-S", __file__, mark, str(os.getsid(0))],
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
    except OSError:
        return None


def _main(mark: str, session: int) -> None:
    """Wait for the end of the pipe that is our input; then end what has the mark."""
    sys.stdin.buffer.read()
    start = time.monotonic()
    asked: dict[int, float] = {}
    quiet = 0
    while quiet < _QUIET_TURNS and (now := time.monotonic()) - start < _PATIENCE:
        found = _started(mark, session)
        quiet = 0 if found else quiet + 1
        for pid in found:
            with contextlib.suppress(OSError):
                if pid not in asked:
                    os.kill(pid, signal.SIGTERM)
                elif now - asked[pid] > _GRACE:
                    os.kill(pid, signal.SIGKILL)
            asked.setdefault(pid, now)
        time.sleep(_TURN)


def _started(mark: str, session: int) -> set[int]:
    """The processes of a session with the mark, and what these have started without it."""
    entry = f"{VARIABLE}={mark}".encode()
    parents: dict[int, int] = {}
    found: set[int] = set()
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # The name, in parentheses, may hold anything (proc(5)).
            state, parent, _, its_session, *_ = (
                (path / "stat").read_text(errors="replace").rpartition(")")[2].split()
            )
            if int(its_session) == session and state not in "ZX":
                parents[int(path.name)] = int(parent)
                if entry in (path / "environ").read_bytes().split(b"\0"):
                    found.add(int(path.name))
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
