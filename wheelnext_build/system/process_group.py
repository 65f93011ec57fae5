"""Processes that were started, and what they have started in turn: how all of it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import Any


def end(process: subprocess.Popen[Any]) -> None:
    """Ask a process that was started in a session of its own, and all that it started, to end."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    else:
        process.terminate()


def end_now(process: subprocess.Popen[Any], patience: float = 2) -> None:
    """End such a process, also one that does not heed the request within ``patience`` seconds."""
    end(process)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def wait(process: subprocess.Popen[Any]) -> int:
    """The status of such a process, which has no part in Ctrl-C.

    subprocess would give it a quarter of a second to end by that, too.
    """
    if hasattr(os, "waitid"):
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    return process.wait()
