"""The end of a process that was asked for: temporary files go, and what was started ends."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
from collections.abc import Iterator

from . import processgroup

_ASKING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class AskedToEnd(SystemExit):
    """The end of a process that a signal asked for; ``reason`` is the signal's name."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.reason = signal.Signals(number).name


@contextlib.contextmanager
def ending_when_asked() -> Iterator[None]:
    """Let SIGTERM, and a terminal that is closed, end the block as Ctrl-C does: nothing is left.

    What is ignored stays so: nohup(1) has a process ignore SIGHUP.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _frame: object) -> None:
        raise AskedToEnd(number)

    heeded = [number for number in _ASKING if signal.getsignal(number) != signal.SIG_IGN]
    before = [(number, signal.signal(number, stop)) for number in heeded]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


@contextlib.contextmanager
def ending_what_was_started() -> Iterator[None]:
    """Where the block is interrupted, end what libraries have started in it."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        processgroup.end_descendants()
        raise


@contextlib.contextmanager
def ending_with_parent() -> Iterator[None]:
    """End this process by SIGTERM where the one that started it is gone before the block is over.

    A frontend that is killed cannot tell its hook. Linux 5.3 and newer say it; elsewhere, and where
    the parent is the first process of a container, nothing is watched.
    """
    parent = os.getppid()
    try:
        if parent <= 1 or not hasattr(os, "pidfd_open"):
            raise OSError
        watched = os.pidfd_open(parent)
    except OSError:
        yield
        return
    reader, writer = os.pipe()

    def watch() -> None:
        ready, _, _ = select.select([watched, reader], [], [])
        if reader not in ready:
            os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        os.close(writer)
        thread.join()
        os.close(reader)
        os.close(watched)
