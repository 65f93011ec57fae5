"""A release's report as one HTML page: no script, nothing from elsewhere, light and dark."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from importlib import resources

from ...system.text import human_size
from ..choices import Choice
from ..platforms import Build
from . import wording
from .audited import Remark
from .contents import ReleaseReport, ReportedRelease, ReportedWheel
from .markup import Markup, bar, element, joined, table

_SIGNS = {"good": "✓", "bad": "✗", "warn": "!"}
_KINDS = {"error": "bad", "note": "warn", "allowed": "good"}
_OPEN_FILES = 12
"""A list of more files than these is folded away."""

# Nothing in a page from foreign file names may ever load or run anything.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render(report: ReleaseReport) -> str:
    """The whole page; the same report gives the same text."""
    names = ", ".join(map(str, report.releases)) or "no release"
    style = resources.files(__package__).joinpath("report.css").read_text("utf-8")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"Release report: {names}"),
        element("style", Markup(style)),
    )
    releases = (_release(report, item, f"r{count}") for count, item in enumerate(report.releases))
    body = element(
        "body",
        element(
            "main",
            element("h1", "Release report"),
            _notes("Problems", report.problems, "bad"),
            _notes("Worth a look", report.notes, "warn"),
            *releases,
        ),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _release(report: ReleaseReport, release: ReportedRelease, anchor: str) -> Markup:
    said = wording.verdict(release, is_audited=report.is_audited)
    status = _state("good" if release.is_sound else "bad", said)
    parts = [
        element("h2", str(release), id=anchor),
        element("p", status, class_="status"),
        element("p", wording.headline(release), class_="muted"),
        _notes("Problems", release.problems, "bad"),
        _notes("Worth a look", wording.notices(release), "warn"),
        _section("Wheels", *_matrices(release)),
        _section("Who gets what", *_choices(release)),
        _section("Labels", _labels(release)),
    ]
    if sizes := list(_sizes(release)):
        parts.append(_section("Sizes", *sizes))
    if report.is_audited:
        parts.append(_section("Audit", *_audit(release)))
    parts.append(_section("Files", _files(release)))
    return element("article", *parts, aria_labelledby=anchor)


def _section(title: str, *content: str) -> Markup:
    return element("section", element("h3", title), *content)


def _state(kind: str, text: str) -> Markup:
    """A state as a sign, a colour and words."""
    mark = element("span", _SIGNS[kind], class_="sign", aria_hidden="true")
    return element("span", mark, " ", text, class_=f"state {kind}")


def _notes(title: str, lines: Sequence[str], kind: str) -> Markup:
    if not lines:
        return Markup()
    items = element("ul", *(element("li", line) for line in lines))
    return element("div", element("p", _state(kind, title)), items, class_=f"box {kind}")


def _folded(title: str, content: Markup, *, is_open: bool = False) -> Markup:
    return element("details", element("summary", title), content, open="open" if is_open else "")


def _code(text: str) -> Markup:
    return element("code", text)


def _small(text: str) -> Markup:
    return element("small", text) if text else Markup()


def _matrices(release: ReportedRelease) -> Iterable[Markup]:
    """A table for each system; those with a plain wheel alone stand side by side."""
    small = [system for system in release.systems if len(release.labels_on(system)) == 1]
    yield from (_matrix(release, item) for item in release.systems if item not in small)
    if small:
        yield element("div", *(_matrix(release, system) for system in small), class_="grid")


def _matrix(release: ReportedRelease, system: str) -> Markup:
    labels = release.labels_on(system)
    rows = [
        [_code(build.interpreter), *(_cell(release, build, label) for label in labels)]
        for build in release.builds
        if build.system == system
    ]
    columns = ["Python", *(_code(wording.title_of(label)) for label in labels)]
    return table(system, columns, rows, class_="matrix", is_wide=len(labels) > 1)


def _cell(release: ReportedRelease, build: Build, label: str | None) -> Markup:
    if release.is_missing(build, label):
        return element("div", _state("warn", "missing"), class_="missing")
    wheels = release.cell(build, label)
    return joined(map(_wheel, wheels)) if wheels else _small("that for any platform")


def _wheel(wheel: ReportedWheel) -> Markup:
    said = wording.state(wheel)
    state = _state("good" if wheel.is_sound else "bad", said) if said else Markup()
    size = element("strong", human_size(wheel.size))
    return element("div", size, " ", state, _small(wording.needs(wheel)), class_="wheel")


def _choices(release: ReportedRelease) -> Iterable[Markup]:
    yield element("p", "What uv installs with its preview of wheel variants:", class_="muted")
    groups = itertools.groupby(release.choices, key=lambda choice: wording.group_of(choice.machine))
    tables = [
        table(title, ["Machine", "Gets"], map(_choice, group), class_="choices")
        for title, group in groups
    ]
    yield element("div", *tables, class_="columns")
    yield element("p", wording.without_variants(release))
    if release.without:
        yield element("p", f"No wheel for: {'; '.join(release.without)}.", class_="muted")


def _choice(choice: Choice) -> list[str]:
    machine = choice.machine
    taken = [
        element(
            "div",
            _code(wording.taken_title(item)) if item.file else _state("warn", "no wheel fits"),
            _small(wording.taken_where(choice, item)),
            *map(_small, wording.taken_reasons(item)),
            class_="taken",
        )
        for item in choice.taken
    ]
    missed = map(_small, wording.missed(choice))
    return [joined([machine.name, _small(machine.described)]), joined([*taken, *missed])]


def _labels(release: ReportedRelease) -> Markup:
    rows = [
        [
            _code(wording.title_of(label)),
            joined(element("div", text) for text in wording.properties(release, label)),
        ]
        for label in wording.preferred(release)
    ]
    return table(
        "In the order in which installers prefer them",
        ["Label", "Properties"],
        rows,
        class_="labels",
    )


def _sizes(release: ReportedRelease) -> Iterable[Markup]:
    """A chart for each build with variants; one for each system is open at once."""
    largest = max(wheel.size for wheel in release.wheels) or 1
    opened: list[Markup] = []
    folded: list[Markup] = []
    seen: set[str] = set()
    for build in release.builds:
        if len(release.labels_on(build.system)) > 1:
            target = folded if build.system in seen else opened
            target.append(_chart(release, build, largest))
            seen.add(build.system)
    if opened:
        yield element("div", *opened, class_="grid")
    if folded:
        title = wording.counted(len(folded), "more build")
        yield _folded(title, element("div", *folded, class_="grid"))


def _chart(release: ReportedRelease, build: Build, largest: int) -> Markup:
    rows = []
    for label in release.labels:
        for wheel in release.cell(build, label):
            beside = wording.times_plain(release, wheel)
            times = beside.replace(wording.TIMES, "times the plain wheel: ")
            kind = "plain" if label is None else "variant"
            shown = bar(wheel.size / largest, times or human_size(wheel.size), kind)
            size = joined([human_size(wheel.size), " ", element("small", beside)])
            rows.append([_code(wording.title_of(label)), shown, size])
    return table(str(build), ["Label", "Beside each other", "Size"], rows, class_="sizes")


def _audit(release: ReportedRelease) -> Iterable[Markup]:
    yield element("p", wording.audit_summary(release))
    for files, remarks in wording.remarks(release, are_errors=True):
        yield _remarks(files, remarks)
    others = wording.remarks(release, are_errors=False)
    if others:
        count = sum(len(remarks) for _, remarks in others)
        groups = (_remarks(files, remarks) for files, remarks in others)
        yield _folded(wording.counted(count, "note"), element("div", *groups))


def _remarks(files: Sequence[str], remarks: Sequence[Remark]) -> Markup:
    """What there is to say of the same files."""
    items = (
        element("li", _state(_KINDS[remark.mark], remark.mark), ": ", remark.text)
        for remark in remarks
    )
    names = (element("div", _code(file)) for file in files)
    return element("div", *names, element("ul", *items), class_="remarks")


def _files(release: ReportedRelease) -> Markup:
    rows = []
    has_times = any(wheel.seconds is not None for wheel in release.wheels)
    for wheel in release.wheels:
        said = wording.state(wheel)
        row = [
            _code(wheel.file),
            human_size(wheel.size),
            wording.times_plain(release, wheel),
            *([wording.seconds(wheel)] if has_times else []),
            wording.needs(wheel),
            _state("good" if wheel.is_sound else "bad", said) if said else "",
        ]
        rows.append(row)
    times = ["Built in"] if has_times else []
    columns = ["File", "Size", "Beside plain", *times, "Code needs", "State"]
    content = table("As they are published", columns, rows, class_="files", is_wide=True)
    title = f"All {wording.counted(len(rows), 'file')}"
    return _folded(title, content, is_open=len(rows) <= _OPEN_FILES)
