"""pyproject.toml: what can be declared, and what it means."""

from __future__ import annotations

import copy
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelnext_build.config.build_target import BuildTarget
from wheelnext_build.config.config import Config, parse
from wheelnext_build.config.project import Project
from wheelnext_build.errors import ConfigurationError, Problem, RequestError
from wheelnext_build.variants.metadata import Provider, VariantMetadata
from wheelnext_build.variants.variant import NULL, Variant

ROW = "[[tool.wheelnext-build.matrix]]\naxes.x86_64.level = ['v3']"
X86_64 = BuildTarget("x86_64", {"sys_platform": "linux"})
AARCH64 = BuildTarget("aarch64", {"sys_platform": "linux"})


def read(text: str) -> Config:
    return parse(tomllib.loads(text))


def labels(config: Config) -> list[str]:
    return [item.variant.label for item in config.declared]


# What can be declared


def test_a_project_without_variants_is_no_mistake() -> None:
    config = read('[project]\nname = "pkg"\n[tool.other]\nx = 1')
    assert config.declared == ()
    assert config.metadata is None
    with pytest.raises(RequestError, match="declares no variants: add"):
        config.metadata_of(NULL)


def test_a_matrix_and_the_standard_table_mean_the_same() -> None:
    matrix = read(
        """
        [[tool.wheelnext-build.matrix]]
        axes.nvidia.cuda_version_lower_bound = ["13.0"]
        axes.nvidia.sm_arch = ["80_real", ["90_virtual", "90_real"]]
        [[tool.wheelnext-build.matrix]]
        axes.x86_64.level = ["v3"]
        """
    )
    standard = read(
        """
        [variant.default-priorities]
        namespace = ["nvidia", "x86_64"]
        [variant.providers.x86_64]
        requires = ["x86-64-variant-provider >=0.2"]
        [variant.providers.nvidia]
        requires = ["nvidia-variant-provider >=0.0.1"]
        plugin-api = "nvidia_variant_provider.plugin:NvidiaVariantPlugin"
        [variant.variants."cu13.0_sm80".nvidia]
        cuda_version_lower_bound = ["13.0"]
        sm_arch = ["80_real"]
        [variant.variants."cu13.0_sm90_ptx90".nvidia]
        cuda_version_lower_bound = "13.0"
        sm_arch = ["90_real", "90_virtual"]
        [variant.variants.x86_64_v3]
        x86_64.level = ["v3"]
        """
    )
    assert matrix.metadata == standard.metadata
    assert [item.variant for item in matrix.declared] == [
        item.variant for item in standard.declared
    ]
    assert [item.effect for item in matrix.declared] == [item.effect for item in standard.declared]


def test_variants_stand_in_the_order_of_the_file_the_standard_table_first() -> None:
    config = read(
        """
        [[tool.wheelnext-build.matrix]]
        axes.nvidia.sm_arch = ["90_real", "80_real"]
        axes.x86_64.level = ["v4", "v2"]
        [[tool.wheelnext-build.matrix]]
        include = [{ x86_64.level = "v3" }]
        [variant.variants.null]
        [variant.variants.base]
        x86_64.level = ["v1"]
        """
    )
    assert labels(config) == [
        "null",
        "base",
        "sm90_x86_64_v4",
        "sm90_x86_64_v2",
        "sm80_x86_64_v4",
        "sm80_x86_64_v2",
        "x86_64_v3",
    ]


def test_exclude_takes_combinations_away_and_include_adds_single_ones() -> None:
    config = read(
        """
        [[tool.wheelnext-build.matrix]]
        axes.nvidia.cuda_version_lower_bound = ["12.8", "13.0"]
        axes.nvidia.sm_arch = ["80_real", ["90_real", "90_virtual"]]
        exclude = [
            { nvidia = { cuda_version_lower_bound = "13.0", sm_arch = "80_real" } },
            { nvidia.sm_arch = ["90_virtual", "90_real"] },
        ]
        include = [{ nvidia.sm_arch = "120_real" }]
        """
    )
    assert labels(config) == ["cu12.8_sm80", "sm120"]


def test_labels_may_come_from_a_template() -> None:
    config = read(
        """
        [[tool.wheelnext-build.matrix]]
        label = "cu{cuda_version_lower_bound}.sm{nvidia.sm_arch}"
        axes.nvidia.cuda_version_lower_bound = ["13.0"]
        axes.nvidia.sm_arch = ["80_real", "90_virtual"]
        """
    )
    assert labels(config) == ["cu13.0.sm80", "cu13.0.smptx90"]


