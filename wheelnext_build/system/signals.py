"""The end of a process that was asked for: temporary files go, and no signal is lost."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
from collections.abc import Callable, Collection, Iterator

_ASKING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]

_MOMENT = 0.05
"""Seconds in which the main thread, if it is awake, has heeded a signal."""

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
    is_first = signal.getsignal(signal.SIGTERM) is not _stop
    if is_first:
        _is_ending = False
    heeded = [number for number in _ASKING if signal.getsignal(number) != signal.SIG_IGN]
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        heeded.append(signal.SIGINT)
    before = [(number, signal.signal(number, _stop)) for number in heeded]
    try:
        with _none_slept_through(heeded) if is_first else contextlib.nullcontext():
            yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


@contextlib.contextmanager
def _none_slept_through(heeded: Collection[int]) -> Iterator[None]:
    """Wake the main thread where one of these signals has come and its handler has not run.

    Handlers run in the main thread alone (CPython, "Signals and threads"). But the kernel gives a
    signal to another thread where the main one has it blocked, as it has for a moment whenever it
    starts a process, and none is interrupted that falls asleep just then.
    """
    if not hasattr(signal, "pthread_kill"):
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    thread = _deaf_thread(_wake, threading.get_ident(), reader, heeded)
    try:
        yield
    finally:
        with held_back():
            signal.set_wakeup_fd(before)
            os.close(writer)
            thread.join()
            os.close(reader)


def _wake(main: int, reader: int, heeded: Collection[int]) -> None:
    """Wake a thread until it has heeded what comes from ``reader``, up to the end of that."""
    has_come = False
    while True:
        sleeps = has_come and not _is_ending
        ready, _, _ = select.select([reader], [], [], _MOMENT if sleeps else None)
        if not ready:
            # Not by what came: the main thread heeds that first, and this no more then.
            signal.pthread_kill(main, signal.SIGTERM)
            continue
        numbers = os.read(reader, select.PIPE_BUF)
        if not numbers:
            return
        has_come = has_come or any(number in heeded for number in numbers)


def _deaf_thread(target: Callable[..., None], *arguments: object) -> threading.Thread:
    """Start a thread that the kernel gives no signal to."""
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    if not hasattr(signal, "pthread_sigmask"):
        thread.start()
        return thread
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return thread


@contextlib.contextmanager
def ending_with_parent() -> Iterator[None]:
    """End this process by SIGTERM where the one that started it is gone before the block is over.

    A frontend that is killed cannot tell its hook. Linux 5.3 and newer say it; elsewhere, and where
    the parent is the first process of a container, nothing is watched. One that was gone before
    this process came here is known wherever there are sessions.
    """
    parent = os.getppid()
    if _has_adopted_us(parent):
        os.kill(os.getpid(), signal.SIGTERM)
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

    thread = _deaf_thread(watch)
    try:
        yield
    finally:
        os.close(writer)
        thread.join()
        os.close(reader)
        os.close(watched)


def _has_adopted_us(parent: int) -> bool:
    """Whether our parent did not start this process, but has it since the one that did has ended.

    Orphans go to the first process, or to one that asks for them (PR_SET_CHILD_SUBREAPER, see
    prctl(2)). A process is in the session of the one that starts it, unless it begins its own
    (setsid(2)): a parent in another session is not that one; one in the same is believed to be it.
    """
    if not hasattr(os, "getsid"):
        return False
    try:
        return os.getsid(0) not in (os.getpid(), os.getsid(parent))
    except OSError as error:
        return isinstance(error, ProcessLookupError)
