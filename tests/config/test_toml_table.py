"""Tables that know where they stand and what is wrong with them."""

from __future__ import annotations

import datetime as dt
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelnext_build.config.kinds import Boolean, Key, ListOf, MappingOf, String, TableOf
from wheelnext_build.config.toml_table import Mistakes, Table, did_you_mean, dotted, type_name
from wheelnext_build.errors import ConfigurationError, Problem


@pytest.mark.parametrize(
    ("path", "key", "expected"),
    [
        ("", "tool", "tool"),
        ("tool", "wheelnext-build", "tool.wheelnext-build"),
        ("tool.x", "a :: b :: c", 'tool.x."a :: b :: c"'),
        ("variant.variants", "cu13.0", 'variant.variants."cu13.0"'),
        ("a", 'b"c', r'a."b\"c"'),
        ("matrix", 0, "matrix[0]"),
    ],
)
def test_a_dotted_path_is_one_that_toml_reads(path: str, key: str | int, expected: str) -> None:
    assert dotted(path, key) == expected


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x7f")))
def test_a_dotted_path_can_be_pasted_into_the_file(key: str) -> None:
    assert tomllib.loads(f"{dotted('a', key)} = 1") == {"a": {key: 1}}


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("", "a string"),
        (True, "true or false"),
        (1, "an integer"),
        (1.5, "a number"),
        ([], "a list"),
        (["a", 1], "a list with an integer in it"),
        ([["a"]], "a list with a list in it"),
        ({}, "a table"),
        (dt.date(2026, 1, 1), "a date or time"),
    ],
)
def test_types_are_named_in_words(value: object, name: str) -> None:
    assert type_name(value) == name


def test_near_words_are_suggested_and_far_ones_not() -> None:
    assert did_you_mean("exlude", ["include", "exclude"]) == "did you mean 'exclude'?"
    assert did_you_mean("matrix", ["properties"]) == ""


def test_wrong_types_are_reported_and_read_as_absent() -> None:
    report = Mistakes()
    table = Table(
        {"name": 1, "flag": "no", "list": ["a", 2], "table": [], "rows": {}, "row": [1]},
        "tool.x",
        report,
    )
    assert table.string("name") is None
    assert table.boolean("flag") is None
    assert table.strings("list") == ()
    assert list(table.table("table")) == []
    assert table.tables("rows") == []
    assert [list(row) for row in table.tables("row")] == [[]]
    assert [str(problem) for problem in report.problems] == [
        "tool.x.name: must be a string, not an integer",
        "tool.x.flag: must be true or false, not a string",
        "tool.x.list: must be a list of strings, not a list with an integer in it",
        "tool.x.table: must be a table, not a list",
        "tool.x.rows: must be an array of tables, not a table",
        "tool.x.row[0]: must be a table, not an integer",
    ]


def test_what_is_absent_is_no_mistake() -> None:
    report = Mistakes()
    table = Table(None, "tool.x", report)
    assert table.string("a") is table.boolean("a") is table.get("a") is None
    assert table.strings("a") == ()
    assert table.table("a").table("b").is_empty
    assert table.tables("a") == []
    assert report.problems == []


def test_a_table_that_is_none_is_not_an_empty_one() -> None:
    wrong = Table(3, "tool.x", Mistakes())
    assert wrong.is_wrong
    assert not wrong.is_empty
    assert Table({}, "tool.x", Mistakes()).is_empty
    assert not Table({"a": 1}, "tool.x", Mistakes()).is_empty


def test_unknown_keys_are_reported_with_what_may_be_meant() -> None:
    report = Mistakes()
    model = TableOf({"exclude": Key(ListOf(String()), ""), "include": Key(String(), "")})
    table = Table({"exlude": [], "zzz": 1, "old": 2}, "row", report, model)
    table.only(hints={"old": "write new"})
    assert report.problems == [
        Problem("row.exlude", "unknown key", "did you mean 'exclude'?"),
        Problem("row.zzz", "unknown key", "known: exclude, include"),
        Problem("row.old", "unknown key", "write new"),
    ]


def test_a_mistake_that_is_met_twice_is_reported_once() -> None:
    report = Mistakes()
    table = Table({"a": 1}, "", report)
    table.strings("a")
    table.strings("a")
    assert len(report.problems) == 1


def test_the_report_counts_its_mistakes() -> None:
    one = ConfigurationError([Problem("a.b", "is wrong", "write c")])
    assert str(one) == (
        "pyproject.toml has 1 mistake in its variants:\n  - a.b: is wrong\n    write c"
    )
    two = ConfigurationError([Problem("a", "is wrong"), Problem("b", "is, too")])
    assert str(two) == (
        "pyproject.toml has 2 mistakes in its variants:\n  - a: is wrong\n  - b: is, too"
    )
    assert two.exit_code == 2


def test_a_reader_that_asks_for_what_the_model_does_not_have_fails() -> None:
    model = TableOf({"name": Key(String(), ""), "tables": Key(MappingOf("name", TableOf({})), "")})
    table = Table({"name": "a", "nmae": "b"}, "tool.x", Mistakes(), model)
    for read in (table.string, table.get):
        with pytest.raises(LookupError, match=r"^the model of tool\.x has no such key: nmae$"):
            read("nmae")
    for read in (table.boolean, table.strings, table.tables, table.table):
        with pytest.raises(LookupError):
            read("name")
    with pytest.raises(LookupError):
        table.table("tables").string("any")


def test_what_is_absent_or_wrong_is_the_default_of_the_model() -> None:
    model = TableOf(
        {
            "mode": Key(String(("on", "off")), "", default="on"),
            "flag": Key(Boolean(), "", default=True),
        }
    )
    for values in ({}, {"mode": "of", "flag": 1}, {"mode": 1, "flag": "no"}):
        report = Mistakes()
        table = Table(values, "tool.x", report, model)
        assert (table.string("mode"), table.boolean("flag")) == ("on", True)
        assert len(report.problems) == len(values)
    given = Table({"mode": "off", "flag": False}, "tool.x", Mistakes(), model)
    assert (given.string("mode"), given.boolean("flag")) == ("off", False)
