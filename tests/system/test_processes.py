"""Running other programs, and ending them."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import is_running, wait_until

from wheelnext_build.system import processes
from wheelnext_build.system.signals import ending_when_asked

SCRIPT = """#!/bin/sh
echo known
echo "not this" >&2
sleep 987 &
echo $! > "$0.pid"
wait
"""

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


@pytest.fixture
def heeded() -> Iterator[None]:
    """Handle SIGINT, which a test run in the background may ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with ending_when_asked():
        yield
    signal.signal(signal.SIGINT, before)


def script(folder: Path, text: str) -> Path:
    path = folder / "compiler"
    path.write_text(text)
    path.chmod(0o755)
    return path


@needs_proc
def test_a_version_is_read_from_standard_output(tmp_path: Path) -> None:
    program = script(tmp_path, SCRIPT.replace("sleep 987", "true"))
    assert processes.version(str(program)) == "known\n"


@needs_proc
@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda item: item.name)
def test_a_signal_ends_the_program_and_its_children(tmp_path: Path, number: signal.Signals) -> None:
    program = script(tmp_path, SCRIPT)
    started = program.with_name("compiler.pid")

    def interrupt() -> None:
        while not (started.exists() and started.read_text()):
            time.sleep(0.01)
        signal.pthread_kill(threading.main_thread().ident or 0, number)

    threading.Thread(target=interrupt).start()
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        processes.version(str(program))
    wait_until(lambda: not is_running(int(started.read_text())))
