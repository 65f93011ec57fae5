"""Processes that were started, and what they have started in turn: how all of it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
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


def end_descendants() -> None:
    """End what this process has started, and what that has; where there is /proc.

    For what others start in this process's own group, which is the frontend's and the shell's, too.
    """
    children: dict[int, list[int]] = {}
    for pid, parent in _processes():
        children.setdefault(parent, []).append(pid)
    found = [os.getpid()]
    for pid in found:
        found += children.get(pid, [])
    for pid in found[1:]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def _processes() -> Iterator[tuple[int, int]]:
    """All processes, and the parent of each."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name, in parentheses, may hold anything; state and parent come after it.
            yield int(entry.parent.name), int(entry.read_text().rpartition(")")[2].split()[1])
