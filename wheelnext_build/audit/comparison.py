"""Compare the wheels of one release and one interpreter: find identical and pointless ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Self

from ..variants.instruction_sets import beyond_levels, levels
from ..wheels.name import WheelName
from .verdict import Finding, Verdict


@dataclass(frozen=True)
class Gist:
    """The part of a wheel's verdict that comparing it with others takes; can be kept as JSON.

    ``promised`` and ``needed`` are levels by machine; code that a rule allows does not count.
    ``has_more`` says whether the code for a machine needs extensions that are in no level.
    """

    wheel: str
    digest: str
    is_like_plain: bool
    promised: Mapping[str, str]
    needed: Mapping[str, str]
    has_more: Mapping[str, bool]

    @classmethod
    def of(cls, verdict: Verdict, wheel: str = "") -> Self:
        """Return the gist of a verdict; ``wheel`` is its name in messages (default: file name)."""
        machines = verdict.machines
        return cls(
            wheel or verdict.wheel,
            verdict.digest,
            verdict.is_like_plain,
            {machine: verdict.promise.levels[machine] for machine in machines},
            {machine: verdict.level(machine) for machine in machines},
            {
                machine: bool(beyond_levels(verdict.extensions(machine), machine))
                for machine in machines
            },
        )

    def as_mapping(self) -> dict[str, object]:
        """Return a mapping such that ``Gist(**mapping)`` equals this gist."""
        return asdict(self)

    def buys_nothing(self, others: Sequence[Gist]) -> str:
        """Explain why the variant is pointless, or return ''.

        It is pointless if its code needs no more than the next lower variant promises.
        """
        if self.is_like_plain:
            return ""
        for machine, own in self.promised.items():
            order = levels(machine).index
            below = [item for item in others if machine in item.promised]
            below = [item for item in below if order(item.promised[machine]) < order(own)]
            if not below or self.has_more[machine]:
                continue
            lower = max(below, key=lambda item: order(item.promised[machine]))
            if order(self.needed[machine]) <= order(lower.promised[machine]):
                return (
                    "this variant buys nothing: its code needs no more than "
                    f"{lower.promised[machine]}, which {lower.wheel} promises, too"
                )
        return ""


def compared_by_build(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return verdicts of any wheels after comparing those of each build (:func:`compared`)."""
    builds: dict[WheelName, list[Verdict]] = {}
    for verdict in verdicts:
        name = replace(WheelName.parse(verdict.wheel), label=None)
        builds.setdefault(name, []).append(verdict)
    return [verdict for build in builds.values() for verdict in compared(build)]


def compared(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return verdicts with the findings of comparing them.

    All must be of one release's wheels for one interpreter.
    """
    gists = [Gist.of(verdict) for verdict in verdicts]
    return [
        replace(verdict, findings=(*verdict.findings, *_beside(gist, gists)))
        for verdict, gist in zip(verdicts, gists, strict=True)
    ]


def _beside(own: Gist, gists: Sequence[Gist]) -> Iterable[Finding]:
    if own.is_like_plain:
        return
    others = [item for item in gists if item is not own]
    for other in others:
        is_first = other.is_like_plain or other.wheel < own.wheel
        if own.digest and other.digest == own.digest and is_first:
            text = f"its binaries are those of {other.wheel}, byte for byte"
            yield Finding("identical", "", text)
            return
    text = own.buys_nothing(others)
    if text:
        yield Finding("no-gain", "", text, is_error=False)
