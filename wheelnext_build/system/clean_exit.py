"""The end of a hook that fails: a message and a status, and no traceback."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..errors import WheelnextBuildError, printable
from . import faults, source_date, streams
from .announce import ERROR
from .exit_status import INTERRUPTED
from .signals import ending_when_asked


@contextlib.contextmanager
def clean_exit() -> Iterator[None]:
    """Print our own errors, without a traceback, as the last thing that the frontend shows.

    SIGTERM ends the block as Ctrl-C does: compilers end and temporary files are removed.
    """
    streams.prepare()
    try:
        source_date.epoch()  # before anything is built with it
        with ending_when_asked():
            yield
    except WheelnextBuildError as error:
        _say(str(error))
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError:  # the frontend is gone
        os._exit(1)
    except OSError as error:
        text = faults.message(error, (Path(tempfile.gettempdir()), Path()))
        if error.filename is None and streams.finish():
            text = f"standard output: {error.strerror}"
        _say(printable(text))
        raise SystemExit(WheelnextBuildError.exit_code) from None
    except MemoryError:
        _say("out of memory")
        raise SystemExit(WheelnextBuildError.exit_code) from None


def _say(error: str) -> None:
    streams.finish()
    print(f"\n{ERROR}{error}", file=sys.stderr, flush=True)
