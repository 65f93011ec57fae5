"""Workers, and their end."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from wheelnext_build.building.pool import Crew
from wheelnext_build.config.audit_settings import AuditConfig


@pytest.mark.skipif(os.name != "posix", reason="of its signals")
def test_workers_that_wait_do_not_finish_loading_where_a_build_ends_early(tmp_path: Path) -> None:
    crew = Crew(tmp_path, None, AuditConfig())

    def interrupted() -> None:
        with crew:
            crew.load(2, tmp_path)
            started.extend(crew._idle)
            raise KeyboardInterrupt

    started: list[subprocess.Popen[bytes]] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [process.returncode for process in started] == [-signal.SIGTERM] * 2


def test_workers_that_wait_end_with_the_build(tmp_path: Path) -> None:
    with Crew(tmp_path, None, AuditConfig()) as crew:
        crew.load(1, tmp_path)
        (process,) = crew._idle
    assert process.returncode == 0
