"""validate-pyproject checks [tool.wheelnext-build] wherever this package is installed beside it."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from validate_pyproject.api import Validator
from validate_pyproject.errors import ValidationError

REPOSITORY = Path(__file__).parents[2]
FOLDERS = ("sample_ext", "tests/packages", "bench")
PROJECTS = [path for folder in FOLDERS for path in (REPOSITORY / folder).rglob("pyproject.toml")]


@cache
def validator() -> Validator:
    """With the plugins that are installed."""
    return Validator()


def test_validate_pyproject_knows_the_table_by_the_entry_point() -> None:
    (point,) = entry_points(group="validate_pyproject.tool_schema", name="wheelnext-build")
    assert point.load()("wheelnext-build")["title"] == "[tool.wheelnext-build] of pyproject.toml"


BUILD_SYSTEM = {"requires": ["wheelnext-build"], "build-backend": "wheelnext_build"}


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_validate_pyproject_accepts_what_is_right(path: Path) -> None:
    document = tomllib.loads(path.read_text("utf-8"))
    document.pop("variant", None)
    validator()(document)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("flags-scop = 'targets'", r"`tool\.wheelnext-build` must not contain \{'flags-scop'\}"),
        ("flags-scope = 'target'", r"`tool\.wheelnext-build\.flags-scope` must be one of"),
        ("matrix = {}", r"`tool\.wheelnext-build\.matrix` must be array"),
        ("properties.'a :: b :: c'.cxx-flags = '-g'", r"cxx-flags` must be array"),
        ("properties.'a :: b'.no-flags = true", r"must not contain \{'a :: b'\}"),
        ("matrix = [{ axes.x86_64.level = ['V3'] }]", r"level\[0\]` cannot be validated by any"),
        ("matrix = [{ axes.a.b = ['c'], label = '{x' }]", r"label` must match pattern"),
        ("matrix = [{ label = 'x' }]", r"matrix\[0\]` cannot be validated by any"),
        ("audit.allow = [{ path = '*' }]", r"must contain \['reason'\]"),
    ],
)
def test_validate_pyproject_refuses_what_is_wrong(text: str, expected: str) -> None:
    document = {"tool": {"wheelnext-build": tomllib.loads(text)}, "build-system": BUILD_SYSTEM}
    with pytest.raises(ValidationError, match=expected):
        validator()(document)


def test_validate_pyproject_does_not_know_the_standard_table() -> None:
    """No plugin can add a table at the top; once it takes this one, the manual must say so."""
    with pytest.raises(ValidationError, match=r"must not contain \{'variant'\}"):
        validator()({"build-system": BUILD_SYSTEM, "variant": {}})


@pytest.mark.parametrize(("scope", "status"), [("targets", 0), ("target", 1)])
def test_the_command_says_so_as_well(tmp_path: Path, scope: str, status: int) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(
        '[build-system]\nrequires = ["wheelnext-build"]\nbuild-backend = "wheelnext_build"\n'
        f'[tool.wheelnext-build]\nflags-scope = "{scope}"\n'
    )
    command = shutil.which("validate-pyproject")
    assert command is not None
    done = subprocess.run([command, str(path)], check=False, capture_output=True, text=True)
    assert done.returncode == status
    assert ("`tool.wheelnext-build.flags-scope` must be one of" in done.stderr) is bool(status)