def test_the_same_variant_may_be_declared_twice() -> None:
    config = read(
        """
        [variant.variants.x86_64_v3]
        x86_64.level = ["v3"]
        [[tool.wheelnext-build.matrix]]
        axes.x86_64.level = ["v3", "v4"]
        when = "sys_platform == 'linux'"
        """
    )
    assert labels(config) == ["x86_64_v3", "x86_64_v4"]
    elsewhere = config.for_target(BuildTarget("x86_64", {"sys_platform": "darwin"}))
    assert [item.variant.label for item in elsewhere] == ["x86_64_v3"]


def test_the_values_of_a_choice_are_a_set() -> None:
    choice = ["90_real", "100_real", "90_virtual", "80_real"]
    for order in (choice, choice[::-1], sorted(choice)):
        config = read(f"[[tool.wheelnext-build.matrix]]\naxes.nvidia.sm_arch = [{order}]")
        assert labels(config) == ["sm100_80_90_ptx90"]


def test_providers_and_priorities_are_filled_in_and_what_is_written_wins() -> None:
    config = read(
        """
        [variant.default-priorities]
        namespace = ["x86_64", "nvidia", "tpu"]
        [variant.providers.x86_64]
        static-properties.level = ["v4", "v3", "v2", "v1"]
        optional = true
        [[tool.wheelnext-build.matrix]]
        axes.nvidia.sm_arch = ["90_real"]
        axes.x86_64.level = ["v3"]
        """
    )
    assert config.metadata is not None
    assert config.metadata.namespaces == ("x86_64", "nvidia", "tpu")
    assert config.metadata.providers["x86_64"] == Provider(
        static_properties={"level": ("v4", "v3", "v2", "v1")}, optional=True
    )
    assert config.metadata.providers["tpu"].requires == ("tpu-variant-provider >=0.1",)


def test_a_wheels_metadata_is_the_projects_with_its_own_variant() -> None:
    config = read("[[tool.wheelnext-build.matrix]]\naxes.x86_64.level = ['v3', 'v4']")
    assert config.metadata is not None
    for variant in (config.declared[1].variant, NULL):
        assert config.metadata_of(variant) == VariantMetadata(
            ("x86_64",), config.metadata.providers, (variant,)
        )


def test_variants_for_another_machine_are_left_out_but_stay_in_the_metadata() -> None:
    config = read(
        """
        [[tool.wheelnext-build.matrix]]
        axes.x86_64.level = ["v3"]
        [[tool.wheelnext-build.matrix]]
        axes.aarch64.version = ["8.2a"]
        [[tool.wheelnext-build.matrix]]
        axes.nvidia.sm_arch = ["90_real"]
        when = "sys_platform == 'linux'"
        [[tool.wheelnext-build.matrix]]
        axes.nvidia.sm_arch = ["80_real"]
        when = "sys_platform == 'win32'"
        """
    )

    def built(target: BuildTarget) -> list[str]:
        return [item.variant.label for item in config.for_target(target)]

    assert built(X86_64) == ["x86_64_v3", "sm90"]
    assert built(AARCH64) == ["aarch64_8.2a", "sm90"]
    assert built(BuildTarget("x86_64", {"sys_platform": "win32"})) == ["x86_64_v3", "sm80"]
    assert config.metadata is not None
    assert len(config.metadata.variants) == 4
    left_out = [item.left_out(X86_64) for item in config.declared]
    assert left_out == [
        None,
        "it is for aarch64, the build is for x86_64",
        None,
        'its condition does not hold for this build: sys_platform == "win32"',
    ]


def test_a_variant_of_two_rows_is_built_where_either_condition_holds() -> None:
    config = read(
        """
        [[tool.wheelnext-build.matrix]]
        axes.x86_64.level = ["v3", "v4"]
        when = "sys_platform == 'linux'"
        [[tool.wheelnext-build.matrix]]
        axes.x86_64.level = ["v3"]
        when = "sys_platform == 'darwin'"
        """
    )
    for platform, expected in (("linux", 2), ("darwin", 1), ("win32", 0)):
        target = BuildTarget("x86_64", {"sys_platform": platform})
        assert len(config.for_target(target)) == expected


# What properties mean for the build


BLAS = """
[variant.providers.blas_lapack]
static-properties = { library = ["mkl", "openblas"] }
[variant.variants.mkl]
blas_lapack = { library = ["mkl"] }
"""


