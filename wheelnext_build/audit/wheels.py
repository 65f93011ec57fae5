"""Audit wheels: read their binaries in several worker processes, and judge them.

A malicious file that crashes or hangs its reader ends a worker, not the audit.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import multiprocessing
import re
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path

from packaging.utils import canonicalize_name

from ..errors import WheelError
from ..system import processes
from ..variants.allowance import Allowance
from ..wheels.description import check_record, variant_of
from ..wheels.reader import METADATA_LIMIT, Member, WheelReader
from . import files
from .judge import judge
from .promise import Promise, promise_of
from .verdict import Found, Verdict

_BOMB_RATIO, _BOMB_SIZE = 300, 1 << 26
"""A member that is larger than the second and was compressed by more than the first is not a
binary."""

_SMALL = 16 << 20
"""This many bytes of binaries are read in less time than a worker process takes to start."""

_NAME = re.compile(r"[A-Za-z0-9._-]+")
"""The start of a requirement; in other people's wheels the rest of it may not be valid."""

_MEMORY = 6 << 30
_SECONDS, _MORE_SECONDS, _MOST_SECONDS = 60, 10, 900
"""Limits of a worker for one file: address space in bytes; time in seconds, more time for each MiB,
and the most in total. One MiB of code takes less than a second on one core of 2020."""

_MOST_CRASHES = 10
"""If this many files of a wheel ended a worker, its other files are not read."""


@dataclass(frozen=True)
class _Task:
    wheel: Path
    member: str


def audit_wheels(
    wheels: Sequence[Path],
    *,
    baselines: Mapping[str, str] | None = None,
    rules: Sequence[Allowance] = (),
    jobs: int = 0,
) -> list[Verdict]:
    """Audit wheels whose promises follow from their names and variant.json.

    ``baselines`` are the levels that plain wheels may need, by machine. ``jobs`` is the number of
    worker processes, 0 for one on each processor. Raises WheelError if a file is not a wheel.
    """
    promises: list[Promise] = []
    requires: list[frozenset[str]] = []
    tasks: list[_Task] = []
    for path in wheels:
        with WheelReader(path) as reader:
            described = variant_of(reader)
            variant = described[1] if described else None
            promises.append(promise_of(reader.name, variant, baselines))
            requires.append(_requires(reader))
            binaries = [member.name for member in _binaries(reader)]
            check_record(reader, *binaries)
            tasks += [_Task(path, name) for name in binaries]
    found = _run(tasks, jobs or processes.processor_count())
    return [
        judge(
            path.name,
            promise,
            [item for task in tasks if task.wheel == path for item in found[task]],
            rules,
            names,
        )
        for path, promise, names in zip(wheels, promises, requires, strict=True)
    ]


def audit_wheel(
    wheel: Path,
    promise: Promise,
    *,
    rules: Sequence[Allowance] = (),
    jobs: int = 0,
    known: MutableMapping[tuple[str, str], list[Found]] | None = None,
) -> Verdict:
    """Audit a wheel that was built here against a promise.

    Small wheels are read in this process, since their builder can trust them. ``known`` has the
    results for files of other wheels, by name and SHA-256 of the content; these are not read again,
    and the results of this wheel's files are added.
    """
    known = {} if known is None else known
    with WheelReader(wheel) as reader:
        members = list(_binaries(reader))
        requires = _requires(reader)
        if sum(member.info.file_size for member in members) <= _SMALL:
            found = []
            for member in members:
                content = reader.read(member.name)
                key = member.name, hashlib.sha256(content).hexdigest()
                if key not in known:
                    known[key] = files.audit(member.name, content)
                found += known[key]
            return judge(wheel.name, promise, found, rules, requires)
    tasks = [_Task(wheel, member.name) for member in members]
    results = _run(tasks, jobs or processes.processor_count())
    found = [item for task in tasks for item in results[task]]
    return judge(wheel.name, promise, found, rules, requires)


