"""The process that goes through one build tree: what it is given, and what it gives back.

It is one of its own so that several trees can be built at once, that scikit-build-core sees the
isolated environment under its lasting name, and that all of it can be ended.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from . import selfcheck
from .auditconfig import AuditConfig
from .errors import INTERRUPTED, WheelnextBuildError
from .passes import Numbered, Outcome, Passes
from .tree import Tree


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


def command(python: str, search_path: list[str]) -> list[str]:
    """The command of a worker.

    From standard input it reads the audit's settings and a tree, whose compilation is when it loads
    what the audit needs; then its environment and its :class:`Work`. Without work it ends.
    """
    start = f"import sys; sys.path[:] = {search_path!r}; from {__name__} import main; main()"
    return [python, "-c", start]


def main() -> None:
    """Do the work that standard input describes; ends the process."""
    stream = _take_over_input()
    audit: tuple[AuditConfig, Path] = pickle.load(stream)  # noqa: S301 - our own parent wrote it
    threading.Thread(target=selfcheck.load, args=audit, daemon=True).start()
    try:
        message: tuple[dict[str, str], Work] = pickle.load(stream)  # noqa: S301
    except EOFError:
        sys.exit(0)
    environment, work = message
    os.environ.clear()
    os.environ.update(environment)
    threading.Thread(target=_end_with_parent, args=(stream,), daemon=True).start()
    # Not by TMPDIR: a compiler cache's server that starts now would have it and outlive the folder.
    tempfile.tempdir = str(work.scratch)
    result: list[Outcome] | WheelnextBuildError
    try:
        result = work.passes.run(work.jobs, work.tree)
    except WheelnextBuildError as error:
        result = error
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # whoever reads our output is gone
        os._exit(1)
    work.result.write_bytes(pickle.dumps(result))
    sys.exit(0)


def _take_over_input() -> IO[bytes]:
    """Standard input for this process alone: compilers shall find none, not wait for some."""
    stream = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return stream


def _end_with_parent(stream: IO[bytes]) -> None:
    """End, with all that was started here, when the parent and its end of the pipe are gone."""
    stream.read()
    if hasattr(os, "killpg"):
        os.killpg(os.getpgrp(), signal.SIGTERM)
    os._exit(INTERRUPTED)


def read_result(path: Path) -> list[Outcome] | WheelnextBuildError | None:
    """What a worker gave back; None where it ended before it could."""
    try:
        result: list[Outcome] | WheelnextBuildError = pickle.loads(path.read_bytes())  # noqa: S301
    except (OSError, EOFError, pickle.UnpicklingError):
        return None
    return result
