"""Which build requirements wheels of one call share, and which each has for itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from plans import plan_of

from wheelnext_build.building import requirements
from wheelnext_build.building.environment import overlay, variables
from wheelnext_build.building.plan import Plan

CUBLAS = "nvidia-cublas; 'nvidia' in variant_namespaces"


def plan(build_requires: list[str], *rows: str, plain: bool = True) -> Plan:
    matrix = "".join(f"[[tool.wheelnext-build.matrix]]\n{row}\n" for row in rows)
    tables = f"[tool.wheelnext-build]\nbuild-requires={build_requires}\n{matrix}"
    return plan_of(tables, *([] if plain else ["*"]))


def shares(plan: Plan) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """Return the common requirements, and those of single wheels."""
    own = {job.title: job.requires for job in plan.jobs if job.requires}
    return [*requirements.common(plan.jobs, plan.config)], own


NUMPY = 'axes.abi_dependency.numpy = ["2.3", "2.4"]'
CUDA = 'axes.nvidia.sm_arch = ["80_real", "90_real"]'


def test_what_one_variant_needs_is_installed_for_all_where_none_minds() -> None:
    assert shares(plan([CUBLAS, "pybind11"], CUDA)) == (["pybind11", "nvidia-cublas"], {})


def test_each_release_that_variants_are_built_against_is_in_a_place_of_its_own() -> None:
    assert shares(plan([], NUMPY)) == (
        [],
        {"numpy2.3": ("numpy==2.3.*",), "numpy2.4": ("numpy==2.4.*",)},
    )


def test_a_single_release_is_for_its_variant_and_not_for_the_plain_wheel() -> None:
    one = 'axes.abi_dependency.numpy = ["2.3"]'
    assert shares(plan([], one)) == ([], {"numpy2.3": ("numpy==2.3.*",)})
    assert shares(plan([], one, plain=False)) == (["numpy==2.3.*"], {})


def test_what_the_other_wheels_need_stays_in_the_common_environment() -> None:
    both = plan(["NumPy>=2"], NUMPY, 'axes.x86_64.level = ["v3"]')
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
    common, own = shares(plan([requires[0], requires[2]], CUDA))
    assert common == ["cython>=3"]
    assert own == {"sm80": ("cython<3",)}


def test_a_folder_of_its_own_comes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/before")
    monkeypatch.setenv("PATH", "/usr/bin")
    monkeypatch.delenv("CMAKE_PREFIX_PATH", raising=False)
    assert variables.of_tools(None, tmp_path) == {
        "PYTHONPATH": f"{tmp_path}:/before",
        "PATH": f"{tmp_path / 'bin'}:/usr/bin",
        "CMAKE_PREFIX_PATH": str(tmp_path),
    }


def test_the_installer_is_the_one_that_the_frontend_is(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = plan([], NUMPY).jobs
    monkeypatch.delenv("UV", raising=False)
    assert requirements.installer_requirements(jobs) == ["pip"]
    assert requirements.installer_requirements(jobs[:1]) == []
    monkeypatch.setenv("UV", "/usr/bin/uv")
    assert requirements.installer_requirements(jobs) == []
    assert overlay.brought_installer() == "/usr/bin/uv"
