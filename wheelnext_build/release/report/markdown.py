"""A release's report as Markdown, such as GitHub shows in the summary of a job.

Nothing that comes from a file's name or content can become markup: names stand in code spans,
prose is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ...system.text import human_size
from ..choices import Choice
from ..platforms import Build
from . import wording
from .audited import Remark
from .contents import ReleaseReport, ReportedRelease

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&$]|:(?=//)|(?<=www)\.)")
"""What could be markup in the middle of a line, and what makes links of addresses."""

_TICKS = re.compile(r"`+")
_BAR = 20
"""The longest bar, in characters."""


def render(report: ReleaseReport) -> str:
    """The whole page; the same report gives the same text."""
    blocks = ["# Release report", *_listed("Problems", "❌", report.problems)]
    blocks += [f"> {escaped(note)}" for note in report.notes]
    for release in report.releases:
        blocks += _release(report, release)
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """Prose in which no letter means anything; it stands on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """A code span, for a table too: there a pipe needs its backslash even within code."""
    line = " ".join(text.split()).replace("|", "\\|")
    fence = "`" * (max(map(len, _TICKS.findall(line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def _release(report: ReleaseReport, release: ReportedRelease) -> list[str]:
    mark = "✅" if release.is_sound else "❌"
    said = wording.verdict(release, is_audited=report.is_audited)
    blocks = [
        f"## {escaped(str(release))}",
        f"{mark} **{escaped(said)}**: {escaped(wording.headline(release))}.",
        *_listed("Problems", "❌", release.problems),
        *_listed("Worth a look", "⚠️", wording.notices(release)),
        "### Wheels",
        *(_matrix(release, system) for system in release.systems),
        "### Who gets what",
        _choices(release),
        escaped(wording.without_variants(release)),
    ]
    if release.without:
        blocks.append(escaped(f"No wheel for: {'; '.join(release.without)}."))
    blocks += ["### Labels, in the order of preference", _labels(release)]
    if report.is_audited:
        blocks += ["### Audit", *_audit(release)]
    return [
        *blocks,
        _folded(f"All {wording.counted(len(release.wheels), 'file')}", _files(release)),
    ]


def _matrix(release: ReportedRelease, system: str) -> str:
    labels = release.labels_on(system)
    rows = [
        [code(build.interpreter), *(_cell(release, build, label) for label in labels)]
        for build in release.builds
        if build.system == system
    ]
    return _table([code(system), *(code(wording.title_of(label)) for label in labels)], rows)


def _cell(release: ReportedRelease, build: Build, label: str | None) -> str:
    if release.is_missing(build, label):
        return "⚠️ missing"
    parts = []
    for wheel in release.cell(build, label):
        mark = "✅" if wheel.is_sound else "❌"
        words = [mark, human_size(wheel.size), wording.times_plain(release, wheel)]
        words.append("" if wheel.is_sound else wording.state(wheel))
        parts.append(" ".join(filter(None, words)))
    return "<br>".join(parts) or wording.NOTHING


def _choices(release: ReportedRelease) -> str:
    rows = [
        [escaped(wording.group_of(choice.machine)), escaped(choice.machine.name), *_taken(choice)]
        for choice in release.choices
    ]
    return _table(["system", "machine", "what it has", "uv installs", "why"], rows)


def _taken(choice: Choice) -> list[str]:
    gets: list[str] = []
    why: list[str] = []
    for taken in choice.taken:
        title = wording.taken_title(taken)
        where = wording.taken_where(choice, taken)
        gets.append(
            (code(title) if taken.file else title) + (f" ({escaped(where)})" if where else "")
        )
        why += map(escaped, wording.taken_reasons(taken))
    why += map(escaped, wording.missed(choice))
    return [escaped(choice.machine.described), "<br>".join(gets), "<br>".join(why)]


def _labels(release: ReportedRelease) -> str:
    rows = [
        [
            code(wording.title_of(label)),
            "<br>".join(map(escaped, wording.properties(release, label))),
        ]
        for label in wording.preferred(release)
    ]
    return _table(["label", "properties"], rows)


def _audit(release: ReportedRelease) -> list[str]:
    blocks = [escaped(wording.audit_summary(release))]
    blocks += _remarks(wording.remarks(release, are_errors=True))
    others = wording.remarks(release, are_errors=False)
    if others:
        count = sum(len(remarks) for _, remarks in others)
        blocks.append(_folded(wording.counted(count, "note"), "\n\n".join(_remarks(others))))
    return blocks


def _remarks(groups: Iterable[tuple[Sequence[str], Sequence[Remark]]]) -> Iterable[str]:
    for files, remarks in groups:
        yield ", ".join(map(code, files)) + ":"
        yield "\n".join(f"- **{item.mark}**: {escaped(item.text)}" for item in remarks)


def _files(release: ReportedRelease) -> str:
    largest = max(wheel.size for wheel in release.wheels)
    rows = []
    for wheel in release.wheels:
        bar = "█" * max(1, round(_BAR * wheel.size / largest)) if largest else ""
        rows.append(
            [
                code(wheel.file),
                human_size(wheel.size),
                f"{bar} {wording.times_plain(release, wheel)}".strip(),
                wording.seconds(wheel),
                escaped(wording.needs(wheel)),
                wording.state(wheel),
            ]
        )
    return _table(["file", "size", "beside plain", "built in", "code needs", "state"], rows)


def _listed(title: str, mark: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    return [f"**{title}**", "\n".join(f"- {mark} {escaped(line)}" for line in lines)]


def _folded(title: str, content: str) -> str:
    # GitHub reads Markdown within HTML only behind an empty line.
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
