"""What the page of a report says, and in which order."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from ...system.text import human_size
from ...variants.variant import NULL_LABEL
from ..choices import Choice, Taken
from ..platforms import Build
from .audited import Remark
from .contents import ReleaseReport, ReportedRelease, ReportedWheel
from .page import Bar, Block, Cell, Folded, Line, Listing, Paragraph, Section, Sign, Table, Text

_TIMES = "\N{MULTIPLICATION SIGN}"
_OPEN_FILES = 12
"""A list of more files than these is folded."""

_SIGNS: dict[str, Sign] = {"error": "bad", "note": "warn", "allowed": "good"}

_INDEX = {
    "missing": "There is no variants.json, so installers ignore the labelled wheels. "
    "wheelnext-build index writes it; this report assumes that it exists.",
    "stale": "The variants.json is out of date. wheelnext-build index updates it; this report "
    "assumes that it is current.",
}


def make_page(report: ReleaseReport) -> Section:
    """Return the page of a report, with a section for each release."""
    return Section(
        "Release report",
        (
            *_notices("Problems", "bad", report.problems),
            *_notices("Worth a look", "warn", report.notes),
            *(_release(release, is_audited=report.is_audited) for release in report.releases),
        ),
    )


def _release(release: ReportedRelease, *, is_audited: bool) -> Section:
    status = Text(verdict(release, is_audited=is_audited), "strong", _sign(release.is_sound))
    sections = [
        Section("Wheels", tuple(_matrices(release))),
        Section("Wheels by machine", tuple(_choices(release))),
        Section("Labels", (_labels(release),)),
        Section("Sizes", tuple(_sizes(release))),
        Section("Audit", tuple(_audit(release)) if is_audited else ()),
        Section("Files", (_files(release),)),
    ]
    return Section(
        str(release),
        (
            Paragraph((status,), "status"),
            Paragraph((Text(f"{_headline(release)}."),), "muted"),
            *_notices("Problems", "bad", release.problems),
            *_notices("Worth a look", "warn", _to_do(release)),
            *(section for section in sections if section.blocks),
        ),
    )


def verdict(release: ReportedRelease, *, is_audited: bool) -> str:
    """Say in a few words whether a release is valid."""
    failing = sum(wheel.audit is not None and not wheel.audit.holds for wheel in release.wheels)
    parts = [_counted(len(release.problems), "problem")] if release.problems else []
    if failing:
        promise = "breaks its promise" if failing == 1 else "break their promises"
        parts.append(f"{_counted(failing, 'wheel')} {promise}")
    return (
        ", ".join(parts) or f"All wheels valid; {'audit passed' if is_audited else 'not audited'}"
    )


def _headline(release: ReportedRelease) -> str:
    total = human_size(sum(wheel.size for wheel in release.wheels))
    parts = [
        f"{_counted(len(release.wheels), 'wheel')} ({total})",
        _counted(len(release.labels) - 1, "variant"),
        _counted(len({build.interpreter for build in release.builds}), "interpreter"),
        _counted(len(release.systems), "platform"),
    ]
    times = [wheel.seconds for wheel in release.wheels if wheel.seconds is not None]
    return ", ".join([*parts, *([f"{sum(times):.1f} s to build"] if times else [])])


def _to_do(release: ReportedRelease) -> Iterator[str]:
    """Yield the notices that are not problems."""
    if release.index in _INDEX:
        yield _INDEX[release.index]
    for build in release.builds:
        if labels := release.missing(build):
            yield f"{build} has no wheel of: {', '.join(map(_title, labels))}"


def _matrices(release: ReportedRelease) -> Iterator[Block]:
    """Yield a table for each system; those with only the plain wheel come last."""
    for system in release.systems:
        labels = release.labels_on(system)
        rows = tuple(
            (_code(build.interpreter), *(_wheels(release, build, label) for label in labels))
            for build in release.builds
            if build.system == system
        )
        columns = (Text("Python"), *(Text(_title(label), "code") for label in labels))
        yield Table(system, columns, rows, "matrix", is_wide=len(labels) > 1)


def _wheels(release: ReportedRelease, build: Build, label: str | None) -> Cell:
    if release.is_missing(build, label):
        return _cell(Text("missing", sign="warn"))
    wheels = release.cell(build, label)
    if not wheels:
        return _cell(Text("see the wheel for any platform", "small"))
    return tuple(
        _line(
            Text(human_size(wheel.size), "strong"),
            Text(_ratio(release, wheel), "small"),
            _state(wheel),
            Text(_needs(wheel), "small"),
        )
        for wheel in wheels
    )


def _choices(release: ReportedRelease) -> Iterator[Block]:
    yield Paragraph((Text("The wheels that uv installs with its preview of wheel variants:"),))
    for title, group in itertools.groupby(release.choices, key=_group):
        columns = tuple(map(Text, ("Machine", "Hardware", "Wheel", "Reason")))
        yield Table(title, columns, tuple(map(_choice, group)), "choices")
    lacking = [str(build) for build in release.builds if release.is_missing(build, None)]
    rest = f"; they find no wheel for {', '.join(lacking)}." if lacking else "."
    text = "pip, and uv without its preview of wheel variants, install the plain wheel everywhere"
    yield Paragraph((Text(text + rest),))
    if release.without:
        yield Paragraph((Text(f"No wheel for: {'; '.join(release.without)}."),), "muted")


def _group(choice: Choice) -> str:
    machine = choice.machine
    return f"{machine.system.name}{', NVIDIA GPU' if machine.driver else ''}"


def _choice(choice: Choice) -> tuple[Cell, ...]:
    wheels: list[Line] = []
    reasons: list[str] = []
    for taken in choice.taken:
        title = Text(_title(taken.label), "code")
        where = f"({', '.join(taken.interpreters)})" if len(choice.taken) > 1 else ""
        wheels.append(
            _line(title if taken.file else Text("no wheel fits", sign="warn"), Text(where, "small"))
        )
        reasons += _reasons(taken)
    reasons += [
        f"not {label}: needs {' and '.join(properties)}" for label, properties in choice.missed
    ]
    machine = choice.machine
    return (
        _cell(Text(machine.name)),
        _cell(Text(machine.described)),
        tuple(wheels),
        _cell(*map(Text, reasons)),
    )


def _reasons(taken: Taken) -> Sequence[str]:
    if not taken.file:
        return ("no variant fits, and there is no plain wheel",)
    return taken.because or (() if taken.missed else ("no variant for it",))


def _labels(release: ReportedRelease) -> Block:
    variants = sorted(release.labels[1:], key=lambda label: label == NULL_LABEL)
    rows = [
        (
            _code(_title(label)),
            _cell(*map(Text, release.properties.get(label or "") or ("none: fits every machine",))),
        )
        for label in variants
    ]
    plain = "if no variant fits, and for installers that do not support variants"
    return Table(
        "In the order in which installers prefer them",
        (Text("Label"), Text("Properties")),
        (*rows, (_code(_title(None)), _cell(Text(plain)))),
        "labels",
        is_wide=False,
    )


def _sizes(release: ReportedRelease) -> Iterator[Block]:
    """Yield a chart for each build with variants; all but one for each system are folded."""
    folded: list[Block] = []
    seen: set[str] = set()
    for build in release.builds:
        if len(release.labels_on(build.system)) == 1:
            continue
        if build.system in seen:
            folded.append(_chart(release, build))
        else:
            yield _chart(release, build)
        seen.add(build.system)
    if folded:
        yield Folded(_counted(len(folded), "more build"), tuple(folded))


def _chart(release: ReportedRelease, build: Build) -> Table:
    largest = max(wheel.size for wheel in release.wheels) or 1
    rows = []
    for label in release.labels:
        for wheel in release.cell(build, label):
            size, ratio = human_size(wheel.size), _ratio(release, wheel)
            text = ratio.replace(_TIMES, "times the plain wheel: ") or size
            bar = Bar(wheel.size / largest, text, is_plain=label is None)
            beside = (_line(Text(size), Text(ratio, "small")),)
            rows.append((_code(_title(label)), _cell(bar), beside))
    columns = (Text("Label"), Text("Comparison"), Text("Size"))
    return Table(str(build), columns, tuple(rows), "sizes", is_wide=False)


def _audit(release: ReportedRelease) -> Iterator[Block]:
    judged = [wheel.audit for wheel in release.wheels if wheel.audit]
    passed = sum(audit.holds for audit in judged)
    binaries = _counted(sum(audit.binaries for audit in judged), "binary file")
    text = f"{passed} of {_counted(len(judged), 'wheel')} passed the audit; {binaries} read."
    yield Paragraph((Text(text),))
    yield from _remarks(release, are_errors=True)
    if others := tuple(_remarks(release, are_errors=False)):
        count = sum(len(listing.items) for listing in others)
        yield Folded(_counted(count, "note"), others)


def _remarks(release: ReportedRelease, *, are_errors: bool) -> Iterator[Listing]:
    """Yield the audit's errors, or all other remarks, grouped by the files that have them."""
    found: dict[Remark, list[str]] = {}
    for wheel in release.wheels:
        for remark in wheel.audit.remarks if wheel.audit else ():
            if (remark.mark == "error") == are_errors:
                found.setdefault(remark, []).append(wheel.file)
    groups: dict[tuple[str, ...], list[Line]] = {}
    for remark, files in found.items():
        line = Text(f"{remark.mark}:", sign=_SIGNS[remark.mark]), Text(remark.text)
        groups.setdefault(tuple(files), []).append(line)
    for names, lines in groups.items():
        yield Listing(tuple((Text(name, "code"),) for name in names), tuple(lines), "remarks")


