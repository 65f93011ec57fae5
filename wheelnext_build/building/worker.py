"""The process that goes through build trees: what it is given, and what it gives back.

It is one of its own so that several trees can be built at once, that scikit-build-core sees the
isolated environment under its lasting name, and that all of it can be ended. It can be given a
further tree after the first: loading Python and what it needs takes as long as a short compilation.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..config.audit_settings import AuditConfig
from ..errors import BuildError, WheelnextBuildError
from ..system import faults
from ..system.exit_status import INTERRUPTED
from . import self_check
from .passes import Numbered, Outcome, Passes
from .trees.tree import Tree


@dataclass(frozen=True)
class Work:
    """The jobs of one tree.

    ``scratch`` is the folder for temporary files, which whoever started the worker removes, and
    ``result`` the file in it that the outcomes are written to.
    """

    passes: Passes
    tree: Tree
    jobs: tuple[Numbered, ...]
    scratch: Path

    @property
    def result(self) -> Path:
        return self.scratch / f"{self.tree.folder.name}.outcomes"


@dataclass(frozen=True)
class Order:
    """Work for a worker, and the environment variables for it.

    When it is done, a worker prints the line ``end_mark``; without one, it ends instead.
    """

    work: Work
    environment: dict[str, str]
    end_mark: str = ""


def command(python: str, search_path: list[str]) -> list[str]:
    """The command of a worker.

    From standard input it reads the audit's settings and a tree, whose compilation is when it loads
    what the audit needs; then its orders. At the end of the input it ends.
    """
    start = f"import sys; sys.path[:] = {search_path!r}; from {__name__} import main; main()"
    return [python, "-c", start]


def main() -> None:
    """Do the work that standard input describes; ends the process."""
    stream = _take_over_input()
    audit: tuple[AuditConfig, Path] = pickle.load(stream)  # noqa: S301 - our own parent wrote it
    threading.Thread(target=self_check.load, args=audit, daemon=True).start()
    inbox = _Inbox(stream)
    threading.Thread(target=inbox.run, daemon=True).start()
    while (order := inbox.next()) is not None:
        _do(order)
        inbox.is_busy = False
        if not order.end_mark:
            break
        sys.stderr.flush()
        print(order.end_mark, flush=True)
    sys.exit(0)


def _do(order: Order) -> None:
    work = order.work
    os.environ.clear()
    os.environ.update(order.environment)
    # Not by TMPDIR: a compiler cache's server that starts now would have it and outlive the folder.
    tempfile.tempdir = str(work.scratch)
    result: list[Outcome] | WheelnextBuildError
    try:
        result = work.passes.run(work.jobs, work.tree)
    except WheelnextBuildError as error:
        result = error
    except BrokenPipeError:  # whoever reads our output is gone
        os._exit(1)
    except OSError as error:
        result = BuildError(faults.message(error, (work.scratch,)))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    with work.result.open("r+b") as stream:  # see reserve
        stream.write(pickle.dumps(result))
        stream.truncate()


class _Inbox:
    """The orders that come by standard input, read in a thread of their own.

    The end of the input says that the parent has no more, or is gone. In the midst of an order it
    can only be gone: then this process ends, with all that was started here.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.is_busy = False
        self._stream = stream
        self._orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()

    def run(self) -> None:
        with contextlib.suppress(EOFError):
            while True:
                order: Order = pickle.load(self._stream)  # noqa: S301
                self.is_busy = True
                self._orders.put(order)
        if self.is_busy:
            if hasattr(os, "killpg"):
                os.killpg(os.getpgrp(), signal.SIGTERM)
            os._exit(INTERRUPTED)
        self._orders.put(None)

    def next(self) -> Order | None:
        """Wait for an order; None where no more come."""
        return self._orders.get()


def _take_over_input() -> IO[bytes]:
    """Standard input for this process alone: compilers shall find none, not wait for some."""
    stream = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return stream


_ENOUGH = 1 << 14
"""Bytes for the outcomes of a tree."""


def reserve(path: Path) -> None:
    """Take the room that a worker's result needs: it must be told of a full disk, too."""
    path.write_bytes(bytes(_ENOUGH))


def read_result(path: Path) -> list[Outcome] | WheelnextBuildError | None:
    """What a worker gave back; None where it ended before it could."""
    try:
        result: list[Outcome] | WheelnextBuildError = pickle.loads(path.read_bytes())  # noqa: S301
    except (OSError, EOFError, pickle.UnpicklingError):
        return None
    return result