def _binaries(reader: WheelReader) -> Iterator[Member]:
    for member in reader.members():
        start = reader.start(member.name, files.MAGIC_SIZE)
        if files.is_binary(member.name, start):
            yield member


def _requires(reader: WheelReader) -> frozenset[str]:
    """Return the normalized names of a wheel's dependencies; none if it has no METADATA."""
    name = f"{reader.dist_info}/METADATA"
    if all(member.name != name for member in reader.members()):
        return frozenset()
    metadata = BytesHeaderParser().parsebytes(reader.read(name, METADATA_LIMIT))
    names = (_NAME.match(str(text).strip()) for text in metadata.get_all("Requires-Dist", []))
    return frozenset(canonicalize_name(match[0]) for match in names if match)


def _run(tasks: Sequence[_Task], jobs: int) -> dict[_Task, list[Found]]:
    """Return the results of all tasks, spread over worker processes.

    Tasks that may have ended a worker are tried again, one at a time.
    """
    results: dict[_Task, list[Found]] = {}
    crashes: Counter[Path] = Counter()
    waiting = list(tasks)
    while waiting:
        broken = _attempt(waiting, min(jobs, len(waiting)), results)
        # Tasks begin in order, so one of the first tasks without a result ended the worker.
        suspects, waiting = broken[: jobs + 1], broken[jobs + 1 :]
        for task in suspects:
            if crashes[task.wheel] < _MOST_CRASHES and _attempt([task], 1, results):
                error = "reading it crashed, or took too much time or memory"
                results[task] = [Found(task.member, error=error)]
                crashes[task.wheel] += 1
            elif task not in results:
                waiting.append(task)
        for task in [task for task in waiting if crashes[task.wheel] >= _MOST_CRASHES]:
            error = "not read, since reading other files of the wheel crashed"
            results[task] = [Found(task.member, error=error)]
        waiting = [task for task in waiting if task not in results]
    return results


def _attempt(tasks: Sequence[_Task], jobs: int, results: dict[_Task, list[Found]]) -> list[_Task]:
    """Run the tasks; return those without a result because a worker ended."""
    if not tasks:
        return []
    broken = []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin_worker) as pool:
        try:
            with _interrupts_held_back():
                futures: list[tuple[_Task, Future[list[Found]]]] = [
                    (task, pool.submit(_audit, task)) for task in tasks
                ]
            for task, future in futures:
                try:
                    results[task] = future.result()
                except BrokenProcessPool:
                    broken.append(task)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.kill()
            raise
    return broken


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Have processes that are started in the block ignore Ctrl-C, which only this one handles."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin_worker() -> None:
    if sys.platform != "win32":
        import resource

        # A lower limit of this process cannot be raised.
        given = [limit for limit in resource.getrlimit(resource.RLIMIT_AS) if limit >= 0]
        memory = min([_MEMORY, *given])
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _audit(task: _Task) -> list[Found]:
    try:
        reader = _opened(task.wheel)
        info = reader.member(task.member).info
        if info.file_size > _BOMB_SIZE and info.file_size > _BOMB_RATIO * info.compress_size:
            return [Found(task.member, error="shrank more than any binary does: not unpacked")]
        if hasattr(signal, "alarm"):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            more = _MORE_SECONDS * info.file_size >> 20
            signal.alarm(min(_SECONDS + more, _MOST_SECONDS))
        return files.audit(task.member, reader.read(task.member))
    except MemoryError:
        return [Found(task.member, error="takes too much memory")]
    except WheelError as error:
        return [Found(task.member, error=str(error))]
    except Exception as error:  # noqa: BLE001 - libraries raise anything for a malicious file
        return [Found(task.member, error=f"cannot be read: {type(error).__name__}: {error}")]
    finally:
        if hasattr(signal, "alarm"):
            signal.alarm(0)


@functools.lru_cache(maxsize=1)
def _opened(wheel: Path) -> WheelReader:
    """Return a wheel, opened once for all files that a worker reads: there may be thousands."""
    return WheelReader(wheel)
