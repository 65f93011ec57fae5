"""A build that is ended from outside: no process, no half wheel, no temporary folder stays."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from builds_tools import Project, clean_environment
from processes import wait_until

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


def sleepers() -> list[str]:
    """The processes of the compiler that never ends."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if entry.read_bytes() == b"sleep\x00987\x00":
                found.append(entry.parent.name)
        except OSError:
            continue
    return found


HEEDS_SIGNALS = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "signal.signal(signal.SIGHUP, signal.SIG_DFL); "
)
"""Whoever runs the tests in the background, or by nohup(1), may have it ignore these."""


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
    compiler = built.folder / "slow-cc"
    compiler.write_text(SLOW)
    compiler.chmod(0o755)
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


def test_the_workers_end_with_a_build_that_was_killed(
    running: tuple[Project, subprocess.Popen[str]],
) -> None:
    built, process = running
    process.kill()
    process.wait()
    wait_until(lambda: not sleepers(), 30)
    assert list(built.dist.rglob("*.whl")) == []
    shutil.rmtree(built.dist / "new", ignore_errors=True)
    (built.folder / "slow-cc").write_text('#!/bin/sh\nexec cc "$@"\n')
    # And the next build finds nothing in its way.
    built.build({"variant-label": "first"})
    assert built.labels() == ["first"]
