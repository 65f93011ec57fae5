"""Interpreters by version, command and path."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from wheelnext_build.cli.main import main
from wheelnext_build.errors import RequestError
from wheelnext_build.frontend.pythons import find

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.mark.parametrize(
    "name",
    [
        HERE,
        f"cp{sys.version_info[0]}{sys.version_info[1]}",
        f"python{HERE}",
        f"{HERE}.{sys.version_info[2]}",
        sys.executable,
    ],
)
def test_find_returns_this_interpreter_for_each_of_its_names(name: str) -> None:
    found = find(name)
    assert found.version == sys.version_info[:3]
    assert found.title == HERE


@pytest.mark.parametrize("name", ["3.99", "no-such-python", "/no/such/python", f"{HERE}.99"])
def test_an_unknown_interpreter_is_an_error(name: str) -> None:
    with pytest.raises(RequestError, match="no such interpreter"):
        find(name)


def test_a_command_that_is_not_python_is_an_error(tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)
    with pytest.raises(RequestError, match="no such interpreter"):
        find(str(program))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--python", HERE, "--python", sys.executable], "is named twice"),
        (["--python", HERE, "--no-isolation"], "not with --no-isolation"),
        (["--python", "3.99"], "no such interpreter"),
    ],
)
def test_build_rejects_wrong_interpreters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\nversion = '1'\n")
    assert main(["build", str(tmp_path), *arguments]) == 2
    assert expected in capsys.readouterr().err
