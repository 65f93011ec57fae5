"""METADATA's dependencies, changed; every other byte stays."""

from __future__ import annotations

import pytest

from wheelnext_build.errors import RequestError, WheelError
from wheelnext_build.wheels.dependencies import Changes

METADATA = b"""Metadata-Version: 2.4
Name: pkg
Version: 1.0
Requires-Dist: numpy>=2; python_version >= "3.11"
requires-dist: NumPy <3
Requires-Dist: tqdm
 >=4
Requires-Dist: numpy>=2.3; extra == "fast"
Provides-Extra: fast
Summary: \xc3\xa4

Requires-Dist: is no dependency here
"""


def changed(metadata: bytes = METADATA, **changes: str) -> list[str]:
    """The lines that are not in METADATA as it was."""
    asked = Changes(**{key: (text,) for key, text in changes.items()})
    after = asked.applied(metadata).decode().splitlines()
    return [line for line in after if line not in metadata.decode().splitlines()]


def test_without_changes_everything_stays() -> None:
    assert Changes().applied(METADATA) == METADATA
    assert not Changes()


def test_one_is_added_behind_the_others() -> None:
    after = Changes(add=("nvidia-cublas>=13",)).applied(METADATA)
    expected = b" >=4\nRequires-Dist: nvidia-cublas>=13\nRequires-Dist: numpy>=2.3; extra"
    assert after == METADATA.replace(b" >=4\nRequires-Dist: numpy>=2.3; extra", expected)


def test_all_of_a_name_are_replaced_by_one_but_for_extras() -> None:
    after = Changes(replace=("numpy==2.4",)).applied(METADATA)
    old = METADATA.split(b"\n")
    assert after.split(b"\n") == [*old[:3], b"Requires-Dist: numpy==2.4", *old[5:]]


def test_all_of_a_name_are_dropped_with_the_lines_that_continue_them() -> None:
    after = Changes(drop=("TQDM",)).applied(METADATA)
    assert after == METADATA.replace(b"Requires-Dist: tqdm\n >=4\n", b"")


def test_a_wheel_without_dependencies_gets_its_first() -> None:
    for metadata in (b"Name: pkg\nVersion: 1.0\n", b"Name: pkg\nVersion: 1.0\n\ntext\n"):
        after = Changes(add=("a",)).applied(metadata)
        assert after == metadata.replace(b"1.0\n", b"1.0\nRequires-Dist: a\n")
    assert Changes(add=("a",)).applied(b"Name: pkg") == b"Name: pkg\nRequires-Dist: a\n"


def test_line_ends_are_those_of_the_file() -> None:
    metadata = METADATA.replace(b"\n", b"\r\n")
    after = Changes(add=("a",), drop=("tqdm",)).applied(metadata)
    assert b"\r\nRequires-Dist: a\r\n" in after
    assert after.count(b"\n") == after.count(b"\r\n")


def test_what_is_not_there_cannot_be_changed() -> None:
    with pytest.raises(WheelError, match="does not depend on scipy, torch"):
        Changes(replace=("torch>2",), drop=("SciPy",)).applied(METADATA)
    with pytest.raises(WheelError, match="does not depend on numpy"):
        Changes(drop=("numpy",)).applied(b'Requires-Dist: numpy; extra == "fast"\n')


def test_mistakes_in_what_is_asked_for() -> None:
    with pytest.raises(RequestError, match="'nvidia cublas' is no requirement"):
        Changes(add=("nvidia cublas",))
    with pytest.raises(RequestError, match="numpy: is to be replaced or dropped more than once"):
        Changes(replace=("numpy>2",), drop=("NumPy",))


def test_a_requirement_that_nobody_can_read() -> None:
    with pytest.raises(WheelError, match="METADATA: Requires-Dist: a b c"):
        Changes(drop=("a",)).applied(b"Requires-Dist: a b c\n")
