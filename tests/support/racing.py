"""Two commands at once in the same folders leave the files that one after the other leaves."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import killed_commands
from killed_commands import NAME, TOOL
from killing import Case
from tiny_wheels import write_wheel

from wheelnext_build.config import config
from wheelnext_build.variants.variant import Property
from wheelnext_build.wheels.stamp import stamp

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Pair:
    """Two commands for the same folders; ``case`` has their inputs and the output folder."""

    case: Case
    commands: tuple[Sequence[str], Sequence[str]]

    def cases(self) -> list[Case]:
        return [replace(self.case, command=command) for command in self.commands]


@dataclass(frozen=True)
class Orders:
    """The files that the commands of a pair leave: in either order, and each one alone."""

    seconds: float
    both: list[Files]
    alone: list[Files]

    @classmethod
    def of(cls, pair: Pair) -> Orders:
        first, second = pair.cases()
        both = [_left(first, second), _left(second, first)]
        start = time.monotonic()
        alone = [_left(first), _left(second)]
        return cls((time.monotonic() - start) / 2, both, alone)


def _left(*cases: Case) -> Files:
    """Run commands one after the other and return the files; a later one may be refused."""
    cases[0].reset()
    for case in cases:
        process = case.start()
        said = process.communicate()[0]
        assert process.returncode in (0, 1, 2), said
    return cases[0].made()


def race(pair: Pair, orders: Orders, count: int, seed: int = 1) -> None:
    """Run both at once ``count`` times; the second starts at a random moment of the first."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(count):
        pair.case.reset()
        cases = pair.cases()
        chance.shuffle(cases)
        started = [cases[0].start()]
        time.sleep(chance.random() * orders.seconds * 0.7)
        started.append(cases[1].start())
        said = [process.communicate(timeout=300)[0] for process in started]
        statuses = [process.returncode for process in started]
        for status, text in zip(statuses, said, strict=True):
            assert status in (0, 1, 2), text
            assert "Traceback" not in text or "pyproject_hooks" in text, text
            assert not status or names_a_path(text, pair.case), text
        failed = sum(map(bool, statuses))
        files = pair.case.made()
        allowed = [*orders.both, *(orders.alone if failed else [])]
        if failed < 2:  # if both were refused, the files need not be a release
            assert files in allowed, (sorted(files), said)
        _check_whole(files, orders)
        left = pair.case.left_behind()
        assert left == [], left


def names_a_path(text: str, case: Case) -> bool:
    """Return whether an error names a file or the output folder."""
    return re.search(rf"(^|[/ '\"]){re.escape(case.output)}([/:]|$)", text) is not None or (
        ".whl" in text
    )


def _check_whole(files: Files, orders: Orders) -> None:
    known = [*orders.both, *orders.alone]
    for name, content in files.items():
        assert any(one.get(name) == content for one in known), f"{name}: no command makes this file"


def builds(folder: Path) -> Pair:
    """The same release, built into one folder."""
    case = killed_commands.build(folder)
    return Pair(case, (case.command, case.command))


def simple_indexes(folder: Path) -> Pair:
    """The same static index, written twice."""
    case = killed_commands.simple(folder)
    return Pair(case, (case.command, case.command))


def label_and_index(folder: Path) -> Pair:
    """Carriers become labelled wheels, and variants.json for what is there."""
    case = killed_commands.label(folder)
    return Pair(case, ((*TOOL, "label", "dist"), (*TOOL, "index", "dist")))


def label_elsewhere_and_index(folder: Path) -> Pair:
    """Many carriers become labelled wheels in another folder, and variants.json for that folder."""
    dist = folder / "inputs" / "dist"
    (dist / "out").mkdir(parents=True)
    data = random.Random(1).randbytes(1 << 19)  # noqa: S311 - no secret
    plain = write_wheel(dist, f"{NAME}.whl", modules={"demo_code.bin": data})
    for number in range(40):
        wanted = Property("nvidia", "cuda_version_lower_bound", f"12.{number}")
        settings = config.of_one_variant([wanted])
        metadata = settings.metadata_of(settings.declared[0].variant)
        stamp(plain, dist, metadata, carrier=True)
    label = (*TOOL, "label", "dist", "-o", "dist/out")
    case = Case(label, folder / "inputs", folder / "work", "dist")
    return Pair(case, (label, (*TOOL, "index", "dist/out")))


PAIRS: dict[str, Callable[[Path], Pair]] = {
    "build and build": builds,
    "label and index": label_and_index,
    "label --outdir and index": label_elsewhere_and_index,
    "index --simple and index --simple": simple_indexes,
}
