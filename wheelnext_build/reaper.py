"""What a hook has started ends where the hook is interrupted or killed: a process sees to that.

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

VARIABLE = "WHEELNEXT_BUILD_STARTED_BY"
"""The environment variable that says what a process belongs to; whatever it starts has it, too."""

_OVER = b"."
_GRACE = 0.5
"""Seconds in which a process that was asked to end has done so."""
_PATIENCE = 10.0
"""Seconds after which nothing more is looked for."""


@contextlib.contextmanager
def ending_what_was_started() -> Iterator[None]:
    """Where the block is interrupted, or this process is killed, end what was started in it.

    That is known where there is /proc. What has begun a session of its own is left: a compiler
    cache's server serves other builds.
    """
    # The process that is started runs this file, and has no packages; the modules that both need
    # are above.
    import subprocess

    from .termination import cleaned_up

    if not (sys.executable and Path("/proc/self/environ").exists()):
        yield
        return
    mark = f"{os.getpid()}-{os.urandom(8).hex()}"
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, mark, str(os.getsid(0))],
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    pipe, is_over = process.stdin, True

    def end() -> None:
        os.environ.pop(VARIABLE, None)
        with contextlib.suppress(BrokenPipeError, subprocess.TimeoutExpired):
            if not pipe.closed:
                with pipe:
                    pipe.write(_OVER if is_over else b"")
            process.wait(None if is_over else 1.5 * _GRACE)

    with cleaned_up(end):
        os.environ[VARIABLE] = mark
        try:
            yield
        except (KeyboardInterrupt, SystemExit):
            is_over = False
            raise


def _main(mark: str, session: int) -> None:
    """Wait for the end of the process whose pipe is our input; end what it leaves, unless told."""
    if sys.stdin.buffer.read() == _OVER:
        return
    start = time.monotonic()
    asked: dict[int, float] = {}
    while (found := list(_marked(mark, session))) and time.monotonic() - start < _PATIENCE:
        now = time.monotonic()
        for pid in found:
            with contextlib.suppress(OSError):
                if pid not in asked:
                    os.kill(pid, signal.SIGTERM)
                elif now - asked[pid] > _GRACE:
                    os.kill(pid, signal.SIGKILL)
            asked.setdefault(pid, now)
        time.sleep(0.02)


def _marked(mark: str, session: int) -> Iterator[int]:
    entry = f"{VARIABLE}={mark}".encode()
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if entry in (path / "environ").read_bytes().split(b"\0"):
                pid = int(path.name)
                if os.getsid(pid) == session:
                    yield pid


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
