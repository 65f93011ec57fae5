"""What the known properties mean: for installers, for labels, for compilers."""

from __future__ import annotations

import itertools

import pytest

from wheelnext_build.variants.effects import DIALECTS, Effect
from wheelnext_build.variants.known_properties import (
    KNOWN,
    default_priority,
    has_ptx,
    known_effect,
    machines_of,
    readable_label,
    toolkit_bound,
)
from wheelnext_build.variants.variant import NULL, Variant


def variant(**features: dict[str, list[str]]) -> Variant:
    return Variant.from_mapping("x", features)


@pytest.mark.parametrize(
    ("namespace", "entry"),
    [
        ("x86_64", {"requires": ["x86-64-variant-provider >=0.2"]}),
        ("aarch64", {"requires": ["aarch64-variant-provider >=0.2"]}),
        (
            "nvidia",
            {
                "requires": ["nvidia-variant-provider >=0.0.1"],
                "plugin-api": "nvidia_variant_provider.plugin:NvidiaVariantPlugin",
            },
        ),
        (
            "tpu",
            {
                "requires": ["tpu-variant-provider >=0.1"],
                "plugin-api": "tpu_variant_provider.plugin:TpuVariantPlugin",
            },
        ),
        ("abi_dependency", {"builtin": "abi_dependency"}),
    ],
)
def test_the_provider_entries_are_those_that_uv_answers_itself(
    namespace: str, entry: dict[str, object]
) -> None:
    assert KNOWN[namespace].in_installers
    assert KNOWN[namespace].provider.as_mapping() == entry


@pytest.mark.parametrize(
    ("namespace", "requires", "plugin_api"),
    [
        ("amd", "amd-variant-provider >=0.0.2", "amd_variant_provider.plugin:AMDVariantPlugin"),
        (
            "ascend",
            "ascend-variant-provider >=0.0.2",
            "ascend_variant_provider.plugin:AscendVariantPlugin",
        ),
    ],
)
def test_the_other_entries_name_the_plugins_of_their_vendors(
    namespace: str, requires: str, plugin_api: str
) -> None:
    entry = {"requires": [requires], "plugin-api": plugin_api}
    assert not KNOWN[namespace].in_installers
    assert KNOWN[namespace].provider.as_mapping() == entry


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["x86_64", "nvidia"], ["nvidia", "x86_64"]),
        (
            [
                "aarch64",
                "x86_64",
                "openmp",
                "blas_lapack",
                "abi_dependency",
                "tpu",
                "amd",
                "nvidia",
            ],
            [
                "nvidia",
                "amd",
                "tpu",
                "abi_dependency",
                "blas_lapack",
                "openmp",
                "x86_64",
                "aarch64",
            ],
        ),
        ([], []),
    ],
)
def test_what_a_machine_has_beyond_its_processor_is_preferred(
    given: list[str], expected: list[str]
) -> None:
    for order in itertools.islice(itertools.permutations(given), 10):
        assert list(default_priority(order)) == expected


@pytest.mark.parametrize(
    ("features", "label"),
    [
        ({"x86_64": {"level": ("v3",)}}, "x86_64_v3"),
        ({"aarch64": {"version": ("8.2a",)}}, "aarch64_8.2a"),
        ({"nvidia": {"cuda_version_lower_bound": ("13",), "sm_arch": ("80_real",)}}, "cu13_sm80"),
        ({"nvidia": {"sm_arch": ("90_real", "90_virtual")}}, "sm90_ptx90"),
        ({"nvidia": {"sm_arch": ("100f_real",)}}, "sm100f"),
        ({"nvidia": {"cuda_version_upper_bound": ("14",)}}, "below14"),
        ({"amd": {"gfx_arch": ("gfx90a",), "rocm_version": ("7.0",)}}, "gfx90a_rocm7.0"),
        ({"amd": {"gfx_arch": ("gfx1100", "gfx1101")}}, "gfx1100_gfx1101"),
        (
            {"ascend": {"cann_version": ("8.2.rc1",), "npu_type": ("910b",)}},
            "cann8.2.rc1_ascend_910b",
        ),
        ({"tpu": {"present": ("true",)}}, "tpu_true"),
        ({"abi_dependency": {"torch": ("2.9",)}}, "torch2.9"),
        ({"blas_lapack": {"library": ("mkl",)}}, "blas_lapack_library_mkl"),
        ({"x86_64": {"level": ("v3",)}, "nvidia": {"sm_arch": ("80_real",)}}, "sm80_x86_64_v3"),
    ],
)
def test_default_labels_are_readable(
    features: dict[str, dict[str, tuple[str, ...]]], label: str
) -> None:
    assert readable_label(features) == label


