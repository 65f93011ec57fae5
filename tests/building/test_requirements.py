"""Which build requirements wheels of one call share, and which each has for itself."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from wheelnext_build.building import overlay, requirements
from wheelnext_build.building.jobs import Job, pass_environment
from wheelnext_build.config.config import Config, parse

CUBLAS = "nvidia-cublas; 'nvidia' in variant_namespaces"


def config(build_requires: list[str], *rows: str) -> Config:
    matrix = "".join(f"[[tool.wheelnext-build.matrix]]\n{row}\n" for row in rows)
    return parse(
        tomllib.loads(f"[tool.wheelnext-build]\nbuild-requires={build_requires}\n{matrix}")
    )


def shares(config: Config, *, plain: bool = True) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """The common requirements, and those that wheels have for themselves."""
    jobs = [*([Job(None)] if plain else []), *map(Job, config.declared)]
    own = {job.title: job.requires for job in requirements.assigned(jobs, config)}
    return [*requirements.common(jobs, config)], {k: v for k, v in own.items() if v}


NUMPY = 'axes.abi_dependency.numpy = ["2.3", "2.4"]'
CUDA = 'axes.nvidia.sm_arch = ["80_real", "90_real"]'


def test_what_one_variant_needs_is_installed_for_all_where_none_minds() -> None:
    assert shares(config([CUBLAS, "pybind11"], CUDA)) == (["pybind11", "nvidia-cublas"], {})


def test_each_release_that_variants_are_built_against_is_in_a_place_of_its_own() -> None:
    assert shares(config([], NUMPY)) == (
        [],
        {"numpy2.3": ("numpy==2.3.*",), "numpy2.4": ("numpy==2.4.*",)},
    )


def test_a_single_release_is_for_its_variant_and_not_for_the_plain_wheel() -> None:
    one = config([], 'axes.abi_dependency.numpy = ["2.3"]')
    assert shares(one) == ([], {"numpy2.3": ("numpy==2.3.*",)})
    assert shares(one, plain=False) == (["numpy==2.3.*"], {})


def test_what_the_other_wheels_need_stays_in_the_common_environment() -> None:
    both = config(["NumPy>=2"], NUMPY, 'axes.x86_64.level = ["v3"]')
    common, own = shares(both)
    assert common == ["NumPy>=2"]
    assert own == {
        "numpy2.3": ("numpy==2.3.*", "NumPy>=2"),
        "numpy2.4": ("numpy==2.4.*", "NumPy>=2"),
    }


def test_two_releases_in_build_requires_are_kept_apart() -> None:
    requires = [
        "cython>=3; variant_label == ''",
        "cython<3; variant_label == 'cu13.0_sm80'",
        "cython<3; variant_label == 'sm80'",
    ]
    common, own = shares(config([requires[0], requires[2]], CUDA))
    assert common == ["cython>=3"]
    assert own == {"sm80": ("cython<3",)}


def test_a_folder_of_its_own_comes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/before")
    monkeypatch.setenv("PATH", "/usr/bin")
    monkeypatch.delenv("CMAKE_PREFIX_PATH", raising=False)
    variables = pass_environment(Job(None, overlay=tmp_path), None)
    assert variables == {
        "PYTHONPATH": f"{tmp_path}:/before",
        "PATH": f"{tmp_path / 'bin'}:/usr/bin",
        "CMAKE_PREFIX_PATH": str(tmp_path),
    }


def test_the_installer_is_the_one_that_the_frontend_is(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = requirements.assigned([Job(None), *map(Job, config([], NUMPY).declared)], config([]))
    monkeypatch.delenv("UV", raising=False)
    assert requirements.installer_requirements(jobs) == ["pip"]
    assert requirements.installer_requirements(jobs[:1]) == []
    monkeypatch.setenv("UV", "/usr/bin/uv")
    assert requirements.installer_requirements(jobs) == []
    assert overlay.brought_installer() == "/usr/bin/uv"
