"""A build's look at its own wheels; whole builds with faults are in tests/builds."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from wheelnext_build.audit.comparison import Gist
from wheelnext_build.building import self_check
from wheelnext_build.building.self_check import (
    AuditedWheel,
    SelfCheck,
    check_installed,
    judged_together,
    requirements,
)
from wheelnext_build.config.audit_settings import AuditConfig
from wheelnext_build.config.build_target import BuildTarget
from wheelnext_build.errors import ToolchainError
from wheelnext_build.variants.allowance import Allowance
from wheelnext_build.variants.variant import Variant


def target(machine: str, system: str = "linux") -> BuildTarget:
    return BuildTarget(machine, {"sys_platform": system})


@pytest.mark.parametrize(("missing", "system"), [("lief", "win32"), ("iced_x86", "linux")])
def test_what_is_not_installed_is_said_with_what_to_do(
    missing: str, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_installed(AuditConfig(), target("x86_64", system))
    monkeypatch.setattr(self_check, "find_spec", lambda name: None if name == missing else object())
    name = missing.replace("_", "-")
    with pytest.raises(ToolchainError, match=rf"needs {name}: install wheelnext-build\[audit\]"):
        check_installed(AuditConfig(), target("x86_64", system))


def test_switched_off_it_needs_nothing_and_looks_at_nothing(tmp_path: Path) -> None:
    off = AuditConfig(mode="off")
    assert requirements(off, target("x86_64")) == []
    nowhere = tmp_path / "nowhere.whl"
    assert SelfCheck(off).audited(nowhere, None, "plain", differs=False) is None


def test_a_processor_without_levels_needs_no_disassembler() -> None:
    assert requirements(AuditConfig(), target("riscv64")) == []
    assert requirements(AuditConfig(), target("riscv64", "darwin")) == ["lief>=0.16"]


def test_code_for_amd_may_be_compressed() -> None:
    plain = Variant.from_mapping("v3", {"x86_64": {"level": ["v3"]}})
    amd = Variant.from_mapping("gfx90a", {"amd": {"gfx_arch": ["gfx90a"]}})
    without = requirements(AuditConfig(), target("riscv64"), [plain])
    further = ["backports.zstd>=1"] if sys.version_info < (3, 14) else []
    assert requirements(AuditConfig(), target("riscv64"), [plain, amd]) == [*without, *further]
    check_installed(AuditConfig(), target("x86_64"), [amd])


def audited(title: str, digest: str, *, special: bool = True) -> AuditedWheel:
    return AuditedWheel(Gist(title, digest, not special, {}, {}, {}), special, frozenset(), {})


def test_the_variant_is_refused_that_changes_nothing_and_never_the_plain_wheel() -> None:
    """Whatever the order in which they were finished."""
    plain, v2 = audited("plain", "same", special=False), audited("v2", "same")
    for wheels in ([plain, v2], [v2, plain]):
        errors = judged_together(AuditConfig(), wheels)
        assert list(errors) == ["v2"]
        assert "its binaries are those of plain, byte for byte: the flags of v2" in errors["v2"]


def test_of_two_variants_that_are_the_same_the_second_is_refused() -> None:
    errors = judged_together(AuditConfig(), [audited("v2", "same"), audited("v3", "same")])
    assert list(errors) == ["v3"]
    assert "its binaries are those of v2" in errors["v3"]


def test_wheels_without_binaries_and_those_that_differ_are_not_compared() -> None:
    assert judged_together(AuditConfig(), [audited("v2", ""), audited("v3", "")]) == {}
    assert judged_together(AuditConfig(), [audited("v2", "a"), audited("v3", "b")]) == {}


def test_in_mode_warn_a_variant_that_changes_nothing_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wheels = [audited("plain", "same", special=False), audited("v2", "same")]
    assert judged_together(AuditConfig(mode="warn"), wheels) == {}
    assert "the flags of v2 change nothing" in capsys.readouterr().out


def test_a_rule_that_allowed_nothing_in_any_wheel_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rules = tuple(Allowance(path, "tested", (), ()) for path in ("used.so", "unused.so"))
    used = replace(audited("v2", "a"), used_rules=frozenset({0}))
    judged_together(AuditConfig(rules=rules), [audited("plain", "b", special=False), used])
    said = capsys.readouterr().out
    assert "the audit's rule for 'unused.so' allowed nothing" in said
    assert "'used.so'" not in said.replace("'unused.so'", "")