def test_different_architectures_never_read_alike() -> None:
    values = ["80_real", "80_virtual", "90_real", "90_virtual", "90a_real", "120_real"]
    chosen = [c for count in range(1, 7) for c in itertools.combinations(values, count)]
    labels = {readable_label({"nvidia": {"sm_arch": choice}}) for choice in chosen}
    assert len(labels) == len(chosen)


@pytest.mark.parametrize(
    ("namespace", "feature", "good", "bad"),
    [
        ("x86_64", "level", ["v1", "v4"], ["v0", "v5", "3"]),
        ("aarch64", "version", ["8a", "8.4a"], ["8.5a", "9a"]),
        (
            "nvidia",
            "cuda_version_lower_bound",
            ["13", "12.8"],
            ["13.0.1", "v13", "13."],
        ),
        ("nvidia", "sm_arch", ["90_real", "100f_virtual", "90a_real"], ["90", "sm_90", "9_real"]),
        (
            "amd",
            "gfx_arch",
            [
                "gfx900",
                "gfx906",
                "gfx908",
                "gfx90a",
                "gfx942",
                "gfx1030",
                "gfx1100",
                "gfx1102",
                "gfx1201",
                "gfx803",
            ],
            ["90a", "gfx9", "gfx90g", "gfx11000", "gfx9_generic"],
        ),
        ("amd", "rocm_version", ["7.10", "6.4"], ["7", "7.0.1", "rocm7.0"]),
        ("ascend", "npu_type", ["910b", "310p", "310p3", "a3"], ["ascend910b", "b910", "npu"]),
        ("ascend", "driver_version", ["25.2.0", "24.1.rc3"], ["25", "25.2.0.1"]),
        ("ascend", "cann_version", ["8.2.rc1", "8.0.0", "8.3"], ["8", "8.2rc1"]),
        ("tpu", "present", ["true", "false"], ["yes"]),
        (
            "abi_dependency",
            "torch",
            ["2", "2.9", "2.9.1"],
            ["2.9.1.0", "2.09", "2.9a", "2.123456789"],
        ),
    ],
)
def test_values_are_those_that_installers_know(
    namespace: str, feature: str, good: list[str], bad: list[str]
) -> None:
    known = KNOWN[namespace].feature(feature)
    assert known is not None
    assert all(map(known.allows, good))
    assert not any(map(known.allows, bad))


def test_variants_of_a_processor_belong_to_it() -> None:
    assert machines_of(variant(x86_64={"level": ["v3"]}, nvidia={"sm_arch": ["80_real"]})) == (
        "x86_64",
    )
    assert machines_of(variant(nvidia={"sm_arch": ["80_real"]})) == ()
    assert machines_of(variant(aarch64={"version": ["8a"]}, x86_64={"level": ["v1"]})) == (
        "aarch64",
        "x86_64",
    )


# Flags


@pytest.mark.parametrize(
    ("level", "gnu", "msvc"),
    [
        ("v1", "-march=x86-64", ()),
        ("v2", "-march=x86-64-v2", ()),
        ("v3", "-march=x86-64-v3", ("/arch:AVX2",)),
        ("v4", "-march=x86-64-v4", ("/arch:AVX512",)),
    ],
)
def test_an_x86_64_level_is_an_architecture_to_each_compiler(
    level: str, gnu: str, msvc: tuple[str, ...]
) -> None:
    flags = known_effect(variant(x86_64={"level": [level]})).cpu_flags
    assert set(flags) == set(DIALECTS)
    assert flags["gnu"] == (gnu,)
    assert flags["clang-cl"] == (f"/clang:{gnu}",)
    assert flags["msvc"] == msvc


def test_old_compilers_get_each_extension_up_to_the_level() -> None:
    legacy = {
        level: known_effect(variant(x86_64={"level": [level]})).cpu_flags["gnu-legacy"]
        for level in ("v1", "v2", "v3", "v4")
    }
    assert legacy["v1"] == ("-march=x86-64",)
    assert {"-msse4.2", "-mpopcnt", "-mcx16", "-msahf"} < set(legacy["v2"])
    assert {"-mavx2", "-mbmi", "-mbmi2", "-mf16c", "-mfma", "-mlzcnt", "-mmovbe"} < set(
        legacy["v3"]
    )
    assert {"-mavx512f", "-mavx512bw", "-mavx512cd", "-mavx512dq", "-mavx512vl"} < set(legacy["v4"])
    assert set(legacy["v1"]) < set(legacy["v2"]) < set(legacy["v3"]) < set(legacy["v4"])


