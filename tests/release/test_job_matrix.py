"""``matrix --format github``: the jobs of a workflow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wheelnext_build.building.request import Request
from wheelnext_build.cli.main import main

PYPROJECT = """
[[tool.wheelnext-build.matrix]]
axes.x86_64.level = ["v3"]

[[tool.wheelnext-build.matrix]]
label = "cu{cuda_version_lower_bound}"
axes.nvidia.cuda_version_lower_bound = ["12.8", "13.0"]
axes.nvidia.sm_arch = ["90_real"]
when = "sys_platform == 'linux'"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def jobs(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, dict[str, object]]:
    assert main(["matrix", "--format", "github", *options]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    return {job["name"]: job for job in json.loads(line)["include"]}


def test_one_job_for_the_plain_wheel_and_one_for_each_variant(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = jobs(capsys)
    names = [f"{label}-linux-x86_64" for label in ("plain", "x86_64_v3", "cu12.8", "cu13.0")]
    assert list(found) == names
    assert found[names[0]]["config-settings"] == ""
    assert found[names[2]] == {
        "name": "cu12.8-linux-x86_64",
        "label": "cu12.8",
        "platform": "linux-x86_64",
        "runner": "ubuntu-latest",
        "properties": [
            "nvidia :: cuda_version_lower_bound :: 12.8",
            "nvidia :: sm_arch :: 90_real",
        ],
        "cuda": "12.8",
        "image": "",
        "config-settings": "variant-label=cu12.8 variant-filename=carrier",
    }


def test_the_config_settings_build_that_carrier(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = jobs(capsys)
    assert len(found) > 1
    for job in found.values():
        text = str(job["config-settings"])
        settings = dict(part.split("=") for part in text.split())
        request = Request.parse(settings)
        assert request.patterns == ((job["label"],) if text else ())
        assert request.carriers is bool(text)


def test_platforms_have_their_own_variants(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("linux-aarch64", "windows-amd64", "macos-arm64")
    found = jobs(capsys, *(part for name in names for part in ("--platform", name)))
    assert list(found) == [
        "plain-linux-aarch64",
        "cu12.8-linux-aarch64",
        "cu13.0-linux-aarch64",
        "plain-windows-amd64",
        "x86_64_v3-windows-amd64",
        "plain-macos-arm64",
    ]


def test_runners_and_images(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = "registry.example/manylinux_{machine}:cuda{cuda}"
    found = jobs(capsys, "--runner", "linux-x86_64=big", "--cuda-image", image)
    assert {job["runner"] for job in found.values()} == {"big"}
    images = [job["image"] for job in found.values()]
    assert images == [
        "",
        "",
        "registry.example/manylinux_x86_64:cuda12.8",
        "registry.example/manylinux_x86_64:cuda13.0",
    ]


@pytest.mark.parametrize("runner", ["big", "linux=big", "=big"])
def test_a_runner_for_an_unknown_platform_is_an_error(
    runner: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["matrix", "--format", "github", "--runner", runner]) == 2
    assert "PLATFORM=RUNNER" in capsys.readouterr().err


def test_arm_runners_are_listed_if_a_variant_needs_them(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = '\n[[tool.wheelnext-build.matrix]]\naxes.aarch64.version = ["8.2a"]\n'
    (project / "pyproject.toml").write_text(PYPROJECT + text)
    assert "plain-linux-aarch64" in jobs(capsys)
