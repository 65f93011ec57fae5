"""Small wheels of other people, fetched from PyPI: what docs/audit.md says of them is true."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from from_pypi import fetched

from wheelnext_build.audit import files
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
    assert {finding.kind for finding in found.errors} == {"leak"}


def test_a_wheel_that_is_built_for_more(tmp_path: Path) -> None:
    found = verdict("lxml==6.1.3", tmp_path)
    assert not found.holds
    assert "SSSE3" in found.extensions("x86_64")
    assert "AVX" not in found.extensions("x86_64")


def test_gpu_code_as_amds_compilers_compress_it(tmp_path: Path) -> None:
    """Layouts of ROCm 6.4 (version 2) and 7.2 (version 3), both packed by zstd."""
    wheel = fetched("bitsandbytes==0.50.0", tmp_path, "manylinux_2_24_x86_64")
    for release, further in (("64", set()), ("72", {"gfx950"})):
        path = f"bitsandbytes/libbitsandbytes_rocm{release}.so"
        with zipfile.ZipFile(wheel) as archive:
            (found,) = files.audit(path, archive.read(path))
        numbers = [
            "90a",
            "942",
            "1100",
            "1101",
            "1102",
            "1103",
            "1150",
            "1151",
            "1152",
            "1153",
            "1200",
            "1201",
        ]
        assert set(found.architectures) == {f"gfx{number}" for number in numbers} | further
