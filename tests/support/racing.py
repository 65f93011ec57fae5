"""Two commands at once in the same folders: what they leave is what one after the other leaves."""

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
    """Two commands for the same folders; ``case`` has their input and their output."""

    case: Case
    commands: tuple[Sequence[str], Sequence[str]]

    def cases(self) -> list[Case]:
        return [replace(self.case, command=command) for command in self.commands]


@dataclass(frozen=True)
class Orders:
    """What the commands of a pair leave, one after the other in both orders, and each alone."""

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
    """What commands leave one after the other; a later one may be refused, as it may be at once."""
    cases[0].reset()
    for case in cases:
        process = case.start()
        said = process.communicate()[0]
        assert process.returncode in (0, 1, 2), said
    return cases[0].made()


def race(pair: Pair, orders: Orders, count: int, seed: int = 1) -> int:
    """Have both begin within one another's time, so many times; returns how many were refused."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    refused = 0
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
        refused += failed
        files = pair.case.made()
        allowed = [*orders.both, *(orders.alone if failed else [])]
        if failed < 2:  # where both were refused, nobody says that what is there is a release
            assert files in allowed, (sorted(files), said)
        _check_whole(files, orders)
        left = pair.case.left_behind()
        assert left == [], left
    return refused


def names_a_path(text: str, case: Case) -> bool:
    """Whether a refusal says of what file or folder it is."""
    return re.search(rf"(^|[/ '\"]){re.escape(case.output)}([/:]|$)", text) is not None or (
        ".whl" in text
    )


def _check_whole(files: Files, orders: Orders) -> None:
    known = [*orders.both, *orders.alone]
    for name, content in files.items():
        assert any(one.get(name) == content for one in known), f"{name} is nobody's"


def builds(folder: Path) -> Pair:
    """The same release, into one folder."""
    case = killed_commands.build(folder)
    return Pair(case, (case.command, case.command))


def builds_in_a_kept_folder(folder: Path) -> Pair:
    """The same release, with one build folder."""
    case = killed_commands.build(folder)
    command = (*case.command, "--build-dir", "kept")
    return Pair(case, (command, command))


def builds_of_parts(folder: Path) -> Pair:
    """Two parts of a release, into one folder."""
    case = killed_commands.build(folder)
    first = (*case.command, "--only", "x86_64_v3")
    return Pair(case, (first, (*case.command, "--only", "x86_64_v4")))


def hooks(folder: Path) -> Pair:
    """The same release, by the frontend of PyPA."""
    case = killed_commands.hooks(folder)
    return Pair(case, (case.command, case.command))


def indexes(folder: Path) -> Pair:
    """variants.json, twice."""
    case = killed_commands.index(folder)
    return Pair(case, (case.command, case.command))


def simple_indexes(folder: Path) -> Pair:
    """A static index, twice."""
    case = killed_commands.simple(folder)
    return Pair(case, (case.command, case.command))


def labels(folder: Path) -> Pair:
    """Carriers that both want to label."""
    case = killed_commands.label(folder)
    return Pair(case, ((*TOOL, "label", "dist"), (*TOOL, "label", "dist")))


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


def label_in_place_and_elsewhere(folder: Path) -> Pair:
    """Carriers become labelled wheels in place, and in another folder."""
    case = killed_commands.label(folder)
    return Pair(case, ((*TOOL, "label", "dist"), (*TOOL, "label", "dist", "-o", "dist/out")))


def repairs(folder: Path) -> Pair:
    """The wheels of one build, repaired twice."""
    case = killed_commands.repair(folder)
    return Pair(case, (case.command, case.command))


PAIRS: dict[str, Callable[[Path], Pair]] = {
    "build and build": builds,
    "build and build, kept": builds_in_a_kept_folder,
    "build and build, parts": builds_of_parts,
    "hooks and hooks": hooks,
    "index and index": indexes,
    "index --simple and index --simple": simple_indexes,
    "label and label": labels,
    "label and label --outdir": label_in_place_and_elsewhere,
    "label and index": label_and_index,
    "label --outdir and index": label_elsewhere_and_index,
    "repair and repair": repairs,
}
