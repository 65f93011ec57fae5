"""What a machine supports, from what its kernel and drivers say; no test needs special hardware."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wheelnext_build.errors import RequestError
from wheelnext_build.host import probe
from wheelnext_build.host.capabilities import aarch64_version_of, nvidia_features, x86_64_level_of
from wheelnext_build.host.host import FORCE_CUDA, FORCE_SM, FORCE_TPU, Host, provider_problem
from wheelnext_build.variants.known_properties import KNOWN
from wheelnext_build.variants.metadata import Provider, VariantMetadata
from wheelnext_build.variants.variant import Variant

V2 = "cx16 lahf_lm popcnt pni ssse3 sse4_1 sse4_2"
V3 = f"{V2} avx avx2 bmi1 bmi2 f16c fma abm movbe"
V4 = f"{V3} avx512f avx512bw avx512cd avx512dq avx512vl"
MACOS_V3 = "CX16 LAHF POPCNT SSE3 SSSE3 SSE4.1 SSE4.2 AVX1.0 AVX2.0 BMI1 BMI2 F16C FMA LZCNT MOVBE"


@pytest.fixture(autouse=True)
def _nothing_but_what_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """No GPU, no TPU and no known processor: a test states what it needs."""
    monkeypatch.setattr(probe, "machine", lambda: "riscv64")
    monkeypatch.setattr(probe, "nvidia_driver", lambda: None)
    monkeypatch.setattr(probe, "has_tpu", lambda: False)


# Processors


@pytest.mark.parametrize(
    ("flags", "level"),
    [
        pytest.param("fpu sse sse2", "v1", id="v1"),
        pytest.param(V2, "v2", id="v2"),
        pytest.param(V3, "v3", id="v3"),
        pytest.param(V4, "v4", id="v4"),
        pytest.param(MACOS_V3, "v3", id="macos-spells-differently"),
        pytest.param(V3.replace("abm", "lzcnt"), "v3", id="abm-is-lzcnt"),
        pytest.param(V3.replace("movbe", ""), "v2", id="one-flag-short-of-v3"),
        pytest.param(V4.replace("avx512vl", ""), "v3", id="avx512f-alone-is-not-v4"),
        pytest.param(V4.replace("ssse3", ""), "v1", id="a-gap-below-counts"),
    ],
)
def test_x86_64_level(flags: str, level: str) -> None:
    assert x86_64_level_of(flags.split()) == level


def test_the_first_processor_of_cpuinfo_counts() -> None:
    cpuinfo = f"processor\t: 0\nvmx flags\t: vnmi\nflags\t\t: {V2}\n\nflags\t\t: {V4}\n"
    assert probe.linux_flags(cpuinfo) == V2.split()
    assert probe.linux_flags("processor\t: 0\nBogoMIPS\t: 50.00\n") == []


@pytest.mark.parametrize(
    ("present", "level"),
    [((), "v1"), ((13, 14, 36, 37, 38), "v2"), (range(50), "v4"), ((40,), "v1")],
)
def test_windows_level(present: tuple[int, ...], level: str) -> None:
    assert x86_64_level_of(probe.windows_flags(lambda number: number in present)) == level


ALL_HWCAPS = (1 << 64) - 1
NEOVERSE_N1 = (0x41, 0xD0C)
NEOVERSE_V1 = (0x41, 0xD40)


@pytest.mark.parametrize(
    ("cores", "hwcap", "version"),
    [
        pytest.param([NEOVERSE_V1], ALL_HWCAPS, "8.4a", id="known-core"),
        pytest.param([NEOVERSE_V1, NEOVERSE_N1], ALL_HWCAPS, "8.2a", id="the-least-core-counts"),
        pytest.param([NEOVERSE_V1, (0x41, 0xD03)], ALL_HWCAPS, "8a", id="an-unknown-core-is-8a"),
        pytest.param([(0x61, 0x22)], ALL_HWCAPS, "8.4a", id="apple-m1-on-linux"),
        pytest.param([NEOVERSE_V1], ALL_HWCAPS ^ 1 << 20, "8.3a", id="without-dot-product"),
        pytest.param([NEOVERSE_V1], ALL_HWCAPS ^ 1 << 8, "8a", id="without-atomics"),
        pytest.param([], ALL_HWCAPS, "8a", id="no-core-to-be-seen"),
    ],
)
def test_aarch64_version(cores: list[tuple[int, int]], hwcap: int, version: str) -> None:
    assert aarch64_version_of(cores, hwcap) == version


def test_arm_cores_of_cpuinfo() -> None:
    cpuinfo = (
        "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n\n"
        "processor\t: 1\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n\n"
        "processor\t: 2\n\nHardware\t: something\n"
    )
    assert probe.linux_arm_cores(cpuinfo) == {NEOVERSE_N1, NEOVERSE_V1, (0, 0)}


@pytest.mark.parametrize(
    ("host", "namespace", "expected"),
    [
        (Host(x86_64_level="v3"), "x86_64", [("level", ("v3", "v2", "v1"))]),
        (Host(aarch64_version="8.1a"), "aarch64", [("version", ("8.1a", "8a"))]),
        (Host(x86_64_level="v3"), "aarch64", []),
        (Host(), "tpu", [("present", ("false",))]),
        (Host(tpu=True), "tpu", [("present", ("true",))]),
    ],
)
def test_features_best_first(
    host: Host, namespace: str, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert list(host.features(namespace) or ()) == expected


# NVIDIA


def test_nvidia_features_are_bounded_and_best_first() -> None:
    features = nvidia_features((12, 2), (8, 6))
    assert features is not None
    values = {name: list(values) for name, values in features}
    assert list(values) == ["cuda_version_lower_bound", "cuda_version_upper_bound", "sm_arch"]
    assert values["cuda_version_lower_bound"][:5] == ["12.2", "12.1", "12.0", "12", "11.20"]
    assert values["cuda_version_lower_bound"][-2:] == ["11.0", "11"]
    assert values["cuda_version_upper_bound"][:2] == ["15.20", "15.19"]
    assert values["cuda_version_upper_bound"][-3:] == ["12.5", "12.4", "12.3"]
    assert values["sm_arch"] == [f"8{step}_real" for step in range(6, -1, -1)] + ["80_virtual"]


@pytest.mark.parametrize(
    ("cuda", "sm", "features"),
    [
        pytest.param((13, 0), None, {"lower", "upper"}, id="gpu-unknown"),
        pytest.param((13, 0), (3, 7), {"lower", "upper"}, id="gpu-too-old"),
        pytest.param((10, 2), None, {"upper"}, id="driver-too-old"),
        pytest.param((15, 20), None, {"lower"}, id="newest-driver-known"),
        pytest.param((16, 0), (9, 0), {"lower", "sm_arch"}, id="newer-still"),
    ],
)
def test_nvidia_features_at_the_limits(
    cuda: tuple[int, int], sm: tuple[int, int] | None, features: set[str]
) -> None:
    names = {name for name, _ in nvidia_features(cuda, sm) or ()}
    assert {name.removeprefix("cuda_version_").removesuffix("_bound") for name in names} == features


def test_an_absurd_cuda_version_answers_nothing() -> None:
    assert nvidia_features((12, 10**15), (9, 0)) is None


@pytest.mark.parametrize(
    ("given", "env", "cuda", "sm"),
    [
        pytest.param({}, {}, None, None, id="none-found"),
        pytest.param({"cuda": "12.8", "sm": "9.0"}, {}, (12, 8), (9, 0), id="given"),
        pytest.param({"cuda": "13"}, {}, (13, 0), None, id="major-only"),
        pytest.param({}, {FORCE_CUDA: "13.1", FORCE_SM: "12.1"}, (13, 1), (12, 1), id="env"),
        pytest.param({"cuda": "12.8"}, {FORCE_CUDA: "13.1"}, (12, 8), None, id="given-over-env"),
        pytest.param({"cuda": "none"}, {FORCE_CUDA: "13.1", FORCE_SM: "9.0"}, None, None, id="no"),
        pytest.param({"cuda": "13", "sm": "none"}, {FORCE_SM: "9.0"}, (13, 0), None, id="no-sm"),
        pytest.param({}, {FORCE_CUDA: "", FORCE_SM: ""}, None, None, id="empty-env-is-unset"),
    ],
)
def test_stated_gpus(
    given: dict[str, str],
    env: dict[str, str],
    cuda: tuple[int, int] | None,
    sm: tuple[int, int] | None,
) -> None:
    host = Host.detect(**given, env=env)
    assert (host.cuda, host.sm) == (cuda, sm)


@pytest.mark.parametrize(
    ("driver", "cuda", "sm"),
    [
        (("12.8", ["8.6", "9.0", "N/A"]), (12, 8), (9, 0)),
        (("12.8", []), (12, 8), None),
        (("10.2", ["7.0"]), None, (7, 0)),
        (("15.21", ["9.0"]), None, (9, 0)),
    ],
)
def test_found_gpus(
    driver: tuple[str, list[str]],
    cuda: tuple[int, int] | None,
    sm: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(probe, "nvidia_driver", lambda: driver)
    host = Host.detect(env={})
    assert (host.cuda, host.sm) == (cuda, sm)
    assert bool(host.notes) == (cuda is None)


# The words of two generations of nvidia-smi -q
@pytest.mark.skipif(os.name == "nt", reason="a shell script takes nvidia-smi's place")
@pytest.mark.parametrize("key", ["CUDA Version", "CUDA UMD Version"])
def test_the_driver_version_of_nvidia_smi(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    answer = f"Driver Version  : 570.86.10\n{key:<20}: 12.8\nAttached GPUs : 2"
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n[ $1 = -q ] && echo '{answer}' || printf '8.6\\n9.0\\n'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert probe.nvidia_driver() == ("12.8", ["8.6", "9.0"])


@pytest.mark.parametrize(
    ("value", "present"), [("1", True), ("TRUE", True), ("0", False), ("", False)]
)
def test_stated_tpu(value: str, present: bool) -> None:
    assert Host.detect(env={FORCE_TPU: value}).tpu is present


@pytest.mark.parametrize(
    ("vendor", "device", "present"),
    [("0x1ae0", "0x0063", True), ("0x1ae0", "0xffff", False), ("0x8086", "0x0063", False)],
)
def test_tpu_among_the_pci_devices(
    vendor: str, device: str, present: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    (tmp_path / "0000:00:04.0").mkdir()
    (tmp_path / "0000:00:04.0" / "vendor").write_text(f"{vendor}\n")
    (tmp_path / "0000:00:04.0" / "device").write_text(f"{device}\n")
    assert probe.has_tpu(tmp_path) is present
    assert not probe.has_tpu(tmp_path / "nowhere")


# This machine


@pytest.mark.parametrize(
    ("family", "expected"),
    [("x86_64", ("v2", None)), ("aarch64", (None, "8a")), ("ppc64le", (None, None))],
)
def test_an_unreadable_processor_is_taken_for_the_default(
    family: str, expected: tuple[str | None, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "machine", lambda: family)
    monkeypatch.setattr(probe, "x86_64_flags", list)
    monkeypatch.setattr(probe, "linux_arm_cores", set)
    monkeypatch.setattr(probe, "macos_brand", str)
    host = Host.detect(env={})
    assert (host.x86_64_level, host.aarch64_version) == expected
    assert any("assumed" in note for note in host.notes) == (expected != (None, None))


def test_a_stated_processor_replaces_the_one_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(probe, "machine", lambda: "x86_64")
    host = Host.detect(aarch64_version="8.2a", env={})
    assert (host.x86_64_level, host.aarch64_version) == (None, "8.2a")


def test_detection_works_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    host = Host.detect(env={})
    assert (host.x86_64_level is not None) == (probe.machine() == "x86_64")


@pytest.mark.parametrize(
    "wrong",
    [
        {"x86_64_level": "v5"},
        {"aarch64_version": "9a"},
        {"cuda": "new"},
        {"sm": "90", "cuda": "13"},
    ],
)
def test_a_value_that_there_is_not_is_an_error(wrong: dict[str, str]) -> None:
    with pytest.raises(RequestError, match=next(iter(wrong.values()))):
        Host.detect(**wrong, env={})


# Which provider entries count

NVIDIA_API = "nvidia_variant_provider.plugin:NvidiaVariantPlugin"
X86_64 = "x86-64-variant-provider"


@pytest.mark.parametrize(
    ("namespace", "provider", "problem"),
    [
        ("x86_64", Provider((f"{X86_64} >=0.2",)), ""),
        ("x86_64", Provider(("X86_64.variant_provider",)), ""),
        ("x86_64", Provider((X86_64,), "x86_64_variant_provider"), ""),
        ("nvidia", Provider(("nvidia-variant-provider >=0.0.1",), NVIDIA_API), ""),
        ("tpu", Provider(("tpu-variant-provider",), "tpu_variant_provider.plugin"), "plugin-api"),
        ("blas", Provider(static_properties={"library": ("mkl",)}), ""),
        ("x86_64", Provider((f"{X86_64} >=0.3",)), "leaves out version 0.2.1"),
        ("x86_64", Provider((X86_64, "more")), "exactly one requirement"),
        ("x86_64", Provider((f"{X86_64}[fast]",)), "no extra, marker or URL"),
        ("x86_64", Provider((f"{X86_64}; os_name == 'nt'",)), "no extra, marker or URL"),
        ("x86_64", Provider((f"{X86_64} @ https://example.org/x.whl",)), "no extra, marker"),
        ("x86_64", Provider(("another-provider",)), f"must be {X86_64}"),
        ("x86_64", Provider(("not a requirement",)), "not a requirement"),
        ("x86_64", Provider((X86_64,), "x86_64_variant_provider:Plugin"), "or left out"),
        ("nvidia", Provider(("nvidia-variant-provider",)), f"must be {NVIDIA_API}"),
        ("aarch64", Provider((X86_64,)), "must be aarch64-variant-provider"),
        ("npu", Provider(("npu-provider",)), "no installer carries a provider"),
        ("abi_dependency", Provider(builtin="abi_dependency"), "builtin 'abi_dependency'"),
    ],
)
def test_provider_entries(namespace: str, provider: Provider, problem: str) -> None:
    found = provider_problem(namespace, provider)
    assert (problem in found) if problem else not found


ANSWERED = sorted(name for name, known in KNOWN.items() if known.in_installers)


@pytest.mark.parametrize("namespace", sorted(set(ANSWERED) - {"abi_dependency"}))
def test_the_entries_that_builds_write_count(namespace: str) -> None:
    assert not provider_problem(namespace, KNOWN[namespace].provider)


def test_a_release_gets_support_or_a_reason_for_each_namespace() -> None:
    namespaces = ("nvidia", "x86_64", "npu")
    providers = {
        "nvidia": Provider(("nvidia-variant-provider",), NVIDIA_API),
        "x86_64": Provider((X86_64,)),
        "npu": Provider(("npu-provider",)),
    }
    variant = Variant.from_mapping("v", {"x86_64": {"level": ["v2"]}})
    metadata = VariantMetadata(namespaces, providers, (variant,))
    host = Host(x86_64_level="v2")
    assert list(host.supported(metadata)) == ["x86_64"]
    assert set(host.reasons(metadata)) == {"nvidia", "npu"}
