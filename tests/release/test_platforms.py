"""Builds: interpreter and system, read from the tags of wheels."""

from __future__ import annotations

import pytest

from wheelnext_build.errors import RequestError
from wheelnext_build.release.platforms import Build, is_unrepaired
from wheelnext_build.wheels.name import WheelName


def build(tags: str) -> Build:
    return Build.of(WheelName.parse(f"pkg-1.0-{tags}.whl"))


@pytest.mark.parametrize(
    ("tags", "title"),
    [
        ("cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", "cp311-manylinux_x86_64"),
        ("cp311-cp311-manylinux_2_28_x86_64-x86_64_v3", "cp311-manylinux_x86_64"),
        ("cp311-cp311-manylinux1_x86_64", "cp311-manylinux_x86_64"),
        ("cp311-cp311-linux_x86_64", "cp311-linux_x86_64"),
        ("cp312-cp312-musllinux_1_2_aarch64", "cp312-musllinux_aarch64"),
        ("cp313-cp313t-macosx_11_0_arm64", "cp313t-macosx_arm64"),
        ("cp313-cp313-macosx_10_13_universal2", "cp313-macosx_universal2"),
        ("cp311-abi3-win_amd64", "cp311-abi3-win_amd64"),
        ("cp311-cp311-win32", "cp311-win32"),
        ("pp311-pypy311_pp73-manylinux_2_28_x86_64", "pp311-manylinux_x86_64"),
        ("py3-none-any", "py3-any"),
    ],
)
def test_builds_have_cibuildwheels_names(tags: str, title: str) -> None:
    assert str(build(tags)) == title


@pytest.mark.parametrize(
    ("tags", "identifier", "covers"),
    [
        ("cp311-cp311-manylinux_2_28_x86_64", "cp311-manylinux_x86_64", True),
        ("cp311-cp311-linux_x86_64", "cp311-manylinux_x86_64", True),
        ("cp311-cp311-manylinux_2_28_x86_64", "cp311-musllinux_x86_64", False),
        ("cp311-cp311-manylinux_2_28_x86_64", "cp312-manylinux_x86_64", False),
        ("cp313-cp313t-manylinux_2_28_x86_64", "cp313t-manylinux_x86_64", True),
        ("cp313-cp313t-manylinux_2_28_x86_64", "cp313-manylinux_x86_64", False),
        ("cp311-abi3-win_amd64", "cp313-win_amd64", True),
        ("cp311-abi3-win_amd64", "cp310-win_amd64", False),
        ("cp39-abi3-win_amd64", "cp310-win_amd64", True),
        ("cp311-abi3-win_amd64", "cp313t-win_amd64", False),
        ("py3-none-any", "cp313-win_amd64", True),
        ("py3-none-manylinux_2_28_x86_64", "cp313-manylinux_x86_64", True),
        ("pp311-pypy311_pp73-win_amd64", "pp311-win_amd64", True),
    ],
)
def test_which_identifiers_a_build_covers(tags: str, identifier: str, covers: bool) -> None:
    assert build(tags).covers(identifier) is covers


@pytest.mark.parametrize("text", ["", "cp311", "cp311-", "-manylinux_x86_64", "cp311-*"])
def test_an_invalid_identifier_is_an_error(text: str) -> None:
    with pytest.raises(RequestError, match="not a build identifier"):
        build("cp311-cp311-win_amd64").covers(text)


@pytest.mark.parametrize(
    ("tags", "machine", "expected"),
    [
        (
            "cp312-cp312-manylinux_2_28_x86_64",
            "x86_64",
            {
                "sys_platform": "linux",
                "platform_machine": "x86_64",
                "os_name": "posix",
                "python_version": "3.12",
            },
        ),
        (
            "cp313-cp313t-macosx_11_0_arm64",
            "aarch64",
            {
                "sys_platform": "darwin",
                "platform_system": "Darwin",
                "platform_machine": "arm64",
                "python_version": "3.13",
            },
        ),
        (
            "cp311-cp311-win_amd64",
            "x86_64",
            {"sys_platform": "win32", "platform_machine": "AMD64", "os_name": "nt"},
        ),
        ("cp311-cp311-musllinux_1_2_aarch64", "aarch64", {"platform_machine": "aarch64"}),
    ],
)
def test_the_target_of_a_build(tags: str, machine: str, expected: dict[str, str]) -> None:
    target = build(tags).target
    assert target.machine == machine
    assert {key: target.environment[key] for key in expected} == expected


def test_linux_tags_are_unrepaired() -> None:
    assert is_unrepaired(WheelName.parse("pkg-1.0-cp311-cp311-linux_x86_64.whl"))
    assert not is_unrepaired(WheelName.parse("pkg-1.0-cp311-cp311-manylinux1_x86_64.whl"))
