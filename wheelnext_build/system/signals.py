"""SIGTERM and SIGHUP, handled like Ctrl-C: temporary files are removed before the end."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator

_ASKING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]

_held = 0
_waiting: list[BaseException] = []
"""Number of active :func:`held_back` blocks, and the errors to raise at their end."""

_is_ending = False
"""Whether a signal has asked this process to end."""


class AskedToEnd(SystemExit):
    """Raised by a signal that asks the process to end; ``reason`` is the signal's name."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.reason = signal.Signals(number).name


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Delay signals that ask this process to end until the end of the block.

    The block must be short, and inside :func:`ending_when_asked`. A signal mask is not enough: the
    system would deliver the signal to another thread, and Python would raise it in the main one.
    """
    global _held  # noqa: PLW0603 - signals belong to the process
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _held += 1
    try:
        yield
    finally:
        _held -= 1
        if not _held and _waiting:
            error = _waiting[0]
            _waiting.clear()
            raise error


def _stop(number: int, _frame: object) -> None:
    global _is_ending  # noqa: PLW0603
    if _is_ending and number != signal.SIGINT:
        return  # a frontend that gets Ctrl-C, too, sends another signal
    _is_ending = True
    if number != signal.SIGINT and hasattr(os, "getsid") and os.getsid(0) == os.getpid():
        os.killpg(0, number)  # ends compilers; a terminal sends Ctrl-C to all
    error = KeyboardInterrupt() if number == signal.SIGINT else AskedToEnd(number)
    if not _held:
        raise error
    _waiting.append(error)


@contextlib.contextmanager
def ending_when_asked() -> Iterator[None]:
    """Handle SIGTERM, SIGHUP and Ctrl-C in the block by an exception, so that it cleans up.

    A closed terminal sends SIGHUP. A signal that the process ignores stays ignored, as nohup(1)
    needs it.
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