def test_a_property_may_bring_flags_defines_and_environment() -> None:
    config = read(
        BLAS
        + """
        [tool.wheelnext-build]
        flags-scope = "targets"
        [tool.wheelnext-build.properties."blas_lapack::library::mkl"]
        define = { BLA_VENDOR = "Intel10_64lp", USE_MKL = true, SHARED = false, LEVEL = 3 }
        environment.MKLROOT = "/opt/mkl"
        c-flags = ["-DC"]
        cxx-flags = ["-DUSE_MKL"]
        fortran-flags = ["-DF"]
        cuda-flags = ["-DG"]
        link-flags = ["-lmkl"]
        """
    )
    assert config.flags_scope == "targets"
    effect = config.declared[0].effect
    assert effect.define == {
        "BLA_VENDOR": "Intel10_64lp",
        "USE_MKL": "ON",
        "SHARED": "OFF",
        "LEVEL": "3",
    }
    assert effect.environment == {"MKLROOT": "/opt/mkl"}
    assert effect.flags == {
        "C": ("-DC",),
        "CXX": ("-DUSE_MKL",),
        "Fortran": ("-DF",),
        "CUDA": ("-DG",),
    }
    assert effect.link_flags == ("-lmkl",)
    assert effect.needs_own_tree


@pytest.mark.parametrize(
    ("entry", "own_tree"),
    [
        ('define.A = "1"', True),
        ('environment.A = "1"', True),
        ('cxx-flags = ["-DA"]', False),
        ('define.A = "1"\nshare-tree = true', False),
    ],
)
def test_defines_keep_a_variant_in_its_own_tree(entry: str, own_tree: bool) -> None:
    table = '[tool.wheelnext-build.properties."blas_lapack :: library :: mkl"]\n'
    assert read(BLAS + table + entry).declared[0].effect.needs_own_tree == own_tree


OVERRIDE = """
[[tool.scikit-build.overrides]]
if.{condition} = ".+"
cmake.define.WITH_MKL = true
"""


@pytest.mark.parametrize(
    "condition",
    [
        "env.WHEELNEXT_BLAS_LAPACK_LIBRARY",
        "any.env.WHEELNEXT_VARIANT_LABEL",
        "not.env.WHEELNEXT_VARIANT_LABEL",
    ],
)
def test_an_override_that_reads_the_variant_changes_the_build_in_its_own_tree(
    condition: str,
) -> None:
    override = OVERRIDE.format(condition=condition)
    assert not read(BLAS + override).declared[0].effect.share_tree
    shared = read(BLAS + override + "[tool.wheelnext-build]\nshare-tree = true")
    assert shared.declared[0].effect.share_tree


def test_null_may_be_declared_where_priorities_are() -> None:
    config = read("[variant.default-priorities]\nnamespace = ['x86_64']\n[variant.variants.null]\n")
    assert config.metadata is not None
    assert config.metadata.variants == (NULL,)


# The file


def test_the_file_of_the_folder_is_read(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"pyproject\.toml: no such file; run in the folder of"):
        _ = Project.load(tmp_path).config
    path = tmp_path / "pyproject.toml"
    path.write_text(ROW)
    assert labels(Project.load(tmp_path).config) == ["x86_64_v3"]


