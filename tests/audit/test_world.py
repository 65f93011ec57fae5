"""Small wheels of other people, fetched from PyPI: what docs/audit.md says of them is true."""

from __future__ import annotations

from pathlib import Path

import pytest
from from_pypi import fetched

from wheelnext_build.audit.verdict import Verdict
from wheelnext_build.audit.wheels import audit_wheels

pytestmark = pytest.mark.audit


MANYLINUX = [f"manylinux_2_{minor}_x86_64" for minor in (17, 24, 26, 27, 28, 34)]


def verdict(requirement: str, folder: Path) -> Verdict:
    (found,) = audit_wheels([fetched(requirement, folder, *MANYLINUX)])
    return found


@pytest.mark.parametrize("requirement", ["markupsafe==3.0.4", "lz4==4.4.5"])
def test_wheels_for_any_processor(requirement: str, tmp_path: Path) -> None:
    found = verdict(requirement, tmp_path)
    assert found.binaries
    assert found.holds
    assert found.level("x86_64") == "v1"


def test_dispatch_of_its_own_needs_a_rule(tmp_path: Path) -> None:
    found = verdict("xxhash==4.1.0", tmp_path)
    assert {finding.kind for finding in found.errors} <= {"leak"}


def test_a_wheel_that_is_built_for_more(tmp_path: Path) -> None:
    found = verdict("lxml==6.1.3", tmp_path)
    assert not found.holds
    assert "SSSE3" in found.extensions("x86_64")
    assert "AVX" not in found.extensions("x86_64")
