"""A build's look at its own wheels; whole builds with faults are in tests/builds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from wheelnext_build.building import self_check
from wheelnext_build.building.self_check import SelfCheck, check_installed, requirements
from wheelnext_build.config.audit_settings import AuditConfig
from wheelnext_build.errors import ToolchainError
from wheelnext_build.variants.variant import Variant


@pytest.mark.parametrize("missing", ["lief", "iced_x86"])
def test_what_is_not_installed_is_said_with_what_to_do(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_installed(AuditConfig(), "x86_64")
    monkeypatch.setattr(self_check, "find_spec", lambda name: None if name == missing else object())
    name = missing.replace("_", "-")
    with pytest.raises(ToolchainError, match=rf"needs {name}: install wheelnext-build\[audit\]"):
        check_installed(AuditConfig(), "x86_64")


def test_switched_off_it_needs_nothing_and_looks_at_nothing(tmp_path: Path) -> None:
    off = AuditConfig(mode="off")
    assert requirements(off, "x86_64") == []
    SelfCheck(off, tmp_path).check(tmp_path / "nowhere.whl", None, "plain", differs=False)


def test_a_processor_without_levels_needs_no_disassembler() -> None:
    assert requirements(AuditConfig(), "riscv64") == ["lief>=0.16"]


def test_code_for_amd_may_be_compressed() -> None:
    plain = Variant.from_mapping("v3", {"x86_64": {"level": ["v3"]}})
    amd = Variant.from_mapping("gfx90a", {"amd": {"gfx_arch": ["gfx90a"]}})
    without = requirements(AuditConfig(), "riscv64", [plain])
    further = ["backports.zstd>=1"] if sys.version_info < (3, 14) else []
    assert requirements(AuditConfig(), "riscv64", [plain, amd]) == [*without, *further]
    check_installed(AuditConfig(), "x86_64", [amd])
