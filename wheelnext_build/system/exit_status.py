"""How a process ends that Ctrl-C meets while it loads the rest; so nothing is imported here."""

from __future__ import annotations

INTERRUPTED = 130
"""The status of a process that Ctrl-C ended, as shells have it."""


class Loading:
    """A block of imports, in which Ctrl-C ends the process without a traceback."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_further: object) -> None:
        if kind is KeyboardInterrupt:
            raise SystemExit(INTERRUPTED) from None
