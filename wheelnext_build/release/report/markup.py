"""HTML elements as values: text is escaped unless it is markup already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_VOID = frozenset({"meta", "rect"})


class Markup(str):
    """Text that is HTML. Only :func:`element` and :func:`joined` make it, of escaped parts."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str) -> Markup:
    """An element; ``class_`` stands for ``class``, and ``aria_label`` for ``aria-label``.

    Empty attributes are left out.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value
    )
    if name in _VOID:
        return Markup(f"<{name}{written}>" if name == "meta" else f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{joined(children)}</{name}>")


def joined(parts: Iterable[str], between: str = "") -> Markup:
    """Parts one behind the other."""
    return Markup(
        escape(between).join(part if isinstance(part, Markup) else escape(part) for part in parts)
    )


def table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    class_: str = "",
    is_wide: bool = False,
) -> Markup:
    """A table whose first column names its rows.

    One that is wide scrolls in a region of its own, by keyboard also, and not the page.
    """
    head = element("tr", *(element("th", column, scope="col") for column in columns))
    body = [
        element(
            "tr", element("th", row[0], scope="row"), *(element("td", cell) for cell in row[1:])
        )
        for row in rows
    ]
    content = element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", *body),
        class_=class_,
    )
    if not is_wide:
        return content
    return element("div", content, class_="scroll", role="region", aria_label=caption, tabindex="0")


def bar(share: float, text: str, class_: str) -> Markup:
    """A bar of a chart that is as wide as its cell; ``text`` is what it says to who cannot see."""
    width = f"{max(0.5, 100 * share):.2f}"
    return element(
        "svg",
        element("title", text),
        element("rect", width="100", height="10", class_="track"),
        element("rect", width=width, height="10", class_=class_),
        viewBox="0 0 100 10",
        preserveAspectRatio="none",
        role="img",
    )
