"""Where build trees lie, and when a kept folder is emptied."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from wheelnext_build.building.trees.folder import trees_folder


def test_a_kept_folder_is_not_for_those_who_pack_the_project(tmp_path: Path) -> None:
    for _ in range(2):
        with trees_folder(tmp_path / "build", "project") as folder:
            assert folder.kept
            assert (folder.path / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize(("ahead", "stays"), [(60, False), (-60, True)])
def test_a_kept_folder_is_emptied_if_an_object_is_newer_than_now(
    tmp_path: Path, ahead: int, stays: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept"
    with trees_folder(kept, "pkg"):
        (kept / "shared").mkdir()
        (kept / "shared" / "module.c.o").touch()
        os.utime(kept / "shared" / "module.c.o", (time.time() + ahead,) * 2)
    with trees_folder(kept, "pkg"):
        assert (kept / "shared").exists() == stays
    assert ("the clock was set back" in capsys.readouterr().out) == (not stays)
