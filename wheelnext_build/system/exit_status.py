"""The end of a process that gets Ctrl-C while it imports modules; so nothing is imported here."""

from __future__ import annotations

INTERRUPTED = 130
"""Exit status of a process that Ctrl-C ended, by the convention of shells."""


class Loading:
    """Context of imports; Ctrl-C in it ends the process without a traceback."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_further: object) -> None:
        if kind is KeyboardInterrupt:
            raise SystemExit(INTERRUPTED) from None
