"""The sample's release, from one build call to what real clients install."""

from __future__ import annotations

import json
import re
import sys
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from clients import Environment, Release, Run

from wheelnext_build.host.host import Host
from wheelnext_build.variants.metadata import VARIANT_JSON, VariantMetadata
from wheelnext_build.wheels.description import record_problems, variant_of
from wheelnext_build.wheels.name import WheelName
from wheelnext_build.wheels.reader import WheelReader

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="the sample's CUDA variants are Linux's"),
]

LABELS = ["cu13_sm80", "cu13_sm90", "null", "x86_64_v1", "x86_64_v3", "x86_64_v4"]

PREVIEW = ("--preview-features", "wheel-variants")


def cuda(version: str, sm: str) -> dict[str, str]:
    """The environment in which uv sees a GPU that is not there."""
    return {
        "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION": version,
        "NV_VARIANT_PROVIDER_FORCE_SM_ARCH": sm,
    }


def best_level_here() -> str:
    """The label that this machine's processor gets."""
    level = int(Host.detect().x86_64_level.removeprefix("v"))
    return f"x86_64_v{max(known for known in (1, 3, 4) if known <= level)}"


def test_one_call_builds_all_files(sample: Release) -> None:
    wheels = [name for name in sample.names() if name.endswith(".whl")]
    labels = [WheelName.parse(name).label for name in wheels]
    assert sorted(label for label in labels if label is not None) == LABELS
    assert labels.count(None) == 1
    others = set(sample.names()) - set(wheels)
    assert others == {"sample_ext-1.0.tar.gz", "sample_ext-1.0-variants.json"}


def test_common_files_are_compiled_once(sample: Release) -> None:
    """Four CPU wheels and two CUDA ones: one compilation of what no variant changes."""
    compiled = Counter(re.findall(r"Building \w+ object \S*?(\w+)\.\w+\.o", sample.log))
    common = {name: compiled[name] for name in ("module", "statistics", "arguments", "text")}
    assert common == dict.fromkeys(common, 1)
    assert compiled["cuda_kernels"] == 2


def test_wheels_are_sound(sample: Release) -> None:
    wheels = list(sample.folder.glob("*.whl"))
    assert len(wheels) == 1 + len(LABELS)
    for path in wheels:
        with WheelReader(path) as reader:
            assert record_problems(reader) == []
            described = variant_of(reader)
            label = described[1].label if described else None
            assert reader.name.label == label
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            assert archive.namelist()[-1].endswith(".dist-info/RECORD")


def test_the_index_covers_every_variant(sample: Release) -> None:
    metadata = VariantMetadata.from_json(
        (sample.folder / "sample_ext-1.0-variants.json").read_bytes()
    )
    assert sorted(variant.label for variant in metadata.variants) == LABELS
    assert metadata.namespaces == ("nvidia", "x86_64")


def test_indexing_again_changes_nothing(sample: Release, run: Run) -> None:
    path = sample.folder / "sample_ext-1.0-variants.json"
    before = path.stat().st_mtime_ns, path.read_bytes()
    run(sys.executable, "-m", "wheelnext_build", "index", "--check", sample.folder)
    run(sys.executable, "-m", "wheelnext_build", "index", sample.folder)
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        pytest.param({}, None, id="this machine's processor"),
        pytest.param(cuda("13.0", "9.0"), "cu13_sm90", id="H100"),
        pytest.param(cuda("13.2", "8.0"), "cu13_sm80", id="A100, newer driver"),
        pytest.param(cuda("13.0", "8.6"), "cu13_sm80", id="binaries fit later minor versions"),
        pytest.param(cuda("12.8", "9.0"), None, id="driver too old: back to the processor"),
        pytest.param(cuda("13.0", "7.5"), None, id="GPU too old: back to the processor"),
    ],
)
@pytest.mark.parametrize("source", ["index", "folder"])
def test_uv_installs_the_best_variant(
    sample: Release,
    environment: Environment,
    env: dict[str, str],
    expected: str | None,
    source: str,
) -> None:
    where = (
        ("--index-url", sample.index_url)
        if source == "index"
        else ("--no-index", "--find-links", sample.folder)
    )
    environment.uv(*PREVIEW, *where, "sample-ext", env=env)
    assert environment.build_info()["label"] == (expected or best_level_here())


