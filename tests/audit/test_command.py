"""``wheelnext-build audit`` as a person and a script use it."""

from __future__ import annotations

import json
import tomllib
import zipfile
from pathlib import Path

import pytest
from tiny_elf import tiny_elf

from wheelnext_build.audit import files
from wheelnext_build.building.self_check import SelfCheck, judged_together
from wheelnext_build.cli.main import main
from wheelnext_build.config.audit_settings import AuditConfig
from wheelnext_build.variants.variant import Property, Variant
from wheelnext_build.wheels.record import record_row

AVX2 = bytes.fromhex("c5fdfec1c3")  # vpaddd ymm0, ymm0, ymm1; ret
SSE2 = bytes.fromhex("0f58c1c3")  # addps xmm0, xmm1; ret
LSE = bytes.fromhex("2000e0b8c0035fd6")  # ldaddal w0, w0, [x1]; ret


def wheel(
    folder: Path, code: bytes, machine: int = 62, *, name: str = "kernel", path: str = "_core.so"
) -> Path:
    """A plain wheel of one library with one function."""
    target = folder / "demo-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"
    info = "demo-1.0.dist-info"
    library = tiny_elf(code, name, machine)
    members = {f"demo/{path}": library, f"{info}/WHEEL": b""}
    members[f"{info}/METADATA"] = b"Name: demo\nVersion: 1.0\n"
    rows = [",".join(record_row(name, data)) for name, data in members.items()]
    with zipfile.ZipFile(target, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
        archive.writestr(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,"]) + "\n")
    return target


def project(folder: Path, audit: str) -> Path:
    (folder / "pyproject.toml").write_text(f"[tool.wheelnext-build.audit]\n{audit}\n")
    return folder


def test_a_wheel_that_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(wheel(tmp_path, SSE2))]) == 0
    output = capsys.readouterr().out
    assert "x86_64 v1 in 1 binary" in output
    assert "holds" in output


def test_a_wheel_that_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(wheel(tmp_path, AVX2))]) == 1
    output = capsys.readouterr().out
    assert "does not hold" in output
    assert "1 function needs AVX2, beyond the plain wheel: the baseline: kernel (0x1000: " in output


def test_json_has_what_was_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--json", str(wheel(tmp_path, AVX2))]) == 1
    (verdict,) = json.loads(capsys.readouterr().out)
    assert verdict["holds"] is False
    assert verdict["levels"] == {"x86_64": "v3"}
    (binary,) = verdict["binaries"]
    assert binary["needs"]["AVX2"]["places"] == [
        {"function": "kernel", "address": 0x1000, "instruction": "vpaddd ymm0,ymm0,ymm1"}
    ]


def test_what_is_suggested_is_a_rule_without_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = wheel(tmp_path, AVX2)
    assert main(["audit", "--suggest", str(path)]) == 1
    text = capsys.readouterr().out
    (rule,) = tomllib.loads(text)["tool"]["wheelnext-build"]["audit"]["allow"]
    assert rule == {
        "path": "demo/_core.so",
        "extensions": ["AVX2"],
        "symbols": ["kernel"],
        "reason": "",
    }
    (tmp_path / "pyproject.toml").write_text(text)
    assert main(["audit", "--project", str(tmp_path), str(path)]) == 2
    assert "allow[0].reason: must not be empty" in capsys.readouterr().err
    (tmp_path / "pyproject.toml").write_text(text.replace('""', '"asks"'))
    assert main(["audit", "--project", str(tmp_path), str(path)]) == 0
    assert "allowed: asks" in capsys.readouterr().out


def test_a_projects_baseline(tmp_path: Path) -> None:
    path = wheel(tmp_path, AVX2)
    folder = project(tmp_path, 'x86-64-baseline = "v3"')
    assert main(["audit", "--project", str(folder), str(path)]) == 0
    assert main(["audit", "--project", str(folder), "--baseline", "v2", str(path)]) == 1


def test_what_is_suggested_is_toml_whatever_the_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = '\N{GRINNING FACE}"\\\x1b\x7f\x9b\u202e'
    target = wheel(tmp_path, AVX2, name=name, path="\N{GRINNING FACE}.so")
    assert main(["audit", "--suggest", str(target)]) == 1
    (rule,) = tomllib.loads(capsys.readouterr().out)["tool"]["wheelnext-build"]["audit"]["allow"]
    assert rule["path"] == "demo/\N{GRINNING FACE}.so"
    assert rule["symbols"] == [name]


def test_a_rule_that_allows_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = project(tmp_path, 'allow = [{ path = "other/*", reason = "none" }]')
    assert main(["audit", "--project", str(folder), str(wheel(tmp_path, SSE2))]) == 0
    assert "the rule for 'other/*' allows nothing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("audit", "said"),
    [
        ('mode = "eror"', "audit.mode: 'eror' is none of 'error', 'warn', 'off'"),
        ('x86-64-baseline = "v5"', "audit.x86-64-baseline: 'v5' is none of 'v1', 'v2', 'v3', 'v4'"),
        ('allow = [{ path = "a" }]', "audit.allow[0]: has no reason"),
        ('allow = [{ reason = "a" }]', "audit.allow[0]: has no path"),
        ("baseline = 1", "audit.baseline: unknown key"),
    ],
)
def test_mistakes_in_the_table(
    audit: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project(tmp_path, audit)
    assert main(["audit", "--project", str(folder), str(wheel(tmp_path, SSE2))]) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "nowhere-1.0-py3-none-any.whl"]) == 2
    assert "no such file" in capsys.readouterr().err


def test_code_for_aarch64() -> None:
    (found,) = files.audit("core.so", tiny_elf(LSE, machine=183))
    assert set(found.survey.needs) == {"LSE"}
    assert found.survey.needs["LSE"][0].instruction == "ldaddal w0, w0, [x1]"


@pytest.mark.parametrize("order", [("plain", "v3"), ("v3", "plain")])
def test_of_a_variant_like_the_plain_wheel_the_variants_flags_are_named(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    built, check = wheel(tmp_path, SSE2), SelfCheck(AuditConfig())
    variants = {"plain": None, "v3": Variant("v3", (Property.parse("x86_64 :: level :: v3"),))}
    wheels = [
        check.audited(built, variants[title], title, differs=title == "v3") for title in order
    ]
    errors = judged_together(AuditConfig(), [item for item in wheels if item is not None])
    assert list(errors) == ["v3"]
    assert "the flags of v3 change nothing in them" in errors["v3"]


def test_files_of_an_audited_wheel_are_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built, check = wheel(tmp_path, SSE2), SelfCheck(AuditConfig())
    first = check.audited(built, None, "plain", differs=False)
    assert first is not None
    assert len(first.files) == 1
    monkeypatch.setattr(files, "audit", lambda name, _data: pytest.fail(f"{name} is read again"))
    again = check.audited(built, None, "plain", differs=False, known_files=first.files)
    assert again == first