@pytest.mark.parametrize(
    ("value", "gnu", "msvc"),
    [("8a", "-march=armv8-a", "/arch:armv8.0"), ("8.4a", "-march=armv8.4-a", "/arch:armv8.4")],
)
def test_an_aarch64_version_is_an_architecture_to_each_compiler(
    value: str, gnu: str, msvc: str
) -> None:
    flags = known_effect(variant(aarch64={"version": [value]})).cpu_flags
    assert flags == {
        "gnu": (gnu,),
        "gnu-legacy": (gnu,),
        "clang-cl": (f"/clang:{gnu}",),
        "msvc": (msvc,),
    }


def test_of_several_levels_the_lowest_is_built() -> None:
    """The variant fits a machine that has only one of them."""
    flags = known_effect(variant(x86_64={"level": ["v4", "v2", "v3"]})).cpu_flags
    assert flags["gnu"] == ("-march=x86-64-v2",)
    flags = known_effect(variant(aarch64={"version": ["8.2a", "8a"]})).cpu_flags
    assert flags["gnu"] == ("-march=armv8-a",)


def test_gpu_architectures_are_spelled_as_cmake_does() -> None:
    effect = known_effect(variant(nvidia={"sm_arch": ["80_real", "90a_real", "90_virtual"]}))
    assert effect.cuda_architectures == ("80-real", "90-virtual", "90a-real")
    assert effect.needs_cuda
    assert not known_effect(variant(x86_64={"level": ["v3"]})).needs_cuda


def test_the_oldest_promised_driver_decides() -> None:
    both = variant(
        nvidia={"cuda_version_lower_bound": ["12.10", "12.9"], "sm_arch": ["90_virtual"]}
    )
    assert str(toolkit_bound(both)) == "12.9"
    assert has_ptx(both)
    assert toolkit_bound(NULL) is None
    assert not has_ptx(variant(nvidia={"sm_arch": ["90_real"]}))


def test_gfx_architectures_are_spelled_for_cmake() -> None:
    both = variant(amd={"gfx_arch": ["gfx90a", "gfx1030"], "rocm_version": ["7.0"]})
    effect = known_effect(both)
    assert effect.hip_architectures == ("gfx1030", "gfx90a")
    assert effect.rocm_versions == ("7.0",)
    assert effect.needs_hip
    assert not (effect | Effect(no_flags=True)).needs_hip
    assert not known_effect(variant(amd={"rocm_version": ["7.0"]})).needs_hip


def test_what_a_wheel_is_built_against_is_installed_for_the_build() -> None:
    effect = known_effect(variant(abi_dependency={"torch": ["2.10", "2.9"], "c_blosc2": ["2"]}))
    assert effect.requires == ("c-blosc2==2.*", "torch==2.9.*")


# Effects together


def test_effects_add_up_and_the_later_define_wins() -> None:
    one = Effect(flags={"C": ("-a",)}, define={"X": "1", "Y": "1"}, link_flags=("-l",))
    two = Effect(flags={"C": ("-b",), "CXX": ("-c",)}, define={"X": "2"}, environment={"E": "3"})
    both = one | two
    assert both.flags == {"C": ("-a", "-b"), "CXX": ("-c",)}
    assert both.define == {"X": "2", "Y": "1"}
    assert both.link_flags == ("-l",)
    assert both.environment == {"E": "3"}
    assert (Effect(no_flags=True) | both).no_flags
    assert not both.no_flags


def test_a_tree_is_shared_only_where_nobody_objects() -> None:
    define, own = Effect(define={"X": "1"}), Effect(define={"X": "1"}, share_tree=False)
    assert not define.needs_own_tree
    assert own.needs_own_tree
    assert (define | own).needs_own_tree
    assert not Effect(share_tree=False).needs_own_tree


@pytest.mark.parametrize(
    ("effect", "changes", "compiles"),
    [
        (Effect(), False, False),
        (Effect(no_flags=True), False, False),
        (Effect(define={"X": "1"}), True, False),
        (Effect(environment={"X": "1"}), True, False),
        (Effect(requires=("a",)), True, False),
        (Effect(needs_cuda=True), True, False),
        (Effect(link_flags=("-l",)), True, True),
        (Effect(flags={"C": ("-a",)}), True, True),
        (Effect(cuda_architectures=("80-real",)), True, True),
        (Effect(hip_architectures=("gfx90a",)), True, True),
        (Effect(rocm_versions=("7.0",)), True, False),
        (known_effect(variant(x86_64={"level": ["v1"]})), True, True),
        (known_effect(NULL), False, False),
    ],
)
def test_whether_a_build_differs_is_known(effect: Effect, changes: bool, compiles: bool) -> None:
    assert effect.changes_build == changes
    assert effect.compiles_differently == compiles
