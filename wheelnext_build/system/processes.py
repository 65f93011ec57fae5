"""Running other programs, and ending them with all processes that they started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any


def processor_count() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def replaced_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Have this process's environment variables be ``variables`` while the block runs."""
    before, inside = dict(os.environ), dict(variables)
    os.environ.clear()
    os.environ.update(inside)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def run(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    umask: int = -1,
) -> subprocess.CompletedProcess[str]:
    """Run a command without input; the result's ``stdout`` is the output of both streams."""
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
    """Return the standard output of ``program --version``.

    If this process is asked to end, the program and all processes that it started end at once.
    hipcc, for example, runs slow programs. subprocess.run would wait 0.25 s after Ctrl-C.
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
            output = process.stdout.read()
            wait(process)
        except BaseException:
            end_now(process, patience=0)
            raise
    return output


def tail(text: str, count: int) -> list[str]:
    """Return the last ``count`` lines of an output."""
    return text.strip().splitlines()[-count:]


def end(process: subprocess.Popen[Any]) -> None:
    """Ask a process that leads its own session, and all processes that it started, to end."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    else:
        process.terminate()


def end_now(process: subprocess.Popen[Any], patience: float = 2) -> None:
    """End a process that leads its own session; kill it if it still runs after ``patience`` s."""
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
    """Return the exit status of a process that leads its own session, when it has ended.

    Ctrl-C does not reach such a process. Popen.wait alone would wait 0.25 s for it after Ctrl-C.
    """
    if hasattr(os, "waitid"):
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    return process.wait()
