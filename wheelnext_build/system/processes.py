"""Other programs: how they are run and read, and how all that they started ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def processor_count() -> int:
    """How many there are; fewer than the machine has where the process is bound to some."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    umask: int = -1,
) -> subprocess.CompletedProcess[str]:
    """Run a command without input; what it prints, on both streams, is the result's ``stdout``."""
    return subprocess.run(
        command,
        cwd=cwd,
        env=env,
        umask=umask,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def version(program: str) -> str:
    """What a program prints, to standard output, that is called with ``--version``.

    It ends at once where this process is asked to end, with all that it has started: hipcc asks
    other programs for long. subprocess.run would give it a quarter of a second after Ctrl-C.
    """
    with subprocess.Popen(
        [program, "--version"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            said = process.stdout.read()
            wait(process)
        except BaseException:
            end_now(process, patience=0)
            raise
    return said


def tail(text: str, count: int) -> list[str]:
    """The last lines of an output."""
    return text.strip().splitlines()[-count:]


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
