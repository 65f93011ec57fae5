"""Workers for the build trees of a request: one after the other, or all from one pool of jobs."""

from __future__ import annotations

import contextlib
import os
import pickle
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from . import processgroup, worker
from .announce import PREFIX, labelled
from .auditconfig import AuditConfig
from .buildenv import BuildEnvironment
from .errors import WheelnextBuildError
from .jobs import keeps_going
from .jobserver import JobServer, slots
from .passes import Outcome
from .worker import Work

_NEWS = re.compile(re.escape(PREFIX) + r"\(\d+/\d+\) (\S+): (building|failed|done)")


@dataclass
class Crew:
    """Runs one worker process for each tree; ``scratch`` is a folder for temporary files."""

    scratch: Path
    environment: BuildEnvironment | None
    audit: AuditConfig
    _running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    _ready: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopped: bool = False

    @contextlib.contextmanager
    def ready(self, count: int, tree: Path) -> Iterator[None]:
        """Have so many workers for :meth:`at_once` loaded while the block builds ``tree``.

        Python and scikit-build-core then load while a core has nothing to do, as at the start of a
        build, and not when all compilers wait.
        """
        self._ready += [self._start(tree, piped=True) for _ in range(count)]
        try:
            yield
        finally:
            for process in self._ready:  # with no work they end
                with process:
                    pass
            self._ready.clear()

    def one_by_one(self, works: Sequence[Work]) -> list[Outcome]:
        """Go through the trees in order; output goes where this process's does."""
        outcomes: list[Outcome] = []
        try:
            for work in works:
                outcomes += self._outcomes(work, self._run(work, dict(os.environ), None))
                if self.gives_up(outcomes):
                    break
        except BaseException:
            self._stop()
            raise
        return outcomes

    def at_once(self, works: Sequence[Work]) -> list[Outcome]:
        """Go through all trees at once, with never more compilers running than there are slots.

        Each line of output carries the label of its wheel; the whole output of one that failed
        comes once more, on its own.
        """
        clients = min(slots(), len(works))
        server = JobServer(self.scratch, slots(), clients)
        waiting = len(works)

        def run(work: Work) -> list[Outcome]:
            nonlocal waiting
            relay = _Relay(self._lock)
            with self._lock:
                waiting -= 1
            if self._stopped:
                return []
            try:
                found = self._outcomes(
                    work, self._run(work, server.joined(os.environ), relay.follow)
                )
            except BaseException:
                self._stop()  # the others must not go on until this is asked for
                raise
            relay.show_failures()
            if self.gives_up(found):
                self._stop()
            with self._lock:
                if waiting == 0:  # no other begins in its place
                    server.release()
            return found

        try:
            with ThreadPoolExecutor(clients) as pool:
                futures = [pool.submit(run, work) for work in works]
                try:
                    return [outcome for future in futures for outcome in future.result()]
                except BaseException:
                    self._stop()
                    raise
        finally:
            server.close()

    def _run(
        self, work: Work, environment: dict[str, str], follow: Callable[[IO[bytes]], None] | None
    ) -> int:
        work.result.unlink(missing_ok=True)
        if self.environment is not None:
            environment = self.environment.variables(environment)
        process = self._begin(work.tree.folder, piped=follow is not None)
        try:
            with process:
                # Its input stays open: by the end of that, it tells that this process is gone.
                _tell(process, (environment, work))
                if follow and process.stdout is not None:
                    follow(process.stdout)
                return process.wait()
        finally:
            with self._lock:
                self._running.discard(process)

    def _begin(self, tree: Path, *, piped: bool) -> subprocess.Popen[bytes]:
        """A worker that waits for its work; one that was made ready where there is one."""
        with self._lock:
            process = self._ready.pop() if piped and self._ready else self._start(tree, piped=piped)
            self._running.add(process)
        return process

    def _start(self, tree: Path, *, piped: bool) -> subprocess.Popen[bytes]:
        python, search_path = sys.executable, list(sys.path)
        environment = dict(os.environ)
        if self.environment is not None:
            environment = self.environment.variables(environment)
            python = self.environment.renamed(python)
            search_path = [self.environment.renamed(entry) for entry in search_path]
        sys.stdout.flush()
        process = subprocess.Popen(
            worker.command(python, search_path),
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if piped else None,
            stderr=subprocess.STDOUT if piped else None,
            # Ctrl-C is for this process, which ends the workers.
            start_new_session=True,
        )
        _tell(process, (self.audit, tree))
        return process

    def _outcomes(self, work: Work, status: int) -> list[Outcome]:
        result = worker.read_result(work.result)
        if isinstance(result, WheelnextBuildError):
            raise result
        if result is not None:
            return result
        if self._stopped:
            return []
        first = work.jobs[0]
        reason = f"{first.job.title}: the build ended without a word (status {status}), see above"
        return [Outcome(first.number, error=reason)]

    @staticmethod
    def gives_up(outcomes: Sequence[Outcome]) -> bool:
        """Whether these outcomes end the request."""
        return any(outcome.error for outcome in outcomes) and not keeps_going()

    def _stop(self) -> None:
        """End all workers and what they have started."""
        self._stopped = True
        with self._lock:
            running = list(self._running)
        for process in running:
            processgroup.end(process)


def _tell(process: subprocess.Popen[bytes], message: object) -> None:
    """Send a worker something to read; that one has ended shows by its result."""
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(pickle.dumps(message))
            process.stdin.flush()


@dataclass
class _Relay:
    """Passes on a worker's output with the label of the wheel on each line."""

    lock: threading.Lock
    title: str = ""
    log: list[str] = field(default_factory=list)
    failures: list[tuple[str, list[str]]] = field(default_factory=list)

    def follow(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._line(line.decode(errors="replace").rstrip("\n"))

    def _line(self, line: str) -> None:
        news = _NEWS.match(line)
        if news and news[2] == "building":
            self.title, self.log = news[1], []
        if news and news[2] == "failed":
            self.failures.append((line, self.log))
        with self.lock:
            if news is None:
                self.log.append(line)
                print(labelled(self.title, line), flush=True)
            elif news[2] != "failed":
                print(line, flush=True)

    def show_failures(self) -> None:
        """Print the whole output of each wheel that failed."""
        for news, log in self.failures:
            with self.lock:
                print(news, *log, "", sep="\n", flush=True)
