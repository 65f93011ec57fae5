"""A run of cibuildwheel that fails or is killed leaves no labelled wheel that is not whole."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cibuildwheel_tools import (
    ONE_RUN_SETTINGS,
    command,
    copied,
    needs_image,
    variables,
    wheelnext_build,
)
from clients import Run

from wheelnext_build.wheels.description import record_problems
from wheelnext_build.wheels.reader import WheelReader

pytestmark = [pytest.mark.e2e, needs_image]

FAIL_FOR_312 = "python -c 'import sys; sys.exit(sys.version_info[:2] == (3, 12))' && pip install"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    found = copied("bundles", tmp_path)
    with (found / "pyproject.toml").open("a") as stream:
        stream.write(f"\n{ONE_RUN_SETTINGS}")
    return found


@pytest.fixture
def containers(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment for containers of this test alone; removes those that are left after it."""
    chosen = os.environ.get("CIBW_CONTAINER_ENGINE", "docker")
    engine = chosen.partition(";")[0]
    label = f"wheelnext-test={tmp_path.as_posix()}"
    yield {"CIBW_CONTAINER_ENGINE": f"{chosen}; create_args: --label {label}"}
    listed = (engine, "ps", "--all", "--quiet", "--filter", f"label={label}")
    left = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
    if left:
        subprocess.run((engine, "rm", "--force", *left), check=True, capture_output=True)


def assert_whole(folder: Path) -> int:
    """The number of wheels in a folder, each of which must be whole."""
    wheels = sorted(folder.glob("*.whl"))
    for path in wheels:
        with WheelReader(path) as reader:
            assert record_problems(reader) == []
    return len(wheels)


def test_an_interpreter_that_fails(source: Path, run: Run) -> None:
    path = source / "pyproject.toml"
    path.write_text(path.read_text().replace("pip install", FAIL_FOR_312, 1))
    out = source.parent / "wheelhouse"
    run(*command(source, out), cwd=source, env=variables(), status=1)
    # cibuildwheel hands out what a container has when all is built.
    assert list(out.glob("*.whl")) == []


@pytest.mark.parametrize(
    ("line", "count"),
    [("Repairing wheel...", 2), ("wheelnext-build test x86_64_v3", 3), ("Copying wheels back", 1)],
)
def test_a_run_that_is_killed(
    line: str, count: int, source: Path, run: Run, containers: dict[str, str]
) -> None:
    out = source.parent / "wheelhouse"
    environment = {**os.environ, **variables(), **containers}
    with subprocess.Popen(
        [str(part) for part in command(source, out)],
        cwd=source,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        for text in process.stdout:
            count -= line in text
            if count == 0:
                break
        process.kill()
    assert count == 0
    found = assert_whole(out)
    if found:
        wheelnext_build(run, "index", out)
