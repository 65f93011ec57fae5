"""Wheels of one release and one interpreter beside each other: what each is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Self

from ..variants.instruction_sets import beyond_levels, levels
from ..wheels.name import WheelName
from .verdict import Finding, Verdict


@dataclass(frozen=True)
class Gist:
    """As much of a wheel's verdict as comparing it with others takes; it can be kept as JSON.

    ``promised`` and ``needed`` are levels by machine, needed by code that no rule allows.
    ``has_more`` says for a machine that its code needs extensions beyond any level.
    """

    wheel: str
    digest: str
    is_like_plain: bool
    promised: Mapping[str, str]
    needed: Mapping[str, str]
    has_more: Mapping[str, bool]

    @classmethod
    def of(cls, verdict: Verdict, wheel: str = "") -> Self:
        """The gist of a verdict; ``wheel`` is what to call it, its file name by default."""
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
        """What ``Gist(**mapping)`` makes of it again."""
        return asdict(self)

    def buys_nothing(self, others: Sequence[Gist]) -> str:
        """Why this variant is none, in words: its code needs no more than the next lower one's.

        Empty where it does, and where there is no lower one.
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
    """Verdicts of any wheels, those of each build compared with each other (:func:`compared`)."""
    builds: dict[WheelName, list[Verdict]] = {}
    for verdict in verdicts:
        name = replace(WheelName.parse(verdict.wheel), label=None)
        builds.setdefault(name, []).append(verdict)
    return [verdict for build in builds.values() for verdict in compared(build)]


def compared(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts of one release's wheels for one interpreter, with what comparing them shows."""
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
