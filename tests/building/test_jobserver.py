"""How many compilers may run, and when several builds share one pool."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from plans import project_of

from wheelnext_build.building import jobserver
from wheelnext_build.building.jobserver import JobServer

needs_fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the pool is a named pipe")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    monkeypatch.chdir(tmp_path)
    for name in ("MAKEFLAGS", "CMAKE_GENERATOR", "CMAKE_ARGS", "CMAKE_BUILD_PARALLEL_LEVEL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("said", "slots"), [("3", 3), ("0", None), ("x", None), ("", None)])
def test_slots(monkeypatch: pytest.MonkeyPatch, said: str, slots: int | None) -> None:
    monkeypatch.setenv("CMAKE_BUILD_PARALLEL_LEVEL", said)
    assert jobserver.slots() == (slots or len(os.sched_getaffinity(0)))


@needs_fifo
def test_ninja_is_wanted_unless_the_build_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    def wants(settings: dict[str, str | list[str]]) -> bool:
        return jobserver.wants_ninja(project_of("").skbuild_settings(settings, "wheel", os.environ))

    assert wants({})
    assert wants({"cmake.args": "-GNinja"})
    assert wants({"build.tool-args": "-v"})
    assert not wants({"build.tool-args": "-j4"})
    assert not wants({"build.tool-args": ["-v", "--parallel=2"]})
    assert not wants({"cmake.args": "-G;Unix Makefiles"})
    assert not wants({"cmake.define.CMAKE_GENERATOR": "Ninja Multi-Config"})
    monkeypatch.setenv("CMAKE_ARGS", "-GNinja -DCMAKE_GENERATOR=X")
    assert wants({})
    monkeypatch.setenv("CMAKE_GENERATOR", "Unix Makefiles")
    monkeypatch.setenv("CMAKE_ARGS", "")
    assert not wants({})
    monkeypatch.delenv("CMAKE_GENERATOR")
    monkeypatch.setenv("MAKEFLAGS", "-j --jobserver-auth=fifo:/tmp/x")
    assert not wants({})


@needs_fifo
@pytest.mark.parametrize(("slots", "clients", "tokens"), [(4, 2, 2), (2, 2, 0), (1, 3, 0)])
def test_the_pool_has_what_the_builds_own_jobs_leave(
    tmp_path: Path, slots: int, clients: int, tokens: int
) -> None:
    server = JobServer(tmp_path, slots, clients)
    try:
        pipe = os.open(tmp_path / "jobserver", os.O_RDWR | os.O_NONBLOCK)
        server.release()
        assert os.read(pipe, 100) == b"+" * (tokens + 1)
        os.close(pipe)
        assert f"--jobserver-auth=fifo:{tmp_path}/jobserver" in server.joined({})["MAKEFLAGS"]
    finally:
        server.close()
