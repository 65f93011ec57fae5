"""The wheels of a request, their settings and their build trees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version
from plans import plan_of

from wheelnext_build.building.environment.cuda import Toolkit
from wheelnext_build.building.trees.tree import Tree

TABLES = """
[variant.variants.null]
[variant.variants."..".x86_64]
level = ["v3"]
[variant.variants.gpu.nvidia]
sm_arch = ["90_real"]
[variant.variants.mkl.blas_lapack]
library = ["mkl"]
[variant.providers.blas_lapack]
static-properties = { library = ["mkl"] }
[tool.wheelnext-build]
flags-scope = "SCOPE"
[tool.wheelnext-build.properties."blas_lapack :: library :: mkl"]
define.BLA_VENDOR = "Intel10_64lp"
"""

ON_PATH = Toolkit(Path("/usr/bin/nvcc"), Version("13.0"), "PATH")
FROM_PYPI = Toolkit(Path("/env/nvidia/cu13/bin/nvcc"), Version("13.0"), "PyPI")


def trees(scope: str, plain: Toolkit | None, gpu: Toolkit) -> dict[str, str]:
    """Return the tree of each wheel; all but ``gpu`` have the compiler of the plain wheel."""
    plan = plan_of(TABLES.replace("SCOPE", scope))
    jobs = tuple(replace(job, toolkit=gpu if job.title == "gpu" else plain) for job in plan.jobs)
    found = replace(plan, jobs=jobs).trees()
    return {job.title: name for name, jobs in found.items() for job in jobs}


def test_wheels_are_numbered_as_they_are_declared() -> None:
    jobs = plan_of(TABLES.replace("SCOPE", "targets")).jobs
    assert [(job.number, job.title) for job in jobs] == [
        (1, "plain"),
        (2, "null"),
        (3, ".."),
        (4, "gpu"),
        (5, "mkl"),
    ]


def test_without_variants_all_there_is_no_plain_wheel() -> None:
    assert [job.title for job in plan_of(TABLES.replace("SCOPE", "targets"), "mkl").jobs] == ["mkl"]


def test_an_override_that_tests_the_variant_changes_its_settings_alone() -> None:
    override = """
[[tool.scikit-build.overrides]]
if.env.WHEELNEXT_VARIANT_LABEL = "mkl"
build-dir = "build/mkl"
cmake.define.FROM_OVERRIDE = "1"
"""
    settings = {
        job.title: job.skbuild
        for job in plan_of(TABLES.replace("SCOPE", "targets") + override).jobs
    }
    assert settings["mkl"].build_dir == "build/mkl"
    assert settings["mkl"].cmake_define == {"FROM_OVERRIDE": "1"}
    assert settings["plain"].build_dir == ""
    assert settings["plain"].cmake_define == {}


def test_targets_scope_shares_one_tree_but_for_defines() -> None:
    assert trees("targets", None, ON_PATH) == {
        "plain": "shared",
        "null": "shared",
        "..": "shared",
        "gpu": "shared",
        "mkl": "variant-mkl",
    }


def test_a_compiler_that_all_are_given_is_no_reason_for_two_trees() -> None:
    assert set(trees("targets", FROM_PYPI, FROM_PYPI).values()) == {"shared", "variant-mkl"}


def test_another_compiler_than_the_plain_wheels_has_a_tree_of_its_own() -> None:
    found = trees("targets", None, FROM_PYPI)
    assert found["plain"] == found[".."] == "plain"
    assert found["gpu"] == "shared"


def test_project_scope_has_a_tree_per_set_of_flags() -> None:
    """The null variant has the plain wheel's flags: nothing of it is compiled again."""
    assert trees("project", None, ON_PATH) == {
        "plain": "plain",
        "null": "plain",
        "..": "variant-..",
        "gpu": "variant-gpu",
        "mkl": "variant-mkl",
    }


def test_share_tree_false_gives_each_variant_a_tree_of_its_own() -> None:
    tables = TABLES.replace("SCOPE", "targets").replace(
        "[tool.wheelnext-build]\n", "[tool.wheelnext-build]\nshare-tree = false\n"
    )
    plan = plan_of(tables)
    assert len(plan.trees()) == len(plan.jobs) == 5


@pytest.mark.parametrize("scope", ["project", "targets"])
def test_no_label_leads_out_of_the_folder_of_the_trees(scope: str) -> None:
    names = set(trees(scope, None, ON_PATH).values())
    assert len(names) >= 2
    for name in names:
        assert Path("/trees", name).resolve().parent == Path("/trees")


CACHE = """\
CMAKE_CXX_COMPILER:FILEPATH=/usr/bin/c++
CMAKE_HOME_DIRECTORY:INTERNAL=/project
CMAKE_CUDA_ARCHITECTURES:STRING=75
WITH_MKL:BOOL=ON
BLAS_LIBRARY:FILEPATH=/opt/libmkl.so
HAVE_AVX2:INTERNAL=1
WHEELNEXT_APPLIED:INTERNAL=x86_64_v3
"""


def test_a_pass_starts_with_the_compilers_and_nothing_else(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "tree")
    tree.begin("plain")
    assert not tree.cache.exists()
    tree.cache.write_text(CACHE)
    assert tree.applied() == "x86_64_v3"
    tree.end("plain")
    tree.begin("plain")
    assert tree.cache.read_text().splitlines() == CACHE.splitlines()[:3]
    assert tree.applied() is None
