"""The schemas in the engines of editors: Taplo (Even Better TOML) and Tombi."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from wheelnext_build.config import schema

pytestmark = pytest.mark.e2e

PROJECT = """
[build-system]
requires = ["wheelnext-build"]
build-backend = "wheelnext_build"

[tool.wheelnext-build]
flags-scope = "SCOPE"

[[tool.wheelnext-build.matrix]]
axes.x86_64.level = ["v3"]

[variant.variants.x86_64_v2]
x86_64.level = ["v2"]
"""
COMMANDS = [["taplo", "lint"], ["tombi", "lint", "--offline"]]


def lint(command: list[str], folder: Path, scope: str, comment: str = "") -> tuple[int, str]:
    for name in schema.names():
        (folder / f"{name}.schema.json").write_text(schema.text(name), encoding="utf-8")
    (folder / "pyproject.toml").write_text(comment + PROJECT.replace("SCOPE", scope))
    done = subprocess.run(
        [*command, "pyproject.toml"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_the_comment_of_the_manual_finds_the_schema(tmp_path: Path, command: list[str]) -> None:
    comment = "#:schema ./pyproject.schema.json\n"
    status, said = lint(command, tmp_path, "targets", comment)
    assert status == 0, said
    status, said = lint(command, tmp_path, "target", comment)
    assert status == 1
    assert '["project", "targets"]' in said.replace('","', '", "')


def test_tombi_takes_the_schema_of_one_table(tmp_path: Path) -> None:
    (tmp_path / "tombi.toml").write_text(
        '[[schemas]]\nroot = "tool.wheelnext-build"\npath = "wheelnext-build.schema.json"\n'
        'include = ["pyproject.toml"]\n'
    )
    _, said = lint(["tombi", "lint", "--offline"], tmp_path, "targets")
    assert "targets" not in said
    status, said = lint(["tombi", "lint", "--offline"], tmp_path, "target")
    assert status == 1
    assert '["project", "targets"]' in said
