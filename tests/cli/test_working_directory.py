"""The commands take no module from the folder in which they are called."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from planted import found_before_any_code_of_ours, imported, plant
from tiny_wheels import x86_64_metadata
from zips import wheel

from wheelnext_build.wheels.stamp import stamp

PROJECT = Path(__file__).parents[1] / "packages" / "targets_scope"

WHEEL = "pkg-1.0-py3-none-any.whl"
MODULE = (sys.executable, "-m", "wheelnext_build")
SCRIPT = (str(Path(sys.executable).with_name("wheelnext-build")),)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    stamp(wheel(tmp_path), tmp_path, x86_64_metadata("x86_64_v3", "v3"))
    return tmp_path


@pytest.mark.parametrize(
    ("command", "without"),
    [
        (("matrix", "--format", "json"), found_before_any_code_of_ours()),
        (("audit", WHEEL), ()),
        (("check", "."), ()),
        (("index", "."), ()),
        (("label", "--property", "x86_64 :: level :: v3", "-o", "out", WHEEL), ()),
        (("unlabel", "-o", "out", "pkg-1.0-py3-none-any-x86_64_v3.whl"), ()),
        (("repair", WHEEL, "out", "--", "cp", "{wheel}", "{dest_dir}"), ()),
        (("migrate", "."), ()),
        (("inspect", WHEEL), ()),
        (("matrix", "--format", "json"), ()),
        (("report", ".", "--html", "report.html"), ()),
        (("select", "."), ()),
    ],
)
def test_no_module_of_the_working_directory_is_imported(
    command: tuple[str, ...], without: tuple[str, ...], folder: Path
) -> None:
    log = folder / "imported.txt"
    plant(folder, log, without=without)
    ended = subprocess.run(
        [*(MODULE if without else SCRIPT), *command],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in ended.stderr
    assert imported(log) == []
    assert ended.returncode in (0, 1), ended.stderr


def test_a_checkout_runs_from_its_own_folder() -> None:
    root = Path(__file__).resolve().parents[2]
    command = [*MODULE, "--version"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
