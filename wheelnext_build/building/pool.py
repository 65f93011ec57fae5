"""Start worker processes, read their output, and end them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Self

from ..errors import WheelnextBuildError
from ..system.processes import replaced_environment
from . import worker
from .environment.isolation import BuildEnvironment
from .wheel_pass import Pass
from .worker import Outcome, Task

_HOOK = "scikit_build_core.build.wheel"
"""The module with the work of scikit-build-core's hooks, which they import when they are called."""

_PACKING = "wheels.fast_writer"
_AUDIT = ("audit.wheels", "audit.comparison", "audit.code.x86_survey")
"""Modules of this package that workers import when they use them."""

_BLOCK = 1 << 16

_LONGEST = 64
"""Limit in bytes for a folder's path. A socket's path may have 104 to 108, and multiprocessing
appends up to 40."""


@dataclass
class WorkerPool:
    """Starts worker processes; if its block ends with an exception, it ends them all.

    Workers are forked from a server process that has loaded this package, scikit-build-core and, if
    ``audits``, the modules of the audit. On Windows, which has no fork, each worker loads them.
    """

    scratch: Path
    environment: BuildEnvironment | None
    audits: bool
    stopped: bool = False
    _running: set[BaseProcess] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        if sys.platform != "win32":
            from multiprocessing import forkserver, resource_tracker

            forkserver.set_forkserver_preload(self._modules())
            with (
                self._starting(),
                _short_temporary_folder(),
                replaced_environment(self._server_environment()),
            ):
                resource_tracker.ensure_running()
                forkserver.ensure_running()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_exception: object) -> None:
        if kind is not None:
            self.stop()
        if sys.platform != "win32":
            # Otherwise this process would keep the server, with modules of a removed environment.
            from multiprocessing import forkserver

            forkserver._forkserver._stop()  # type: ignore[attr-defined]  # noqa: SLF001

    def stop(self) -> None:
        """End all workers and the processes that they started; start no more."""
        with self._lock:
            self.stopped = True
            for process in self._running:
                _end(process)

    def run(
        self, wheel_pass: Pass, environment: Mapping[str, str], show: Callable[[str], None]
    ) -> Outcome | None:
        """Have a worker make a wheel, and call ``show`` with each line that it prints.

        Returns None if the pool was stopped. Raises an error that ends the whole request.
        """
        task = Task(wheel_pass, environment, tuple(self._search_path()), self.scratch)
        context = _context()
        output, output_end = context.Pipe(duplex=False)
        result, result_end = context.Pipe(duplex=False)
        process = context.Process(target=worker.run, args=(task, output_end, result_end))
        with output, result:
            with output_end, result_end, self._lock:
                if self.stopped:
                    return None
                with self._starting():
                    process.start()
                self._running.add(process)
            try:
                answer = _answer(output, result, show)
                process.join()
            except BaseException:
                _end(process)
                raise
            finally:
                with self._lock:
                    self._running.discard(process)
        if isinstance(answer, WheelnextBuildError):
            raise answer
        if answer is None and not self.stopped:
            job = wheel_pass.job
            reason = f"{job.title}: the worker died (status {process.exitcode}), see above"
            return Outcome(job.number, job.title, error=reason)
        return answer

    def renamed(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return variables with the link in place of the isolated environment's folder."""
        if self.environment is None:
            return dict(environment)
        return self.environment.variables(environment)

    def _search_path(self) -> list[str]:
        if self.environment is None:
            return list(sys.path)
        return [self.environment.renamed(entry) for entry in sys.path]

    def _modules(self) -> list[str]:
        package = __name__.split(".")[0]
        late = [_PACKING, *(_AUDIT if self.audits else ())]
        return [worker.__name__, _HOOK, *(f"{package}.{name}" for name in late)]

    def _server_environment(self) -> dict[str, str]:
        # Python 3.11 gives the server no search path. It must import nothing from the project.
        path = os.pathsep.join(entry for entry in self._search_path() if entry)
        return self.renamed({**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"})

    @contextlib.contextmanager
    def _starting(self) -> Iterator[None]:
        """Start processes with paths below the environment's link, and without this main module.

        multiprocessing would run the main module, which is the frontend's, again in each worker.
        Ctrl-C is blocked: it would make a server that loads modules print a traceback.
        """
        main, python = sys.modules["__main__"], sys.executable
        sys.modules["__main__"] = ModuleType("__main__")
        if self.environment is not None:
            multiprocessing.set_executable(self.environment.renamed(python))
        mask = _block_interrupts()
        try:
            yield
        finally:
            if mask is not None:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            multiprocessing.set_executable(python)
            sys.modules["__main__"] = main


@contextlib.contextmanager
def _short_temporary_folder() -> Iterator[None]:
    """Put temporary files in /tmp if the path of the usual folder is too long for a socket."""
    before = tempfile.tempdir
    if len(os.fsencode(tempfile.gettempdir())) > _LONGEST:
        tempfile.tempdir = "/tmp"  # noqa: S108 - multiprocessing makes a folder of its own there
    try:
        yield
    finally:
        tempfile.tempdir = before


def _context() -> SpawnContext | ForkServerContext:
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    return multiprocessing.get_context("forkserver")


def _block_interrupts() -> set[signal.Signals] | None:
    if sys.platform == "win32":
        return None
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    return {signal.Signals(number) for number in mask}


def _answer(
    output: Connection, result: Connection, show: Callable[[str], None]
) -> Outcome | WheelnextBuildError | None:
    """Show lines until the worker sends its result; return the result, or None if it dies first.

    This does not wait for the end of the output: a compiler cache's server keeps it open.
    """
    rest = b""
    sources = [output, result]
    while True:
        ready = wait(sources)
        if output in ready:
            data = _read(output)
            if not data:
                sources.remove(output)
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                show(line.decode(errors="replace"))
            continue
        if rest:
            show(rest.decode(errors="replace"))
        try:
            answer: Outcome | WheelnextBuildError = result.recv()
        except EOFError:
            return None
        return answer


def _read(output: Connection) -> bytes:
    """Return the bytes that processes have written to the pipe; empty at its end."""
    try:
        if sys.platform == "win32":
            return output.recv_bytes()
        return os.read(output.fileno(), _BLOCK)
    except EOFError:
        return b""


def _end(process: BaseProcess) -> None:
    """Ask a worker and its compilers to end."""
    if sys.platform != "win32" and process.pid is not None:
        with contextlib.suppress(ProcessLookupError):  # it has not begun, or has ended
            os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(OSError, ValueError):
        process.terminate()
