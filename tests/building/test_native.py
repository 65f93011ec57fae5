"""What ``variant-label=native`` stands for on a machine."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from wheelnext_build.building import native
from wheelnext_build.building.request import Request
from wheelnext_build.config.build_target import BuildTarget
from wheelnext_build.config.config import Config, parse
from wheelnext_build.config.project import Project
from wheelnext_build.errors import RequestError
from wheelnext_build.host import probe
from wheelnext_build.host.host import Host

LEVELS = '[[tool.wheelnext-build.matrix]]\naxes.x86_64.level = ["v1", "v3", "v4"]\n'
NO_V1 = LEVELS.replace('"v1", ', "")
NO_V4 = LEVELS.replace(', "v4"', "")
ELSEWHERE = """
[[tool.wheelnext-build.matrix]]
axes.x86_64.level = ["v4"]
when = "sys_platform == 'nowhere'"
"""
CUDA = '[[tool.wheelnext-build.matrix]]\naxes.nvidia.sm_arch = ["80_real", "90_real"]\n'
NULL = "[variant.variants.null]\n"
OTHER = """
[[tool.wheelnext-build.matrix]]
axes.npu.kind = ["big"]
[variant.providers.npu]
requires = ["npu-provider"]
[tool.wheelnext-build.properties."npu :: kind :: big"]
no-flags = true
"""


@pytest.fixture(autouse=True)
def _an_x86_64_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysconfig.get_platform", lambda: "linux-x86_64")
    monkeypatch.setattr(probe, "nvidia_driver", lambda: None)
    monkeypatch.setattr(probe, "has_tpu", lambda: False)


def config(*tables: str) -> Config:
    return parse(tomllib.loads("\n".join(tables)))


def choice(host: Host, *tables: str) -> native.NativeChoice:
    return native.choose(config(*tables), BuildTarget.detect(env={}), host)


@pytest.mark.parametrize(
    ("level", "tables", "label", "reason"),
    [
        ("v4", [LEVELS], "x86_64_v4", "supported here: x86_64_v4, x86_64_v3, x86_64_v1"),
        ("v3", [LEVELS], "x86_64_v3", "supported here: x86_64_v3, x86_64_v1"),
        ("v2", [LEVELS, NULL], "x86_64_v1", "supported here: x86_64_v1, null"),
        ("v2", [NO_V1, NULL], "null", "supported here: null"),
        ("v2", [NO_V1], None, "no variant fits this machine: x86_64_v3 needs x86_64 :: level :: "),
        ("v4", [], None, "the project declares no variants"),
        ("v4", [ELSEWHERE], None, "the project declares no variants for this build"),
        ("v4", [NO_V4, ELSEWHERE], "x86_64_v3", "supported here: x86_64_v3, x86_64_v1"),
    ],
)
def test_the_best_variant_that_the_machine_supports(
    level: str, tables: list[str], label: str | None, reason: str
) -> None:
    found = choice(Host(x86_64_level=level), *tables)
    assert found.label == label
    assert found.lines[0].startswith(f"native: {label or 'plain'} ({reason}")


def test_a_gpu_comes_before_the_processor() -> None:
    host = Host(x86_64_level="v4", cuda=(13, 0), sm=(9, 0))
    assert choice(host, LEVELS, CUDA).label == "sm90"
    older = Host(x86_64_level="v4", cuda=(13, 0), sm=(7, 5))
    assert choice(older, LEVELS, CUDA).label == "x86_64_v4"


def test_variants_that_nothing_can_judge_are_passed_by_and_that_is_said() -> None:
    found = choice(Host(x86_64_level="v3"), LEVELS, CUDA, OTHER)
    assert found.label == "x86_64_v3"
    passed = {line.split()[3]: line for line in found.lines if "passed by" in line}
    assert set(passed) == {"nvidia", "npu"}
    assert "no NVIDIA driver" in passed["nvidia"]
    assert "no installer carries a provider" in passed["npu"]


@pytest.mark.parametrize("optional", ["", "optional = true\n"])
def test_static_properties_answer_for_themselves(optional: str) -> None:
    static = 'static-properties.kind = ["big"]\n' + optional
    table = OTHER.replace('requires = ["npu-provider"]\n', static)
    found = choice(Host(x86_64_level="v3"), LEVELS, table)
    assert found.label == ("x86_64_v3" if optional else "npu_kind_big")
    assert any("provider is optional" in line for line in found.lines) == bool(optional)


@pytest.mark.parametrize(
    "environment",
    [{"_PYTHON_HOST_PLATFORM": "linux-aarch64"}, {"_PYTHON_HOST_PLATFORM": "macosx-11.0-arm64"}],
)
def test_native_means_nothing_in_a_cross_build(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sysconfig.get_platform", lambda: environment["_PYTHON_HOST_PLATFORM"])
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    target = BuildTarget.detect(env=environment)
    message = "is for the machine that builds, which is x86_64, but this build is for aarch64"
    with pytest.raises(RequestError, match=message):
        native.choose(config(LEVELS), target, Host(x86_64_level="v4"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(LEVELS)
    return tmp_path


@pytest.mark.parametrize(
    "settings",
    [
        {"variant-label": ["native", "x86_64_v3"]},
        {"variant-label": "native,x86_64_v3"},
        {"variant-label": "native", "variants": "all"},
    ],
)
def test_native_stands_alone(project: Path, settings: dict[str, str | list[str]]) -> None:
    with pytest.raises(RequestError, match=re.escape("chooses one wheel for this machine")):
        native.resolved(Request.parse(settings), Project.load(project))


def test_a_variant_called_native_wins_over_the_word(project: Path) -> None:
    pyproject = project / "pyproject.toml"
    pyproject.write_text(LEVELS.replace('"v1", "v3", ', "") + 'label = "native"\n')
    told: list[str] = []
    request = Request.parse({"variant-label": "native"})
    assert native.resolved(request, Project.load(project), told.append) == request
    assert told == []


def test_the_choice_takes_the_place_of_the_word(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Host, "detect", lambda: Host(x86_64_level="v3"))
    told: list[str] = []
    request = Request.parse({"variant-label": ["native", "native"], "build-dir": "b"})
    resolved = native.resolved(request, Project.load(project), told.append)
    assert resolved.patterns == ("x86_64_v3",)
    assert resolved.settings == {"build-dir": "b"}
    assert told == ["native: x86_64_v3 (supported here: x86_64_v3, x86_64_v1)"]
    monkeypatch.setattr(Host, "detect", Host)
    assert not native.resolved(request, Project.load(project)).wants_variants


def test_other_requests_read_nothing(tmp_path: Path) -> None:
    request = Request.parse({"variant-label": "x86_64_v3"})
    assert native.resolved(request, Project(tmp_path, {})) is request


def test_what_only_a_plugin_can_order_is_said() -> None:
    asked = OTHER.replace("requires =", "build-requires =")
    with pytest.raises(RequestError, match="'npu' is known only when its provider has been asked"):
        choice(Host(x86_64_level="v3"), asked)