@pytest.mark.parametrize(
    "content",
    [b"[tool", b"a = '\xff'", b"a = " + b"9" * 10_000],
)
def test_what_is_not_toml_is_reported(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    with pytest.raises(ConfigurationError, match="not TOML"):
        _ = Project.load(tmp_path).config


def test_a_byte_that_is_not_utf8_is_found(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(ConfigurationError, match=r"byte 0xff is not UTF-8 \(at line 2\)"):
        _ = Project.load(tmp_path).config


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pyproject.toml")
    with pytest.raises(RequestError, match=r"pyproject\.toml: is not a regular file"):
        _ = Project.load(tmp_path).config


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a = " + "[" * 3000, "in more than 100 others"),
        ("a = " + "{a = " * 3000, "in more than 100 others"),
        ("a = " + "[" * 101 + "]" * 101, "in more than 100 others"),
        ("a." * 101 + "a = 1", "in more than 100 others"),
        (
            "[tool.a" + ".a" * 101 + "]",
            r"tool\.a\.a\.a.*\.\.\.: has tables",
        ),
        ("a = " + "9" * 5000, r"number of thousands of digits \(at line 1\)"),
    ],
)
def test_toml_that_nobody_writes_is_reported(tmp_path: Path, content: str, expected: str) -> None:
    (tmp_path / "pyproject.toml").write_text(content)
    with pytest.raises(ConfigurationError, match=expected):
        _ = Project.load(tmp_path).config
    (tmp_path / "pyproject.toml").write_text("a = " + "[" * 99 + "]" * 99)
    assert not Project.load(tmp_path).config.declared


def test_a_define_of_thousands_of_digits_is_reported(tmp_path: Path) -> None:
    table = "[tool.wheelnext-build.properties.'x86_64 :: level :: v3'.define]"
    (tmp_path / "pyproject.toml").write_text(f"{ROW}\n{table}\nA = 0x{'f' * 5000}\n")
    with pytest.raises(ConfigurationError, match=r"\.define\.A: is too long a number"):
        _ = Project.load(tmp_path).config


# Whatever stands in the file, there is a report or a sound configuration

SOUND = tomllib.loads(
    """
    [variant.default-priorities]
    namespace = ["blas_lapack", "nvidia", "x86_64"]
    [variant.providers.blas_lapack]
    static-properties = { library = ["mkl", "openblas"], threads = ["1"] }
    feature-order = ["library", "threads"]
    optional = false
    [variant.providers.x86_64]
    requires = ["x86-64-variant-provider >=0.2"]
    plugin-api = "x86_64_variant_provider"
    [variant.variants.mkl]
    blas_lapack = { library = ["mkl"] }
    [variant.variants.null]
    [tool.wheelnext-build]
    flags-scope = "targets"
    share-tree = true
    [[tool.wheelnext-build.matrix]]
    axes.nvidia.sm_arch = ["80_real", ["90_real", "90_virtual"]]
    axes.x86_64.level = ["v3", "v4"]
    exclude = [{ x86_64.level = "v3", nvidia.sm_arch = "80_real" }]
    include = [{ x86_64.level = "v2", nvidia.sm_arch = "120_real" }]
    label = "sm{sm_arch}_{level}"
    when = "sys_platform == 'linux' or platform_machine != 'x'"
    [tool.wheelnext-build.properties."blas_lapack :: library :: mkl"]
    define.BLA_VENDOR = "Intel10_64lp"
    environment.X = "1"
    cxx-flags = ["-DUSE_MKL"]
    no-flags = false
    [[tool.scikit-build.overrides]]
    if.env.WHEELNEXT_VARIANT_LABEL = "x"
    """
)

WORDS = st.sampled_from(
    [
        "", "v3", "V3", "null", "x86_64", "aarch64", "{level}", "{", "a :: b :: c", "mkl",
        "python_version < '3'", "python_version ~= 'x'", "extra == 'x'", "90_real", "openmp",
        "abi_dependency", "a b", "a.b:c", "2.9", "\0", "\n", "ä",
    ]
)  # fmt: skip
VALUES = st.recursive(
    WORDS | st.booleans() | st.integers(0, 20) | st.floats() | st.dates() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=5,
)


def places(value: object) -> Iterator[tuple[Any, Any]]:
    """Every container and key in a parsed TOML file."""
    for key, item in value.items() if isinstance(value, Mapping) else enumerate(value):  # type: ignore[call-overload]
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)


@given(st.data())
def test_no_table_raises_anything_but_a_report(data: st.DataObject) -> None:
    pyproject = copy.deepcopy(SOUND)
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from([*places(pyproject), (pyproject, "tool")]))
        action = data.draw(st.sampled_from(["replace", "remove", "add"]))
        if action == "replace":
            container[key] = data.draw(VALUES)
        elif action == "remove":
            container.pop(key, None) if isinstance(container, dict) else container.pop(key)
        elif isinstance(container, list):
            container.append(data.draw(VALUES))
        else:
            container[data.draw(WORDS)] = data.draw(VALUES)
    found: tuple[Problem, ...] = ()
    config = Config((), None, "project")
    try:
        config = parse(pyproject)
    except ConfigurationError as error:
        found = error.problems
        str(error)
    assert len(set(found)) == len(found)
    if config.metadata is not None:
        assert VariantMetadata.from_json(config.metadata.to_json()) == config.metadata
    for item in config.for_target(X86_64):
        assert isinstance(config.metadata_of(item.variant).variants[0], Variant)


def test_the_expansion_is_the_same_each_time() -> None:
    assert parse(copy.deepcopy(SOUND)) == parse(copy.deepcopy(SOUND))
    assert labels(parse(SOUND)) == [
        "mkl",
        "null",
        "sm80_v4",
        "sm90_ptx90_v3",
        "sm90_ptx90_v4",
        "sm120_v2",
    ]
