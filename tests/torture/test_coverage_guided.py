"""Cases that coverage guides to what no other case has reached; see fuzz_targets.py."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from figures import Figure
from fuzz_targets import TARGETS

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(
        importlib.util.find_spec("atheris") is None, reason="needs atheris (Linux on x86-64)"
    ),
]

RUNS = int(os.environ.get("WHEELNEXT_TORTURE_RUNS", "10000"))
"""Cases for each target."""

FUZZING = Path(__file__).with_name("fuzzing.py")
DONE = re.compile(r"^#(?P<runs>\d+)\s+DONE\s+cov: (?P<coverage>\d+)", re.MULTILINE)


@pytest.mark.parametrize("target", TARGETS)
def test_every_case_is_read_or_refused(target: str, tmp_path: Path, figure: Figure) -> None:
    result = subprocess.run(
        [sys.executable, FUZZING, target, tmp_path, f"-runs={RUNS}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    output = result.stdout.decode(errors="replace")
    if result.returncode:
        pytest.fail(f"{target}: status {result.returncode}\n{failing(tmp_path)}\n{told(output)}")
    done = DONE.search(output)
    assert done, f"no coverage was counted; is the project installed as editable?\n{output}"
    figure(f"{done['runs']} cases, {done['coverage']} places covered")
    assert int(done["runs"]) >= RUNS


def failing(folder: Path) -> str:
    """The case that failed, as libFuzzer has left it."""
    kinds = ("crash-*", "timeout-*", "oom-*")
    cases = [path for kind in kinds for path in sorted(folder.glob(kind))]
    return "\n".join(f"{path.name}: {path.read_bytes()[:2000].hex()}" for path in cases)


def told(output: str) -> str:
    """What was printed, without the modules that are counted and the cases that were new."""
    noise = ("INFO:", "#", "WARNING: Failed to find function")
    return "\n".join(line for line in output.splitlines() if not line.startswith(noise))
