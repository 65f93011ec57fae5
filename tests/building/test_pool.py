"""Worker processes: their results, their output, and their end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from plans import plan_of

from wheelnext_build.building.pool import WorkerPool
from wheelnext_build.building.trees.tree import Tree
from wheelnext_build.building.wheel_pass import Pass
from wheelnext_build.errors import ProviderError

PROJECT = """
[project]
name = "pure"
version = "1.0"
[tool.scikit-build]
wheel.cmake = false
[tool.wheelnext-build.audit]
mode = "off"
[[tool.wheelnext-build.matrix]]
axes.x86_64.level = ["v3"]
"""

needs_posix = pytest.mark.skipif(os.name != "posix", reason="sends signals")


@pytest.fixture
def wheel_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pass:
    """The pass of the plain wheel of a pure Python project."""
    for name in ("PIP_BUILD_TRACKER", "SKBUILD_BUILD_DIR"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "project"
    (folder / "src" / "pure").mkdir(parents=True)
    (folder / "src" / "pure" / "__init__.py").touch()
    (folder / "pyproject.toml").write_text(PROJECT)
    monkeypatch.chdir(folder)
    plan = plan_of(PROJECT)
    return Pass.of(plan, plan.jobs[0], Tree(tmp_path / "tree"), tmp_path / "staging", {})


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[WorkerPool]:
    with WorkerPool(tmp_path, None, audits=False) as pool:
        yield pool


def test_a_worker_prints_through_a_pipe_and_returns_its_wheel(
    pool: WorkerPool, wheel_pass: Pass
) -> None:
    lines: list[str] = []
    outcome = pool.run(wheel_pass, dict(os.environ), lines.append)
    assert outcome is not None
    assert outcome.wheel is not None
    assert outcome.wheel.path.name == "pure-1.0-py3-none-any.whl"
    assert outcome.wheel.path.is_file()
    assert any("Making wheel" in line for line in lines)


def test_a_failure_is_an_outcome_with_its_reason(pool: WorkerPool, wheel_pass: Pass) -> None:
    Path("pyproject.toml").write_text("[project]\nname = 'pure'\n")
    lines: list[str] = []
    outcome = pool.run(wheel_pass, dict(os.environ), lines.append)
    assert outcome is not None
    assert outcome.wheel is None
    assert outcome.error


def test_an_error_about_the_request_is_raised(
    pool: WorkerPool, wheel_pass: Pass, tmp_path: Path
) -> None:
    """As in this process: here the variant's provider was not asked before."""
    plan = plan_of(
        PROJECT.replace('x86_64.level = ["v3"]', 'blas.kind = ["mkl"]')
        + """
[variant.providers.blas]
build-requires = ["blas-provider"]
[tool.wheelnext-build.properties."blas :: kind :: mkl"]
no-flags = true
"""
    )
    unasked = Pass.of(plan, plan.jobs[1], Tree(tmp_path / "tree"), tmp_path / "staging", {})
    with pytest.raises(ProviderError):
        pool.run(unasked, dict(os.environ), print)


@needs_posix
def test_a_worker_that_is_killed_is_named_with_its_status(
    pool: WorkerPool, wheel_pass: Pass
) -> None:
    def kill(line: str) -> None:
        if "pid=" in line:
            os.kill(int(line.partition("pid=")[2]), signal.SIGKILL)

    outcome = pool.run(announcing_its_process(wheel_pass), dict(os.environ), kill)
    assert outcome is not None
    assert outcome.error == "plain: the worker died (status -9), see above"


@needs_posix
def test_a_stopped_pool_ends_its_workers_and_starts_no_further_ones(
    pool: WorkerPool, wheel_pass: Pass
) -> None:
    started = threading.Event()
    stopper = threading.Thread(target=lambda: (started.wait(60), pool.stop()))
    stopper.start()
    slow = announcing_its_process(wheel_pass)
    assert pool.run(slow, dict(os.environ), lambda _line: started.set()) is None
    stopper.join()
    assert pool.run(wheel_pass, dict(os.environ), print) is None


def announcing_its_process(wheel_pass: Pass) -> Pass:
    """Return a pass whose metadata plugin prints its process and then waits."""
    Path("plugin.py").write_text(
        "import os, time\n"
        "def dynamic_metadata(field, settings=None, *rest):\n"
        "    print(f'pid={os.getpid()}', flush=True)\n"
        "    time.sleep(60)\n"
    )
    tables = Path("pyproject.toml").read_text().replace('version = "1.0"', 'dynamic = ["version"]')
    provider = '\n[tool.scikit-build.metadata.version]\nprovider = "plugin"\nprovider-path = "."\n'
    tables = tables.replace("[tool.scikit-build]", "[tool.scikit-build]\nexperimental = true")
    Path("pyproject.toml").write_text(tables + provider)
    return replace(wheel_pass)