def _files(release: ReportedRelease) -> Block:
    has_times = any(wheel.seconds is not None for wheel in release.wheels)
    rows = []
    for wheel in release.wheels:
        seconds = "" if wheel.seconds is None else f"{wheel.seconds:.1f} s"
        cells = [
            _code(wheel.file),
            _cell(Text(human_size(wheel.size))),
            _cell(Text(_ratio(release, wheel))),
            *([_cell(Text(seconds))] if has_times else []),
            _cell(Text(_needs(wheel))),
            _cell(_state(wheel)),
        ]
        rows.append(tuple(cells))
    times = ["Build time"] if has_times else []
    columns = ["File", "Size", f"{_TIMES}plain", *times, "Code needs", "State"]
    table = Table("As they are published", tuple(map(Text, columns)), tuple(rows), "files")
    title = f"All {_counted(len(rows), 'file')}"
    return Folded(title, (table,), is_open=len(rows) <= _OPEN_FILES)


def _state(wheel: ReportedWheel) -> Text:
    """Return the state of a wheel; empty if the wheel is intact and was not audited."""
    if wheel.damage:
        text = "damaged"
    elif wheel.is_carrier:
        text = "carrier"
    elif wheel.audit is None:
        return Text("")
    else:
        text = "audit passed" if wheel.audit.holds else "audit failed"
    return Text(text, sign=_sign(wheel.is_sound))


def _needs(wheel: ReportedWheel) -> str:
    return ", ".join((*wheel.audit.needs, *wheel.audit.architectures)) if wheel.audit else ""


def _ratio(release: ReportedRelease, wheel: ReportedWheel) -> str:
    """Return the size as a multiple of the plain wheel's; empty for the plain wheel itself."""
    ratio = release.ratio(wheel)
    return "" if ratio is None or wheel.label is None else f"{_TIMES}{ratio:.2f}"


def _sign(is_sound: bool) -> Sign:
    return "good" if is_sound else "bad"


def _title(label: str | None) -> str:
    return "plain" if label is None else label


def _counted(count: int, noun: str) -> str:
    """Return ``1 wheel`` or ``2 wheels``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _notices(title: str, sign: Sign, lines: Iterable[str]) -> tuple[Block, ...]:
    items = tuple((Text(line),) for line in lines)
    return (Listing(((Text(title, "strong", sign),),), items, f"box {sign}"),) if items else ()


def _line(*parts: Text) -> Line:
    return tuple(part for part in parts if part.text)


def _cell(*lines: Text | Bar) -> Cell:
    return tuple((line,) for line in lines if line.text)


def _code(text: str) -> Cell:
    return _cell(Text(text, "code"))
