"""Processes that lead a group of their own, and what they have started."""

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
