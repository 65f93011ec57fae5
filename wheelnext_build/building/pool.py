"""Workers for the build trees of a request: one after the other, or all from one pool of jobs."""

from __future__ import annotations

import contextlib
import os
import pickle
import re
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

from ..config.audit_settings import AuditConfig
from ..config.hook_settings import keeps_going
from ..errors import WheelnextBuildError
from ..system import processes
from ..system.announce import PREFIX, labelled, say
from . import worker
from .environment import BuildEnvironment
from .jobserver import JobServer, slots
from .passes import Outcome
from .worker import Order, Work

_NEWS = re.compile(re.escape(PREFIX) + r"\(\d+/\d+\) (\S+): (building|failed|done)")


@dataclass
class Crew:
    """Has workers go through trees; ``scratch`` is a folder for temporary files.

    Workers whose output comes by a pipe stay for further trees, until the crew's block is over.
    """

    scratch: Path
    environment: BuildEnvironment | None
    audit: AuditConfig
    _running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    _idle: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopped: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_exception: object) -> None:
        if kind is not None:
            for process in self._idle:  # which may be loading what it does not let go of
                processes.end(process)
        for process in self._idle:
            _close(process)
        self._idle.clear()

    def load(self, count: int, tree: Path) -> None:
        """Have so many workers, loaded while ``tree`` is built.

        Python and scikit-build-core then load while a core has nothing to do, as at the start of a
        build, and not when all compilers wait.
        """
        for _ in range(count):
            self._idle.append(self._start(tree, piped=True))

    def first(self, work: Work) -> list[Outcome]:
        """Go through a tree with one of those workers; its output goes on as it is."""
        try:
            return self._outcomes(work, self._run(work, dict(os.environ), _pass_on))
        except BaseException:
            self._stop()
            raise

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
            relay = _Relay()
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
        self,
        work: Work,
        environment: dict[str, str],
        follow: Callable[[Iterable[str]], None] | None,
    ) -> int | None:
        """Have a worker do it; returns the status it ended with, or None where it stays."""
        worker.reserve(work.result)
        if self.environment is not None:
            environment = self.environment.variables(environment)
        # What it imports from a folder of a variant's own, it would have for the next one, too.
        is_shared = all(numbered.job.overlay is None for numbered in work.jobs)
        process = self._begin(work.tree.folder, piped=follow is not None, fresh=not is_shared)
        stays = False
        try:
            if follow is None or process.stdout is None:
                _tell(process, Order(work, environment))
                # Its input stays open: by the end of that, it tells that this process is gone.
                return processes.wait(process)
            lines = _Lines(process.stdout, f"{PREFIX}{secrets.token_hex(8)}")
            _tell(process, Order(work, environment, lines.end_mark if is_shared else ""))
            follow(lines)
            stays = lines.is_marked
            return None if stays else processes.wait(process)
        except BaseException:
            # It sees the end of its input only when what it is loading lets it.
            processes.end(process)
            raise
        finally:
            with self._lock:
                self._running.discard(process)
                if stays:
                    self._idle.append(process)
            if not stays:
                _close(process)

    def _begin(self, tree: Path, *, piped: bool, fresh: bool) -> subprocess.Popen[bytes]:
        """A worker that waits for its work; one that stayed where there is one and it will do."""
        with self._lock:
            stayed = piped and not fresh and self._idle
            process = self._idle.pop() if stayed else self._start(tree, piped=piped)
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

    def _outcomes(self, work: Work, status: int | None) -> list[Outcome]:
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
            processes.end(process)


def _close(process: subprocess.Popen[bytes]) -> None:
    """Wait for a worker's end; it ends, in the midst of work too, where its input does."""
    with process:
        pass


def _tell(process: subprocess.Popen[bytes], message: object) -> None:
    """Send a worker something to read; that one has ended shows by its result."""
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(pickle.dumps(message))
            process.stdin.flush()


@dataclass
class _Lines:
    """The lines that a worker prints about one order: up to the mark that ends them."""

    stream: IO[bytes]
    end_mark: str
    is_marked: bool = False

    def __iter__(self) -> Iterator[str]:
        for raw in self.stream:
            line = raw.decode(errors="replace").rstrip("\n")
            if line.endswith(self.end_mark):  # after what may lack a line end of its own
                self.is_marked = True
                if rest := line.removesuffix(self.end_mark):
                    yield rest
                return
            yield line


def _pass_on(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)


@dataclass
class _Relay:
    """Passes on a worker's output with the label of the wheel on each line."""

    title: str = ""
    log: list[str] = field(default_factory=list)
    failures: list[tuple[str, list[str]]] = field(default_factory=list)

    def follow(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._line(line)

    def _line(self, line: str) -> None:
        news = _NEWS.match(line)
        if news and news[2] == "building":
            self.title, self.log = news[1], []
        if news and news[2] == "failed":
            self.failures.append((line, self.log))
        if news is None:
            self.log.append(line)
            say(labelled(self.title, line))
        elif news[2] != "failed":
            say(line)

    def show_failures(self) -> None:
        """Print the whole output of each wheel that failed."""
        for news, log in self.failures:
            say("\n".join([news, *log, ""]))
