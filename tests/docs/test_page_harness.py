"""What executes the manual's pages fails where a page is wrong, and says where."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from docpage import ROOT, Block, PageError, agrees, commands, pages, steps
from docscene import merged, play, unlike

Play = Callable[[str], Path]


@pytest.fixture
def play_text(tmp_path: Path) -> Play:
    """Plays a page of that text, with fences written as ~~~; returns the folder it ran in."""

    def run(text: str) -> Path:
        page = tmp_path / "page.md"
        page.write_text(text.replace("~~~", "```"), "utf-8")
        work = tmp_path / "work"
        work.mkdir()
        play(page, work, dict(os.environ))
        return work

    return run


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_comments_of_the_pages_are_understood(page: Path) -> None:
    for step in steps(page):
        if (
            isinstance(step, Block)
            and step.language == "console"
            and "not run" not in step.steering
        ):
            commands(step)


def test_links_of_the_readme_lead_to_files() -> None:
    """Sphinx checks the others."""
    links = re.findall(r"\]\(([^)#]+)", (ROOT / "README.md").read_text("utf-8"))
    files = [link for link in links if "://" not in link]
    assert files
    assert [link for link in files if not (ROOT / link).is_file()] == []


def test_few_commands_are_run_by_nothing() -> None:
    """At most one block in six; benchmarks, and what other tests run, aside."""
    blocks = [step for page in pages() for step in steps(page) if isinstance(step, Block)]
    reasons = [block.steering.get("not run") for block in blocks if block.language == "console"]
    assert len(reasons) > 50
    by_nothing = [r for r in reasons if r and not r.startswith(("run by", "takes long"))]
    assert len(by_nothing) <= len(reasons) / 6


def test_one_scene_keeps_files_variables_and_folder(play_text: Play) -> None:
    work = play_text(
        "<!-- start: empty -->\n<!-- write: a/b.txt -->\n~~~text\nfirst\n~~~\n"
        "<!-- append: a/b.txt -->\n~~~text\nsecond\n~~~\n"
        "~~~console\n$ cd a && export WORD=third   # a comment\n$ cat b.txt\nfirst\n...\n~~~\n"
        "Text.\n\n~~~console\n$ echo $WORD \\\n    >> b.txt\n$ tail -n 1 b.txt\nth...d\n~~~\n"
        "<!-- run: cp b.txt c.txt -->\n"
    )
    assert (work / "project/a/c.txt").read_text() == "first\nsecond\nthird\n"


def test_settings_are_merged_into_the_project(play_text: Play) -> None:
    work = play_text(
        '<!-- settings -->\n~~~toml\n[project]\nversion = "2.0"\n~~~\n'
        "~~~toml\n[[tool.wheelnext-build.matrix]]\naxes.x86_64.level = ['v3']\n~~~\n"
    )
    document = tomllib.loads((work / "demo/pyproject.toml").read_text())
    assert document["project"]["name"] == "demo"
    assert document["project"]["version"] == "2.0"
    assert "tool" not in document


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("~~~console\n$ echo one\ntwo\n~~~\n", r"page.md:1: \$ echo one\n--- the page shows:\ntwo"),
        ("~~~console\n$ false\n$ true\n~~~\n", r"page.md:1: false\nended with 1, not 0"),
        ("<!-- status: 2 -->\n~~~console\n$ true\n~~~\n", "true\nended with 0, not 2"),
        ("<!-- statsu: 2 -->\n~~~console\n$ true\n~~~\n", "page.md:1: unknown comment 'statsu'"),
        ("<!-- write: x\n-->\n", "page.md:1: a comment stands on one line"),
        ("<!-- write: x -->\nText.\n~~~text\n~~~\n", "page.md:2: write: there is no block behind"),
        ("<!-- write: ../../x -->\n~~~text\n~~~\n", "is not in the page's folder"),
        ("<!-- not run: no time -->\n~~~console\n$ x\n~~~\n", "not run: no time: reasons are"),
        ("<!-- not run: run by tests/x.py -->\n~~~console\n$ x\n~~~\n", "not run: run by tests/x"),
        ("<!-- not run: needs a GPU -->\n~~~toml\na = 1\n~~~\n", "'not run' is not for toml"),
        ("<!-- start: nowhere -->\n", "page.md:1: start: there is no project nowhere"),
        ("~~~console\nthere$ x\n~~~\n", r"page.md:1: a command begins with '\$ ': there\$ x"),
        ("~~~bash\nls\n~~~\n", "page.md:1: unknown language 'bash'"),
        ("~~~toml\na = \n~~~\n", "page.md:1: not TOML"),
        ("~~~toml\ntool.wheelnext-build.matrx = []\n~~~\n", "did you mean 'matrix'"),
        ("~~~toml\nproject.nmae = 'x'\n~~~\n", r"`project` must not contain \{'nmae'\}"),
        ("~~~json\n[1 2]\n~~~\n", "page.md:1: not json"),
        ("~~~python\nif:\n~~~\n", "page.md:1: not python"),
        ("<!-- shape of: echo '{}' -->\n~~~json\n{\"a\": 1}\n~~~\n", r"prints no \$\.a"),
    ],
)
def test_what_is_wrong_is_an_error(play_text: Play, text: str, said: str) -> None:
    with pytest.raises(PageError, match=said):
        play_text(text)


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        ("a", "a", True),
        ("a", "a|b", False),
        ("a...c", "abc", True),
        ("a.c", "abc", False),
        ("...", "", True),
        ("...|b", "a|a|b", True),
        ("a|...", "a", True),
        ("a|...|a", "a", False),
        ("a|...|c|...|e", "a|b|c|d|e", True),
        ("a|...|d|...|c", "a|b|c|d|c", True),
        ("a|...|x|...|e", "a|b|c|d|e", False),
    ],
)
def test_dots_stand_for_what_changes(shown: str, printed: str, expected: bool) -> None:
    assert agrees(tuple(shown.split("|")), printed.split("|")) is expected


def test_merging_updates_tables_and_replaces_the_rest() -> None:
    text = merged(
        "[a]\nx = 1\nl = [1]\n[a.b]\ny = 2\n[[m]]\nn = 1\n[c]\nz = 1\n",
        "[a]\nl = [2]\nw.v = 1\nb.z = 3\n[[m]]\nn = 2\n[[m]]\nn = 3\n",
    )
    assert tomllib.loads(text) == {
        "a": {"x": 1, "l": [2], "b": {"y": 2, "z": 3}, "w": {"v": 1}},
        "m": [{"n": 2}, {"n": 3}],
        "c": {"z": 1},
    }


def test_json_of_a_page_has_the_keys_that_are_printed() -> None:
    printed = {"a": [{"b": 1, "c": None}, {"b": 2, "c": "x"}], "d": 1.5}
    assert unlike({"a": [{"c": "y"}]}, printed) is None
    assert unlike({"d": 2}, printed) is None
    assert unlike({"a": [{"e": 1}]}, printed) == "$.a[0].e"
    assert unlike({"d": "2"}, printed) == "$.d"
