"""Which machine a build is for, on the systems and under the cross builds that there are."""

from __future__ import annotations

import platform
import sysconfig

import pytest
from packaging.markers import Marker

from wheelnext_build.config import build_target
from wheelnext_build.config.build_target import BuildTarget


@pytest.mark.parametrize(
    ("tag", "processor", "env", "machine"),
    [
        ("linux-x86_64", "x86_64", {}, "x86_64"),
        ("linux-aarch64", "aarch64", {}, "aarch64"),
        ("linux-i686", "x86_64", {}, "i686"),
        ("linux-ppc64le", "ppc64le", {}, "ppc64le"),
        ("win-amd64", "AMD64", {}, "x86_64"),
        ("win-arm64", "ARM64", {}, "aarch64"),
        ("win32", "AMD64", {}, "x86"),
        ("win-amd64", "AMD64", {"VSCMD_ARG_TGT_ARCH": "arm64"}, "aarch64"),
        ("win-amd64", "AMD64", {"VSCMD_ARG_TGT_ARCH": "x64"}, "x86_64"),
        ("win-amd64", "AMD64", {"SETUPTOOLS_EXT_SUFFIX": ".cp311-win_arm64.pyd"}, "aarch64"),
        ("macosx-11.0-arm64", "arm64", {}, "aarch64"),
        ("macosx-10.9-universal2", "arm64", {}, "aarch64"),
        ("macosx-10.9-universal2", "x86_64", {}, "x86_64"),
        ("macosx-10.9-universal2", "x86_64", {"ARCHFLAGS": "-arch arm64"}, "aarch64"),
        (
            "macosx-10.9-universal2",
            "arm64",
            {"ARCHFLAGS": "-arch x86_64  -arch arm64"},
            "universal2",
        ),
        ("macosx-11.0-arm64", "arm64", {"_PYTHON_HOST_PLATFORM": "macosx-10.9-x86_64"}, "x86_64"),
        ("linux-x86_64", "x86_64", {"_PYTHON_HOST_PLATFORM": "linux-aarch64"}, "aarch64"),
        ("linux-x86_64", "x86_64", {"ARCHFLAGS": "-arch arm64"}, "x86_64"),
    ],
)
def test_the_machine_is_the_one_that_the_wheel_is_for(
    tag: str, processor: str, env: dict[str, str], machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sysconfig, "get_platform", lambda: tag)
    monkeypatch.setattr(platform, "machine", lambda: processor)
    assert BuildTarget.detect(env).machine == machine


@pytest.mark.parametrize(
    ("host", "env", "expected"),
    [
        ({"sys_platform": "linux", "platform_machine": "x86_64"}, {}, "x86_64"),
        ({"sys_platform": "darwin", "platform_machine": "arm64"}, {}, "x86_64"),
        (
            {"sys_platform": "linux", "platform_machine": "x86_64"},
            {"_PYTHON_HOST_PLATFORM": "linux-aarch64"},
            "aarch64",
        ),
        (
            {"sys_platform": "darwin", "platform_machine": "x86_64"},
            {"_PYTHON_HOST_PLATFORM": "macosx-11.0-arm64"},
            "arm64",
        ),
        (
            {"sys_platform": "win32", "platform_machine": "AMD64"},
            {"_PYTHON_HOST_PLATFORM": "win-arm64"},
            "ARM64",
        ),
    ],
)
def test_conditions_see_the_machine_of_the_target(
    host: dict[str, str], env: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sysconfig, "get_platform", lambda: "linux-x86_64")
    monkeypatch.setattr(build_target, "default_environment", lambda: dict(host))
    target = BuildTarget.detect(env)
    assert target.satisfies(Marker(f"platform_machine == '{expected}'"))
    assert target.satisfies(Marker(f"sys_platform == '{host['sys_platform']}'"))


def test_this_interpreter_is_a_target() -> None:
    target = BuildTarget.detect()
    assert target.satisfies(Marker("python_version >= '3.11'"))
    assert not target.satisfies(Marker("python_version < '3.11'"))
