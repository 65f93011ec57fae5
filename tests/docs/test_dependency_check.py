"""The check of this project's own dependencies: docs/tools/dependencies.py."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from importlib.metadata import Distribution
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "tools" / "dependencies.py"


@pytest.fixture
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dependencies_check", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def described(folder: Path, *lines: str) -> Distribution:
    path = folder / "pkg-1.0.dist-info"
    path.mkdir()
    (path / "METADATA").write_text("\n".join(("Name: pkg", "Version: 1.0", *lines, "")))
    return Distribution.at(path)


@pytest.mark.parametrize(
    ("lines", "refused"),
    [
        (["License-Expression: MIT"], ""),
        (["License-Expression: GPL-3.0-only OR Apache-2.0"], ""),
        (["License-Expression: MIT AND GPL-3.0-only"], "pkg 1.0: MIT AND GPL-3.0-only"),
        (["Classifier: License :: OSI Approved :: BSD License"], ""),
        (
            ["Classifier: License :: OSI Approved", "License: Apache License 2.0"],
            "",
        ),
        (
            ["Classifier: License :: OSI Approved :: GNU General Public License (GPL)"],
            "pkg 1.0: GNU General Public License (GPL)",
        ),
        ([], "pkg 1.0: says none"),
    ],
)
def test_licences(check: ModuleType, tmp_path: Path, lines: list[str], refused: str) -> None:
    assert check.refusal(described(tmp_path, *lines)) == refused


def answering(*answers: Any) -> Any:
    """pip-audit's part of the conversation: what it writes, or says where it writes nothing."""
    waiting = [*answers]

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        answer = waiting.pop(0)
        if isinstance(answer, str):
            return subprocess.CompletedProcess(command, 1, "", answer)
        text = json.dumps({"dependencies": answer, "fixes": []})
        Path(command[command.index("--output") + 1]).write_text(text)
        return subprocess.CompletedProcess(command, 0, "", "")

    return run


SKIPPED = {"name": "a", "skip_reason": "Dependency not found"}
SOUND = {"name": "a", "version": "1", "vulns": []}
FAULTY = {"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1"}]}
OFFLINE = "requests.exceptions.ConnectionError: Max retries exceeded"


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([[SOUND, SKIPPED]], "not audited: a: Dependency not found"),
        ([[SOUND]], "none known to pypi in 1"),
        ([[FAULTY]], "vulnerable: a 1: PYSEC-1"),
        ([[SKIPPED], [FAULTY]], "vulnerable: a 1: PYSEC-1"),
        ([OFFLINE, [SOUND]], "none known to osv in 1"),
        ([[SKIPPED], OFFLINE], "not audited: no vulnerability service can be reached"),
    ],
)
def test_vulnerabilities(
    check: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answers: list[Any],
    said: str,
) -> None:
    monkeypatch.setattr(check.subprocess, "run", answering(*answers))
    vulnerable = check.is_vulnerable(["a==1"])
    assert vulnerable is said.startswith("vulnerable")
    assert said in capsys.readouterr().out


def test_an_answer_that_is_none_is_no_pass(
    check: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check.subprocess, "run", answering("usage: pip-audit"))
    with pytest.raises(SystemExit, match="no answer"):
        check.is_vulnerable(["a==1"])
