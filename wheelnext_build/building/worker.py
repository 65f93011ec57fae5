"""The process that makes one wheel, forked from a process that has loaded the modules for it.

A separate process per wheel has three uses: several wheels can be built at once, scikit-build-core
sees the isolated environment under a constant path, and all compilers can be ended.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from ..errors import BuildError, WheelnextBuildError
from ..system import streams
from .wheel_pass import Pass, StagedWheel


@dataclass(frozen=True)
class Task:
    """A pass, with the variables and the module search path of the process that makes it.

    ``scratch`` is the folder for temporary files, which the parent removes.
    """

    wheel_pass: Pass
    environment: Mapping[str, str]
    search_path: tuple[str, ...]
    scratch: Path


@dataclass(frozen=True)
class Outcome:
    """The result of a job: a wheel, or the error message."""

    number: int
    title: str
    wheel: StagedWheel | None = None
    error: str = ""


def run(task: Task, output: Connection, result: Connection) -> None:
    """Make the wheel; print to ``output`` and send an Outcome to ``result``.

    An error that ends the whole request is sent as the exception.
    """
    _begin(output)
    os.environ.clear()
    os.environ.update(task.environment)
    sys.path[:] = task.search_path
    # TMPDIR stays: the server of a compiler cache that starts now would outlive the folder.
    tempfile.tempdir = str(task.scratch)
    job = task.wheel_pass.job
    answer: Outcome | WheelnextBuildError
    try:
        answer = Outcome(job.number, job.title, task.wheel_pass.run())
        sys.stdout.flush()
    except BrokenPipeError:  # the parent is gone
        _end_group()
        os._exit(1)
    except (BuildError, OSError, MemoryError) as error:
        answer = Outcome(job.number, job.title, error=task.wheel_pass.reason(error))
    except WheelnextBuildError as error:
        answer = error
    streams.finish()
    sys.stderr.flush()
    result.send(answer)


def _begin(output: Connection) -> None:
    """Make this process the leader of a session, without input and with output to the pipe."""
    if sys.platform == "win32":
        import msvcrt

        descriptor = msvcrt.open_osfhandle(output.fileno(), os.O_WRONLY)
    else:
        os.setsid()  # Ctrl-C is for the parent, which ends this process
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        descriptor = output.fileno()
    for number in (1, 2):
        os.dup2(descriptor, number)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    streams.prepare()


def _end_group() -> None:
    """End the compilers of this process."""
    if sys.platform != "win32":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)
