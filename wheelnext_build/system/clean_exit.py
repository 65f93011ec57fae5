"""The end of a failed hook: a message and an exit status, no traceback."""

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
    """Turn errors in the block into a message and an exit status, without a traceback.

    The message is the last output, so that frontends show it. SIGTERM is handled like Ctrl-C:
    compilers end and temporary files are removed.
    """
    streams.prepare()
    try:
        source_date.epoch()  # report a wrong value before the build starts
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
