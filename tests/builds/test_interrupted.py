"""A build that is ended from outside: no process, no half wheel, no temporary folder stays."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from builds_tools import Project, clean_environment
from processes import having, wait_until

pytestmark = [
    pytest.mark.build,
    pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc"),
]

SLOW = """\
#!/bin/sh
case "$*" in *kind.c*) exec sleep 987;; esac
exec cc "$@"
"""
"""A compiler that never ends."""


def sleepers() -> list[int]:
    """The processes of the compiler that never ends."""
    return having(b"sleep\x00987\x00".__eq__)


def workers() -> list[int]:
    """The processes that make wheels, and the one that they are forked from."""
    return having(lambda line: b"multiprocessing.forkserver" in line)


def servers() -> list[int]:
    """The processes that ``WITH_SERVER`` has started."""
    return having(b"sleep\x00986\x00".__eq__)


WITH_SERVER = SLOW.replace("exec sleep", "(setsid sleep 986 &) ; exec sleep")
"""One that has started a server, as compiler caches do, which serves other builds, too."""

HEEDS_SIGNALS = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "signal.signal(signal.SIGHUP, signal.SIG_DFL); "
)
"""Whoever runs the tests in the background, or by nohup(1), may have it ignore these."""


def write_compiler(built: Project, script: str) -> Path:
    compiler = built.folder / "slow-cc"
    compiler.write_text(script)
    compiler.chmod(0o755)
    return compiler


def hook(built: Project) -> str:
    return HEEDS_SIGNALS + (
        "import wheelnext_build; "
        f"wheelnext_build.build_wheel({str(built.dist)!r}, {{'variants': 'all'}})"
    )


def build(built: Project) -> str:
    arguments = ["build", "--wheel", "--no-isolation", "--outdir", str(built.dist / "new"), "."]
    return HEEDS_SIGNALS + (
        f"import sys; sys.argv[1:] = {arguments}; "
        "from wheelnext_build.cli.entry import main; sys.exit(main())"
    )


@pytest.fixture(params=[hook, build])
def running(
    request: pytest.FixtureRequest, project: Callable[[str], Project], tmp_path: Path
) -> Iterator[tuple[Project, subprocess.Popen[str]]]:
    """A build of four trees whose compilers run, and say nothing."""
    built = project("broken_variant")
    compiler = write_compiler(built, SLOW)
    built.dist.mkdir()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", request.param(built)],
        cwd=built.folder,
        env={**clean_environment(), "CC": str(compiler), "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wait_until(lambda: bool(sleepers()), 30)
    yield built, process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left(
    running: tuple[Project, subprocess.Popen[str]], tmp_path: Path, number: signal.Signals
) -> None:
    built, process = running
    process.send_signal(number)  # and to nobody else, as a supervisor does
    start = time.monotonic()
    output = process.communicate(timeout=30)[0]
    assert time.monotonic() - start < 5
    assert process.returncode == 128 + number, output
    assert "Traceback" not in output
    assert sleepers() == []
    assert built.files() == []
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("running", [hook], indirect=True)
def test_after_a_killed_hook_workers_end_with_their_compilers_and_the_next_build_succeeds(
    running: tuple[Project, subprocess.Popen[str]],
) -> None:
    built, process = running
    process.kill()
    process.wait()
    for sleeper in sleepers():
        os.kill(sleeper, signal.SIGKILL)
    wait_until(lambda: not workers(), 30)
    assert list(built.dist.rglob("*.whl")) == []
    write_compiler(built, '#!/bin/sh\nexec cc "$@"\n')
    built.build({"variant-label": "first"})
    assert built.labels() == ["first"]


def test_sigterm_ends_the_compilers_of_a_plain_wheel_with_its_hook(
    project: Callable[[str], Project],
) -> None:
    built = project("broken_variant")
    compiler = write_compiler(built, WITH_SERVER)
    built.dist.mkdir()
    called = f"import wheelnext_build; wheelnext_build.build_wheel({str(built.dist)!r})"
    process = subprocess.Popen(
        [sys.executable, "-c", HEEDS_SIGNALS + called],
        cwd=built.folder,
        env={**clean_environment(), "CC": str(compiler)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: bool(sleepers() and servers()), 30)
        process.terminate()
        process.wait(10)
        wait_until(lambda: not sleepers(), 5)
        assert servers()
    finally:
        process.kill()
        for pid in (*sleepers(), *servers()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    assert list(built.dist.rglob("*.whl")) == []
