"""Which wheels share a build tree, and with which compiler; built for real in tests/builds."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.version import Version

from wheelnext_build.building.cuda import Toolkit
from wheelnext_build.building.jobs import Job, tree_name
from wheelnext_build.building.trees.tree import Tree
from wheelnext_build.config.config import Config, parse

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


def config(scope: str) -> Config:
    return parse(tomllib.loads(TABLES.replace("SCOPE", scope)))


def trees(scope: str, plain: Toolkit | None, gpu: Toolkit) -> dict[str, str]:
    declared = config(scope).declared
    jobs = [
        Job(None, plain),
        *(Job(item, gpu if item.variant.label == "gpu" else plain) for item in declared),
    ]
    return {job.title: tree_name(job, jobs, config(scope)) for job in jobs}


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
    separate = parse(tomllib.loads(tables))
    jobs = [Job(None), *map(Job, separate.declared)]
    names = [tree_name(job, jobs, separate) for job in jobs]
    assert len(set(names)) == len(jobs)


@pytest.mark.parametrize("scope", ["project", "targets"])
def test_no_label_leads_out_of_the_folder_of_the_trees(scope: str) -> None:
    for name in trees(scope, None, ON_PATH).values():
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