def test_uv_takes_its_default_level_for_another_machine(
    sample: Release, environment: Environment, tmp_path: Path
) -> None:
    """uv assumes level v2 for a platform that is not its own: v1 is the best of this release."""
    platform = ("--python-platform", "x86_64-unknown-linux-gnu")
    environment.uv(*PREVIEW, *platform, "--index-url", sample.index_url, "sample-ext")
    assert environment.build_info()["label"] == "x86_64_v1"


def test_uv_without_preview_takes_the_plain_wheel(
    sample: Release, environment: Environment
) -> None:
    environment.uv("--index-url", sample.index_url, "sample-ext", env=cuda("13.0", "9.0"))
    assert environment.build_info()["label"] is None


def test_pip_takes_the_plain_wheel(sample: Release, environment: Environment, run: Run) -> None:
    pip = (environment.python, "-m", "pip", "install", "--no-deps", "--force-reinstall")
    run(*pip, "--no-cache-dir", "--index-url", sample.index_url, "sample-ext")
    assert environment.build_info()["label"] is None


@pytest.mark.parametrize("label", ["", *LABELS])
def test_each_wheel_passes_the_samples_tests(
    sample: Release, environment: Environment, run: Run, label: str
) -> None:
    if label.startswith("x86_64") and label > best_level_here():
        pytest.skip("this machine's processor cannot run it")
    (wheel,) = (
        path
        for path in sample.folder.glob("*.whl")
        if WheelName.parse(path.name).label == (label or None)
    )
    # uv installs a variant only where it fits; the GPU's modules import without a GPU.
    sm = ".".join(label[-2:]) if label.startswith("cu") else ""
    environment.uv(*PREVIEW, wheel, env=cuda("13.0", sm) if sm else {})
    assert environment.build_info()["label"] == (label or None)
    run(environment.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", ROOT_TESTS)


ROOT_TESTS = Path(__file__).resolve().parent.parent.parent / "sample_ext" / "tests"


def test_the_sdist_builds_the_variants(
    sample: Release, environment: Environment, run: Run, tmp_path: Path
) -> None:
    """Wheels of the release came from the sdist (``python -m build``); so can a user's."""
    with tarfile.open(sample.folder / "sample_ext-1.0.tar.gz") as archive:
        names = archive.getnames()
    assert "sample_ext-1.0/CMakeLists.txt" in names
    assert any(name.endswith(".cu") for name in names)


def test_select_agrees_with_uv(sample: Release, run: Run) -> None:
    command = (sys.executable, "-m", "wheelnext_build", "select", "--json", sample.folder)
    for options, expected in [
        (["--cuda", "13.0", "--sm", "9.0"], "cu13_sm90"),
        (["--cuda", "13.0", "--sm", "8.0"], "cu13_sm80"),
        (["--cuda", "12.8", "--sm", "9.0", "--x86-64-level", "v3"], "x86_64_v3"),
        (["--x86-64-level", "v2"], "x86_64_v1"),
        (["--x86-64-level", "v4"], "x86_64_v4"),
    ]:
        answer = json.loads(run(*command, *options).stdout)
        assert f"-{expected}.whl" in json.dumps(answer), answer


def test_variant_json_is_the_wheels_own(sample: Release) -> None:
    (path,) = sample.folder.glob("*-cu13_sm90.whl")
    with zipfile.ZipFile(path) as archive:
        data = archive.read(f"sample_ext-1.0.dist-info/{VARIANT_JSON}")
    assert json.loads(data)["variants"] == {
        "cu13_sm90": {"nvidia": {"cuda_version_lower_bound": ["13.0"], "sm_arch": ["90_real"]}}
    }
