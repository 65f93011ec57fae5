"""Commands that are ended from outside, at any moment, and what they may leave."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "ended by SIGTERM"}
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -signal.SIGKILL}

_COMPILERS = re.compile(r"cc[A-Za-z0-9]{6}(\.cdtor)?\.\w+")
"""What GCC leaves where it is ended while it links; collect2 has a source of constructors."""

_MARK = "WHEELNEXT_TEST_MARK"
_GONE_WITHIN = 5.0
"""Seconds in which all processes of a command must end after a signal that asks for it."""

_KILLED_FOR = 120.0
"""Seconds in which those of a killed command are over; nothing ends them before."""


@dataclass
class Case:
    """A command, what it begins with and what it makes.

    ``inputs`` are copied anew to ``work`` before each run; ``output`` is a folder there, relative.
    Files that stand in it may be those of ``inputs``, too. ``others`` are the names of temporary
    folders that are not this project's: a frontend ends its hooks without asking, and leaves them.
    ``says_why`` tells that its last line names the signal; a hook leaves that to its frontend.
    """

    command: Sequence[str]
    inputs: Path
    work: Path
    output: str
    environment: Mapping[str, str] = field(default_factory=dict)
    others: Sequence[str] = ()
    says_why: bool = True

    @property
    def temporary(self) -> Path:
        return self.work.parent / f"{self.work.name}-temporary"

    def reset(self) -> None:
        """Put everything back to where it was before the first run."""
        for folder in (self.work, self.temporary):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.inputs, self.work, symlinks=True)
        self.temporary.mkdir()

    def start(self) -> subprocess.Popen[str]:
        """Run the command in a session of its own, as a terminal would."""
        variables = {
            **os.environ,
            "SOURCE_DATE_EPOCH": "1700000000",
            "TMPDIR": str(self.temporary),
            _MARK: str(self.work),
            **self.environment,
        }
        # Whoever runs the tests in the background may have them ignore SIGINT.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return subprocess.Popen(
                self.command,
                cwd=self.work,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        finally:
            signal.signal(signal.SIGINT, before)

    def finish(self) -> float:
        """Run the command to its end; returns the seconds that it took."""
        start = time.monotonic()
        process = self.start()
        said = process.communicate()[0]
        assert process.returncode == 0, said
        return time.monotonic() - start

    def made(self) -> dict[str, bytes]:
        """The files in the output folder, by their paths in it."""
        top = self.work / self.output
        return {
            str(path.relative_to(top)): path.read_bytes()
            for path in sorted(top.rglob("*"))
            if path.is_file()
        }

    def running(self) -> list[str]:
        """The commands of all processes that this one has started, however indirectly."""
        mark = f"{_MARK}={self.work}".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    said = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    if said:  # a process that has ended has none
                        found.append(said)
            except OSError:
                continue
        return found

    def left_behind(self) -> list[str]:
        """What is in the folder for temporary files, but for what is not this project's."""
        found = []
        for path in sorted(self.temporary.rglob("*")):
            inside = path.relative_to(self.temporary)
            is_others = inside.parts[0].startswith((*self.others, "\0"))
            if not is_others and not _COMPILERS.fullmatch(path.name):
                found.append(str(inside))
        return found


@dataclass(frozen=True)
class Reference:
    """What a command makes when nobody disturbs it, and the seconds that it takes."""

    seconds: float
    files: Mapping[str, bytes]
    before: Mapping[str, bytes]

    @classmethod
    def of(cls, case: Case) -> Reference:
        case.reset()
        before = case.made()
        case.finish()
        first = case.made()
        case.reset()
        seconds = case.finish()
        assert case.made() == first
        assert case.left_behind() == []
        return cls(seconds, first, before)


def moments(seconds: float, count: int, seed: int) -> Iterator[float]:
    """So many moments of a run, one in each part of it, at random there."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    for number in range(count):
        yield (number + chance.random()) / count * seconds


@dataclass(frozen=True)
class Ended:
    """How a run ended: whether it was over before it could be ended, and the seconds until then."""

    is_over: bool
    seconds: float
    status: int
    said: str


def end(case: Case, number: signal.Signals, moment: float, *, terminal: bool = False) -> Ended:
    """End a run at that moment, and wait until nothing runs that it has started.

    ``terminal`` sends the signal to all processes of the session, as Ctrl-C does.
    """
    process = case.start()
    time.sleep(moment)
    start = time.monotonic()
    is_over = process.poll() is not None
    if not is_over:
        (os.killpg if terminal else os.kill)(process.pid, number)
    said = process.communicate(timeout=_KILLED_FOR)[0]
    seconds = time.monotonic() - start
    patience = _KILLED_FOR if number == signal.SIGKILL else _GONE_WITHIN
    while running := case.running():
        when = f"{number.name} after {moment:.3f} s"
        assert time.monotonic() - start < patience, f"{when}: processes stay: {running}"
        time.sleep(0.05)
    return Ended(is_over, seconds, process.returncode, said)


def end_at(
    case: Case,
    reference: Reference,
    number: signal.Signals,
    moment: float,
    *,
    terminal: bool = False,
) -> float:
    """End a run at that moment and look at what is left; returns the seconds until it ended.

    Then the next run must succeed, with the same files as ever.
    """
    what = f"{number.name} after {moment:.3f} s of {reference.seconds:.3f} s"
    case.reset()
    ended = end(case, number, moment, terminal=terminal)
    if not ended.is_over and ended.status != 0:
        _check_words(case, ended, number, what)
    _check_files(case, reference, what)
    # Frontends kill their hooks a quarter of a second after Ctrl-C (CPython, subprocess).
    if number != signal.SIGKILL and not case.others:
        left = case.left_behind()
        assert left == [], f"{what}: {left}"
    case.finish()
    assert case.made() == dict(reference.files), f"the next run after {what}"
    if number != signal.SIGKILL:
        left = case.left_behind()
        assert left == [], f"{left} after the next run after {what}"
    return 0.0 if ended.is_over else ended.seconds


def _check_words(case: Case, ended: Ended, number: signal.Signals, what: str) -> None:
    said = ended.said
    if "Traceback" in said and "wheelnext_build" not in said:
        return  # Python itself has loaded nothing of ours yet, and has no better word
    assert ended.status in (STATUS[number], -number), f"{what}: status {ended.status}: {said}"
    if number != signal.SIGKILL:
        assert "Traceback" not in said, f"{what}: {said}"
        if ended.status == STATUS[number] and case.says_why:
            assert said.endswith(f"wheelnext-build: {WORDS[number]}\n"), f"{what}: {said}"


def _check_files(case: Case, reference: Reference, what: str) -> None:
    """What is there is whole: under its name, or a hidden one where its place was to be taken."""
    for name, content in case.made().items():
        if Path(name).name.startswith("."):
            known = (b"", *reference.files.values())
        else:
            known = (reference.files.get(name), reference.before.get(name))
        assert content in known, f"{what}: {name} is not whole"
