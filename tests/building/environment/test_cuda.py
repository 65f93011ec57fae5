"""Which CUDA compiler builds a variant, and what is installed or said where none fits."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from wheelnext_build.building.environment import cuda
from wheelnext_build.building.environment.cuda import requirements, toolkit_for
from wheelnext_build.errors import ToolchainError
from wheelnext_build.variants.variant import Variant

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the compilers of these tests are shell scripts"
)

Nvcc = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any CUDA compiler."""
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    for name in ("CMAKE_ARGS", "CUDACXX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(cuda, "USUAL_NVCC", tmp_path / "usual" / "nvcc")
    monkeypatch.setattr(sysconfig, "get_path", {"purelib": str(tmp_path / "site-packages")}.get)


@pytest.fixture
def nvcc(tmp_path: Path) -> Nvcc:
    """Makes an nvcc of a version in a folder of the test's, and returns its path."""

    def make(folder: str, version: str) -> Path:
        path = tmp_path / folder / "nvcc"
        path.parent.mkdir(parents=True, exist_ok=True)
        line = f"Cuda compilation tools, release {version}, V{version}.88"
        path.write_text(f"#!/bin/sh\necho 'nvcc: NVIDIA (R) Cuda compiler driver'\necho '{line}'\n")
        path.chmod(0o755)
        return path

    return make


def variant(label: str = "x", **features: list[str] | str) -> Variant:
    values = {name: [text] if isinstance(text, str) else text for name, text in features.items()}
    return Variant.from_mapping(label, {"nvidia": values})


CU13 = variant("cu13", cuda_version_lower_bound="13.0", sm_arch="90_real")
PTX = variant("ptx", cuda_version_lower_bound="13.0", sm_arch=["90_real", "90_virtual"])
CU12 = variant("cu12", cuda_version_lower_bound="12.8", sm_arch="90_real")
ANY = variant("any", sm_arch="90_real")
BELOW = variant("below", cuda_version_upper_bound="13.1")
CPU = Variant.from_mapping("v3", {"x86_64": {"level": ["v3"]}})


# Which compiler


def test_only_variants_with_nvidia_properties_need_one() -> None:
    assert toolkit_for(CPU, {}) is None
    assert requirements([CPU], {}) == []


@pytest.mark.parametrize(
    ("promise", "version", "fits"),
    [
        (CU13, "13.0", True),
        (CU13, "13.2", True),  # code for 13.0's drivers runs on all of CUDA 13
        (CU13, "12.9", False),
        (CU13, "14.0", False),
        (PTX, "13.0", True),
        (PTX, "13.1", False),  # the driver of 13.0 cannot compile newer PTX
        (variant(cuda_version_lower_bound="13", sm_arch="90_virtual"), "13.0", True),
        (variant(cuda_version_lower_bound="13", sm_arch="90_virtual"), "13.1", False),
        (variant(cuda_version_lower_bound="13.2", sm_arch="90_virtual"), "13.1", True),
        (CU12, "12.9", True),
        (CU12, "13.0", False),
        (ANY, "11.8", True),
        (BELOW, "13.0", True),
        (BELOW, "13.1", False),
        (BELOW, "13.2", False),
    ],
)
def test_a_compiler_fits_what_a_variant_promises(
    nvcc: Nvcc, promise: Variant, version: str, fits: bool
) -> None:
    path = nvcc("path", version)
    if not fits:
        with pytest.raises(ToolchainError, match=rf"CUDA {re.escape(version)} \({path}, from PATH"):
            toolkit_for(promise, {})
        return
    toolkit = toolkit_for(promise, {})
    assert toolkit is not None
    assert (toolkit.nvcc, str(toolkit.version), toolkit.source) == (path, version, "PATH")
    assert requirements([promise], {}) == []


def test_the_first_compiler_that_fits_is_taken(nvcc: Nvcc) -> None:
    found = {
        source: nvcc(folder, version)
        for source, folder, version in [
            ("PATH", "path", "12.9"),
            ("/usr/local/cuda", "usual", "13.0"),
            ("PyPI", "site-packages/nvidia/cu14/bin", "14.0"),
        ]
    }
    for promise, source in (
        (CU12, "PATH"),
        (CU13, "/usr/local/cuda"),
        (variant(cuda_version_lower_bound="14.0"), "PyPI"),
        (ANY, "PATH"),
    ):
        toolkit = toolkit_for(promise, {})
        assert toolkit is not None
        assert (toolkit.source, toolkit.nvcc, toolkit.configured) == (source, found[source], False)


@pytest.mark.parametrize(
    ("source", "env", "settings"),
    [
        ("CUDACXX", {"CUDACXX": "{}"}, {}),
        ("CMAKE_CUDA_COMPILER", {"CMAKE_ARGS": "-DX=1 '-DCMAKE_CUDA_COMPILER={}'"}, {}),
        ("CMAKE_CUDA_COMPILER", {"CMAKE_ARGS": "-DCMAKE_CUDA_COMPILER:FILEPATH='{}' -G Ninja"}, {}),
        ("CMAKE_CUDA_COMPILER", {}, {"CMAKE_CUDA_COMPILER": "{}"}),
    ],
)
def test_a_configured_compiler_is_used_or_refused(
    nvcc: Nvcc,
    source: str,
    env: dict[str, str],
    settings: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No other one takes its place, not even one that fits."""
    nvcc("path", "13.0")
    path = nvcc("a folder", "12.9")
    for name, value in env.items():
        monkeypatch.setenv(name, value.format(path))
    settings = {key: value.format(path) for key, value in settings.items()}
    toolkit = toolkit_for(CU12, settings)
    assert toolkit is not None
    assert (toolkit.configured, toolkit.nvcc) == (True, path)
    with pytest.raises(
        ToolchainError, match=rf"CUDA 12\.9 .+\nSet {source}.* to a toolkit that fits"
    ):
        toolkit_for(CU13, settings)
    with pytest.raises(ToolchainError, match="to a toolkit that fits"):
        requirements([CU13], settings)


def test_the_strongest_word_about_the_compiler_counts(
    nvcc: Nvcc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CMake takes the last -D, before cache entries, before the environment."""
    paths = {name: str(nvcc(name, "13.0")) for name in ("first", "last", "setting", "env")}
    settings = {"CMAKE_CUDA_COMPILER": paths["setting"]}
    monkeypatch.setenv("CUDACXX", paths["env"])

    def taken(settings: dict[str, str]) -> Path:
        toolkit = toolkit_for(CU13, settings)
        assert toolkit is not None
        return toolkit.nvcc

    assert taken({}) == Path(paths["env"])
    assert taken(settings) == Path(paths["setting"])
    arguments = [f"-DCMAKE_CUDA_COMPILER={paths[name]}" for name in ("first", "last")]
    monkeypatch.setenv("CMAKE_ARGS", " ".join(arguments))
    assert taken(settings) == Path(paths["last"])


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, r"no-nvcc \(from CUDACXX\) cannot be run"),
        ("echo clang version 19", r"does not say which CUDA release it belongs to: 'clang version"),
        ("echo failed >&2; exit 1", "does not say which CUDA release it belongs to: 'failed'"),
    ],
)
def test_a_compiler_that_is_none_is_refused(
    tmp_path: Path, script: str | None, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "no-nvcc"
    if script is not None:
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    monkeypatch.setenv("CUDACXX", str(path))
    with pytest.raises(ToolchainError, match=message):
        toolkit_for(ANY, {})


def test_odd_quotes_in_cmake_args_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMAKE_ARGS", "-DX='")
    with pytest.raises(ToolchainError, match="CMAKE_ARGS cannot be taken apart: No closing quot"):
        toolkit_for(ANY, {})


# Where none fits


PACKAGES = [
    "nvidia-cuda-nvcc",
    "nvidia-nvvm",
    "nvidia-cuda-crt",
    "nvidia-cuda-runtime",
    "nvidia-cuda-cccl",
]


@pytest.mark.parametrize(
    ("variants", "specifier"),
    [
        ([CU13], "==13.0.*"),
        ([CU13, PTX, CPU, ANY], "==13.0.*"),
        ([variant(cuda_version_lower_bound="13")], "==13.0.*"),
        ([variant("a", cuda_version_lower_bound="13.2"), CU13], "==13.0.*"),
        ([variant("a", cuda_version_lower_bound=["13.10", "13.9"])], "==13.9.*"),
        ([ANY], ">=13"),
        ([ANY, BELOW], ">=13,<13.1"),
    ],
)
def test_the_compiler_of_the_oldest_promised_driver_is_installed(
    variants: list[Variant], specifier: str
) -> None:
    assert requirements(variants, {}) == [f"{name}{specifier}" for name in PACKAGES]


def test_what_another_compiler_builds_needs_no_installing(nvcc: Nvcc) -> None:
    nvcc("path", "12.9")
    assert requirements([CU12, ANY], {}) == []
    assert requirements([CU12, CU13], {}) == [f"{name}==13.0.*" for name in PACKAGES]


@pytest.mark.parametrize(
    "lacking", [CU12, variant("cu12", cuda_version_upper_bound="13")], ids=["lower", "upper"]
)
def test_an_older_compiler_than_there_is_to_install_must_be_there(
    nvcc: Nvcc, lacking: Variant
) -> None:
    path = nvcc("path", "13.0")
    with pytest.raises(ToolchainError) as info:
        requirements([lacking], {})
    message = str(info.value)
    assert message.startswith("no CUDA compiler fits cu12 (CUDA ")
    assert f"CUDA 13.0 ({path}, from PATH)" in message
    assert "set CUDACXX to its nvcc; from CUDA 13 on, an isolated build installs" in message


def test_two_major_versions_do_not_fit_into_one_environment() -> None:
    cu14 = variant("cu14", cuda_version_lower_bound="14.0")
    with pytest.raises(ToolchainError) as info:
        requirements([CU13, cu14], {})
    assert str(info.value) == (
        "one build environment holds one CUDA compiler, but the variants need several: cu13 needs "
        "13.0, cu14 needs 14.0; build them in separate calls with -C variant-label=LABEL"
    )


def test_without_any_compiler_the_build_says_which_is_needed() -> None:
    with pytest.raises(ToolchainError, match=r"no CUDA compiler fits cu13 \(CUDA 13\.0\)\nInstall"):
        toolkit_for(CU13, {})
    with pytest.raises(ToolchainError, match=r"fits any \(CUDA of any version\)"):
        toolkit_for(ANY, {})


# How CMake is told


def test_cmake_is_told_of_a_compiler_that_it_would_not_find(
    nvcc: Nvcc, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = nvcc("usual", "13.0")
    toolkit = toolkit_for(CU13, {})
    assert toolkit is not None
    assert toolkit.define == {"CMAKE_CUDA_COMPILER": path.as_posix()}
    assert not toolkit.is_default
    monkeypatch.setenv("CUDACXX", str(path))
    toolkit = toolkit_for(CU13, {})
    assert toolkit is not None
    assert toolkit.define == toolkit.environment == {}
    assert toolkit.is_default


def test_a_compiler_of_pypi_is_told_where_its_libraries_are(
    nvcc: Nvcc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NVCC_APPEND_FLAGS", "-lineinfo")
    nvcc("site-packages/nvidia/cu13/bin", "13.0")
    library = tmp_path / "site-packages" / "nvidia" / "cu13" / "lib"
    library.mkdir()
    (library / "libcudart_static.a").touch()
    (library / "libcudart.so.13").touch()
    toolkit = toolkit_for(CU13, {})
    assert toolkit is not None
    assert toolkit.define["CUDA_CUDART"] == (library / "libcudart.so.13").as_posix()
    assert toolkit.environment == {"NVCC_APPEND_FLAGS": f'-lineinfo -L"{library}"'}
    assert os.environ["NVCC_APPEND_FLAGS"] == "-lineinfo"


def test_a_broken_compiler_is_passed_over_for_one_that_works(
    nvcc: Nvcc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = nvcc("path", "13.0")
    broken.write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(ToolchainError, match="does not say which CUDA release"):
        toolkit_for(CU13, {})
    usual = nvcc("usual", "13.0")
    toolkit = toolkit_for(CU13, {})
    assert toolkit is not None
    assert toolkit.nvcc == usual
