"""Other programs whose output is read, and shown at most where they fail."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import process_group


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
            process_group.wait(process)
        except BaseException:
            process_group.end_now(process, patience=0)
            raise
    return said


def tail(text: str, count: int) -> list[str]:
    """The last lines of an output."""
    return text.strip().splitlines()[-count:]
