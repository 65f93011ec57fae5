"""The report as one HTML page: no script, no external resources, light and dark."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib import resources

from .page import Bar, Block, Cell, Folded, Line, Listing, Paragraph, Section, Table, Text

_SIGNS = {"good": "✓", "bad": "✗", "warn": "!"}

# File names in the page come from others: nothing may ever load or run.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render(page: Section) -> str:
    """Return the whole page; equal pages give the same text."""
    releases = [block.title for block in page.blocks if isinstance(block, Section)]
    names = ", ".join(releases) or "no release"
    style = resources.files(__package__).joinpath("report.css").read_text("utf-8")
    head = _element(
        "head",
        _element("meta", charset="utf-8"),
        _element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        _element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        _element("meta", name="color-scheme", content="light dark"),
        _element("title", f"{page.title}: {names}"),
        _element("style", _Markup(style)),
    )
    body = _element("body", _section(page, 1))
    return f"<!DOCTYPE html>\n{_element('html', head, body, lang='en')}\n"


class _Markup(str):
    """Text that is HTML already; other text is escaped."""

    __slots__ = ()


def _element(name: str, /, *children: str, **attributes: str) -> _Markup:
    """Return an element, without attributes that are empty.

    ``class_`` means ``class``, and ``aria_label`` means ``aria-label``.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value
    )
    if name in ("meta", "rect"):
        return _Markup(f"<{name}{written}{'/' * (name == 'rect')}>")
    return _Markup(f"<{name}{written}>{_joined(children)}</{name}>")


def _joined(parts: Iterable[str], between: str = "") -> _Markup:
    return _Markup(
        between.join(part if isinstance(part, _Markup) else escape(part) for part in parts)
    )


def _section(section: Section, level: int) -> _Markup:
    content = (_block(block, level) for block in section.blocks)
    heading = _element(f"h{level}", section.title)
    name = ("main", "article", "section")[level - 1]
    return _element(name, heading, *content, aria_label=section.title if level == 2 else "")


def _block(block: Block, level: int) -> _Markup:
    match block:
        case Paragraph():
            return _element("p", _line(block.line), class_=block.kind)
        case Listing():
            titles = (_element("p", _line(title)) for title in block.titles)
            items = (_element("li", _line(item)) for item in block.items)
            return _element("div", *titles, _element("ul", *items), class_=block.kind)
        case Table():
            return _table(block)
        case Folded():
            content = _element("div", *(_block(item, level) for item in block.blocks))
            is_open = "open" if block.is_open else ""
            return _element("details", _element("summary", block.title), content, open=is_open)
        case Section():
            return _section(block, level + 1)


def _table(table: Table) -> _Markup:
    columns = (_element("th", _part(column), scope="col") for column in table.columns)
    rows = (
        _element(
            "tr",
            _element("th", _cell(row[0]), scope="row"),
            *(_element("td", _cell(cell)) for cell in row[1:]),
        )
        for row in table.rows
    )
    content = _element(
        "table",
        _element("caption", table.caption),
        _element("thead", _element("tr", *columns)),
        _element("tbody", *rows),
        class_=table.kind,
    )
    if not table.is_wide:
        return content
    label = table.caption
    return _element("div", content, class_="scroll", role="region", aria_label=label, tabindex="0")


def _cell(cell: Cell) -> _Markup:
    if len(cell) == 1:
        return _line(cell[0])
    return _joined(_element("div", _line(line)) for line in cell)


def _line(line: Line) -> _Markup:
    return _joined(map(_part, line), " ")


def _part(part: Text | Bar) -> _Markup:
    if isinstance(part, Bar):
        return _bar(part)
    if part.sign:
        mark = _element("span", _SIGNS[part.sign], class_="sign", aria_hidden="true")
        return _element("span", mark, " ", part.text, class_=f"state {part.sign}")
    return _element(part.style, part.text) if part.style else _Markup(escape(part.text))


def _bar(bar: Bar) -> _Markup:
    return _element(
        "svg",
        _element("title", bar.text),
        _element("rect", width="100", height="10", class_="track"),
        _element(
            "rect",
            width=f"{max(0.5, 100 * bar.share):.2f}",
            height="10",
            class_="plain" if bar.is_plain else "variant",
        ),
        viewBox="0 0 100 10",
        preserveAspectRatio="none",
        role="img",
    )
