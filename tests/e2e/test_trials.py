"""``test``: each wheel of a build is installed by real pip or uv, and a command is run with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from clients import Run
from tiny_wheels import NVIDIA, X86_64, write_wheel

from wheelnext_build.variants.metadata import VariantMetadata
from wheelnext_build.variants.variant import Variant
from wheelnext_build.wheels.stamp import stamp

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not os.environ.get("WHEELNEXT_BUILD_WHEELHOUSE"), reason="installs this project's own wheel"
    ),
]

PLAIN = "trialled-1.0-py3-none-any.whl"
VARIANTS: Mapping[str, Mapping[str, Mapping[str, list[str]]]] = {
    "v1": {"x86_64": {"level": ["v1"]}, "nvidia": {}},
    "gpu": {"nvidia": {"sm_arch": ["90_real"]}},
}
TELL = (
    "import importlib.metadata as m, os, json; "
    "text = m.distribution('trialled').read_text('variant.json'); "
    "label = list(json.loads(text)['variants'])[0] if text else ''; "
    "assert label == os.environ['WHEELNEXT_VARIANT_LABEL']; "
    "print('told', label or 'plain')"
)


def metadata(label: str) -> VariantMetadata:
    properties = {name: features for name, features in VARIANTS[label].items() if features}
    variant = Variant.from_mapping(label, properties)
    return VariantMetadata(("nvidia", "x86_64"), {"nvidia": NVIDIA, "x86_64": X86_64}, (variant,))


@dataclass(frozen=True)
class TrialEnvironment:
    """A virtual environment with wheelnext-build in it; ``build`` has the wheels to test."""

    python: Path
    build: Path
    run: Run

    def trial(
        self, *arguments: str | Path, wheel: str = PLAIN, code: str = TELL, status: int = 0
    ) -> subprocess.CompletedProcess[str]:
        command = (self.python, "-m", "wheelnext_build", "test", "--json", *arguments)
        env = {"NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION": "none"}
        tail = (self.build / wheel, "--", "python", "-c", code)
        return self.run(*command, *tail, cwd=self.build, env=env, status=status)

    def results(self, *arguments: str | Path, **others: str) -> dict[str | None, int | None]:
        """The status of each wheel's command, by label."""
        answer = json.loads(self.trial(*arguments, **others).stdout)
        return {entry["label"]: entry["status"] for entry in answer}

    def installed(self) -> bool:
        code = "import importlib.metadata as m; m.distribution('trialled')"
        command = [self.python, "-c", code]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module", params=["pip", "uv"])
def python(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, run: Run
) -> Path:
    folder = tmp_path_factory.mktemp("trials") / "venv"
    own = "wheelnext-build"
    program = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if request.param == "pip":
        run(sys.executable, "-m", "venv", folder)
        run(program, "-m", "pip", "install", own)
    else:
        run("uv", "venv", "--python", sys.executable, folder)
        run("uv", "pip", "install", "--refresh-package", own, "--python", program, own)
    return program


@pytest.fixture
def tested(python: Path, tmp_path: Path, run: Run) -> TrialEnvironment:
    plain = write_wheel(tmp_path, PLAIN)
    for label in VARIANTS:
        stamp(plain, tmp_path, metadata(label))
    return TrialEnvironment(python, tmp_path, run)


def test_each_wheel_that_this_machine_can_run(tested: TrialEnvironment) -> None:
    outcome = tested.trial()
    (plain, gpu, v1) = json.loads(outcome.stdout)
    assert (plain["label"], plain["status"]) == (None, 0)
    assert (v1["label"], v1["status"]) == ("v1", 0)
    assert (gpu["label"], gpu["tested"]) == ("gpu", False)
    assert "nvidia :: sm_arch :: 90_real" in gpu["reason"]
    assert [line for line in outcome.stderr.splitlines() if line.startswith("told")] == [
        "told plain",
        "told v1",
    ]
    assert not tested.installed()


def test_what_was_installed_is_installed_again(tested: TrialEnvironment, run: Run) -> None:
    command = [tested.python, "-m", "pip", "-V"]
    has_pip = subprocess.run(command, capture_output=True, check=False).returncode == 0
    installer = (
        (tested.python, "-m", "pip", "install")
        if has_pip
        else ("uv", "pip", "install", "--python", tested.python)
    )
    remover = [part if part != "install" else "uninstall" for part in installer]
    run(*installer, tested.build / PLAIN)
    try:
        assert tested.results() == {None: 0, "v1": 0, "gpu": None}
        assert tested.installed()
        code = TELL.replace("os.environ['WHEELNEXT_VARIANT_LABEL']", "''")
        assert "told plain" in run(tested.python, "-c", code).stdout
    finally:
        run(*remover, *(["--yes"] if has_pip else []), "trialled")


def test_whatever_the_machine(tested: TrialEnvironment) -> None:
    assert tested.results("--anyway", "gpu") == {None: 0, "v1": 0, "gpu": 0}


def test_all_are_tried_after_a_failure(tested: TrialEnvironment) -> None:
    code = "import os; exit(3 if not os.environ['WHEELNEXT_VARIANT_LABEL'] else 0)"
    outcome = tested.trial(code=code, status=1)
    assert [entry["status"] for entry in json.loads(outcome.stdout)] == [3, None, 0]


def test_a_carrier_alone(tested: TrialEnvironment, tmp_path: Path) -> None:
    folder = tmp_path / "alone"
    folder.mkdir()
    carrier = stamp(tested.build / PLAIN, folder, metadata("v1"), carrier=True)
    assert tested.results(wheel=str(carrier)) == {"v1": 0}


def test_another_version_is_not_replaced(tested: TrialEnvironment) -> None:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = tested.run(tested.python, "-c", code).stdout.strip()
    other = Path(site) / "trialled-0.9.dist-info"
    other.mkdir()
    try:
        (other / "METADATA").write_text("Metadata-Version: 2.1\nName: trialled\nVersion: 0.9\n")
        outcome = tested.trial(status=2)
        assert (
            "trialled is installed as version 0.9, which the tests would replace" in outcome.stderr
        )
    finally:
        (other / "METADATA").unlink()
        other.rmdir()


def test_wrong_usage(tested: TrialEnvironment) -> None:
    assert "no such wheel" in tested.trial("--anyway", "v7", status=2).stderr
    missing = tested.trial(wheel="nothing-1.0-py3-none-any.whl", status=2)
    assert "no such file" in missing.stderr
