"""The end of a process that was asked for: temporary files go, and no signal is lost."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator

_ASKING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]

_held = 0
_waiting: list[BaseException] = []
"""What came while :class:`held_back` blocks ran, ``_held`` of them within each other."""

_is_ending = False
"""Whether this process was asked to end already."""


class AskedToEnd(SystemExit):
    """The end of a process that a signal asked for; ``reason`` is the signal's name."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.reason = signal.Signals(number).name


class held_back:  # noqa: N801 - it is called as a function is
    """What asks this process to end waits until the block is over, which must be short.

    For what is made and must be known to whoever removes it, and for the removal. It holds where
    :func:`ending_when_asked` heeds the signals.
    """

    def __enter__(self) -> None:
        global _held  # noqa: PLW0603 - signals are the process's
        if threading.current_thread() is threading.main_thread():
            _held += 1

    def __exit__(self, *_: object) -> None:
        global _held  # noqa: PLW0603
        if threading.current_thread() is threading.main_thread():
            _held -= 1
            if not _held and _waiting:
                error = _waiting[0]
                _waiting.clear()
                raise error


@contextlib.contextmanager
def cleaned_up(
    clean: Callable[..., object], *arguments: object, **options: object
) -> Iterator[None]:
    """Clean up when the block is over, to the end, whatever asks this process to end meanwhile."""
    try:
        yield
    finally:
        try:
            with held_back():
                clean(*arguments, **options)
        except (KeyboardInterrupt, SystemExit):  # it came before it was held back, or waited
            with held_back():
                clean(*arguments, **options)
            raise


def _stop(number: int, _frame: object) -> None:
    global _is_ending  # noqa: PLW0603
    if _is_ending and number != signal.SIGINT:
        return  # whoever started this process had Ctrl-C, too, and asks once more
    _is_ending = True
    if number != signal.SIGINT and hasattr(os, "getsid") and os.getsid(0) == os.getpid():
        os.killpg(0, number)  # the compilers of a plain build; a terminal sends Ctrl-C to all
    error = KeyboardInterrupt() if number == signal.SIGINT else AskedToEnd(number)
    if not _held:
        raise error
    _waiting.append(error)


@contextlib.contextmanager
def ending_when_asked() -> Iterator[None]:
    """Let SIGTERM, and a terminal that is closed, end the block as Ctrl-C does: nothing is left.

    What is ignored stays so: nohup(1) has a process ignore SIGHUP.
    """
    global _is_ending  # noqa: PLW0603
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if signal.getsignal(signal.SIGTERM) is not _stop:
        _is_ending = False
    heeded = [number for number in _ASKING if signal.getsignal(number) != signal.SIG_IGN]
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        heeded.append(signal.SIGINT)
    before = [(number, signal.signal(number, _stop)) for number in heeded]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
