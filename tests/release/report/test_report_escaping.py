"""Hostile names and texts in a release add no elements to its report."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tiny_wheels import x86_64_metadata

from wheelnext_build.release.choices import choices
from wheelnext_build.release.machines import Machine
from wheelnext_build.release.platforms import Build
from wheelnext_build.release.report import html, markdown
from wheelnext_build.release.report.audited import Audited, Remark
from wheelnext_build.release.report.contents import ReleaseReport, ReportedRelease, ReportedWheel
from wheelnext_build.release.report.layout import make_page
from wheelnext_build.wheels.name import WheelName

pytestmark = pytest.mark.generated

PIECES = (
    *("<script>alert(1)</script>", "</td></table>", "<!--", "-->", "<![CDATA[", "&lt;", "&#60;"),
    *('"', "'", '" onload="x', "' style='x", "javascript:alert(1)", "</style>", "<svg/onload=x>"),
    *("|", "\\", "\\|", "`", "``", "*", "_", "~~", "[x](http://a.b)", "![x](y)", "<http://a.b>"),
    *("http://a.b", "www.a.b", "a@b.c", "#1", "@name", "$x$", ":smile:", "- ", "1. ", "# ", "> "),
    *("\n", "\n\n", "\r", "\n\n# x\n", "\n---\n", "\n```\n", "\t", "    x", "  \n", "\x0b", "\x0c"),
    *(
        "\u202e",
        "\u2066",
        "\x1b[2J",
        "\x9b1m",
        "\x07",
        "\0",
        "\x85",
        "\u2028",
        "\ufeff",
        "ä",
        "\U0001f600",
    ),
)
HOSTILE = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), min_size=1, max_size=6).map(
    "".join
)
KEPT = {"index", "mark", "machine"}
"""Fields whose values do not come from wheels."""


def harmless() -> ReleaseReport:
    """Return a report in which no part is empty."""
    names = ("pkg-1.0-cp312-cp312-manylinux_2_28_x86_64.whl",)
    names += tuple(names[0].replace(".whl", f"-{label}.whl") for label in ("null", "v3"))
    names += ("pkg-1.0-cp313-cp313-manylinux_2_28_x86_64.whl",)
    parsed = [WheelName.parse(name) for name in names]
    chosen, without = choices(parsed, x86_64_metadata("v3", "v3"))
    remarks = tuple(Remark(mark, f"text of {mark}") for mark in ("error", "note", "allowed"))
    wheels = tuple(
        ReportedWheel(
            name.filename,
            Build.of(name),
            name.label,
            1000 + 10 * number,
            damage=("a damage",) if number == 2 else (),
            seconds=1.5,
            audit=Audited(number != 2, "a promise", ("x86_64 v3",), ("90_real",), 3, remarks),
        )
        for number, name in enumerate(parsed)
    )
    release = ReportedRelease(
        *("pkg", "1.0", "stale", (None, "null", "v3")),
        {"v3": ("x86_64 :: level :: v3",), "null": ()},
        *(wheels, ("a problem",), chosen, (*without, "a system")),
    )
    return ReleaseReport((release,), ("a stray",), ("a note",), is_audited=True)


def poisoned(value: Any, text: str) -> Any:
    """Return a copy with ``text`` at the end of each string."""
    if isinstance(value, str):
        return value if value == "null" else value + text
    if isinstance(value, Machine) or not value:
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        changed = {
            name: item if name in KEPT else poisoned(item, text) for name, item in fields.items()
        }
        return dataclasses.replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(poisoned(item, text) for item in value)
    if isinstance(value, Mapping):
        return {poisoned(key, text): poisoned(item, text) for key, item in value.items()}
    return value


class Elements(HTMLParser):
    """Counts elements by their attributes' names; fails if one is not closed."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: Counter[tuple[str, ...]] = Counter()
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found[tag, *sorted(name for name, _ in attributes)] += 1
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found[tag, *sorted(name for name, _ in attributes)] += 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:  # noqa: ARG002
        pytest.fail("a comment")

    def handle_pi(self, data: str) -> None:  # noqa: ARG002
        pytest.fail("a processing instruction")

    def unknown_decl(self, data: str) -> None:  # noqa: ARG002
        pytest.fail("a declaration")


MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
SAFE = harmless()
ELEMENTS = Elements(html.render(make_page(SAFE))).found


def tokens(page: str) -> Counter[str]:
    """Count a Markdown page's tokens by type, except text; HTML counts by its content."""
    found: Counter[str] = Counter()
    for block in MARKDOWN.parse(page):
        for token in block.children or [block]:
            is_html = token.type.startswith("html")
            kind = f"{token.type} {token.content}" if is_html else token.type
            if kind not in ("text", "text_special"):
                found[kind] += 1
    return found


TOKENS = tokens(markdown.render(make_page(SAFE)))


@given(HOSTILE)
def test_hostile_text_adds_no_html_elements(text: str) -> None:
    page = html.render(make_page(poisoned(SAFE, text)))
    assert Elements(page).found == ELEMENTS
    assert page.count("Content-Security-Policy") == 1


@given(HOSTILE)
def test_hostile_text_adds_no_markdown_tokens(text: str) -> None:
    page = markdown.render(make_page(poisoned(SAFE, text)))
    assert tokens(page) == TOKENS


def test_the_content_security_policy_forbids_everything() -> None:
    page = html.render(make_page(SAFE))
    assert 'content="default-src &#x27;none&#x27;; style-src &#x27;unsafe-inline&#x27;"' in page
    names = {name for item in ELEMENTS for name in item[1:]}
    assert not {item for item in names if item.startswith("on") or item in ("href", "src")}
    assert not {item[0] for item in ELEMENTS} & {"script", "iframe", "object", "link", "base", "a"}
