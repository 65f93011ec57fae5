"""The wheels of a request, their settings and their build trees."""

from __future__ import annotations

import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version
from plans import plan_of

from wheelnext_build.building.environment import cuda
from wheelnext_build.building.environment.cuda import Toolkit
from wheelnext_build.building.trees.tree import Tree
from wheelnext_build.errors import ProviderError, ToolchainError

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


TARGETS = TABLES.replace("SCOPE", "targets")
KEPT: dict[str, str | list[str]] = {"build-dir": "build"}


def test_wheels_share_a_kept_folder_and_each_editable_variant_has_its_own() -> None:
    wheels = plan_of(TARGETS, "mkl", settings=KEPT)
    editable = plan_of(TARGETS, "mkl", settings=KEPT, kind="editable")
    assert wheels.kept_folder == Path(f"build/wheelnext-{sysconfig.get_platform()}").absolute()
    assert editable.kept_folder is not None
    assert editable.kept_folder.name == "variant-mkl"
    assert editable.kept_folder.parent.name.startswith("wheelnext-editable-")
    assert editable.kept_folder.parent.parent == Path("build").absolute()
    assert plan_of(TARGETS, "mkl").kept_folder is None
    assert plan_of(TARGETS, "mkl", kind="editable").kept_folder is None


def test_installers_and_those_who_ask_get_carriers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_BUILD_TRACKER", raising=False)
    carrier: dict[str, str | list[str]] = {"variant-filename": "carrier"}
    assert not plan_of(TARGETS, "mkl").carriers
    assert plan_of(TARGETS, "mkl", settings=carrier).carriers
    assert plan_of(TARGETS, "mkl", kind="editable").carriers
    monkeypatch.setenv("PIP_BUILD_TRACKER", "/tracker")
    assert plan_of(TARGETS, "mkl").carriers


def test_only_an_editable_build_works_in_place() -> None:
    settings: dict[str, str | list[str]] = {"editable.mode": "inplace"}
    assert plan_of(TARGETS, "mkl", settings=settings, kind="editable").in_place == Path().absolute()
    assert plan_of(TARGETS, "mkl", settings=settings).in_place is None
    assert plan_of(TARGETS, "mkl", kind="editable").in_place is None


def test_an_editable_variant_has_a_rebuild_dir_of_its_own() -> None:
    settings: dict[str, str | list[str]] = {**KEPT, "editable.rebuild-dir": "tree"}
    (job,) = plan_of(TARGETS, "mkl", settings=settings, kind="editable").jobs
    assert job.environment["SKBUILD_EDITABLE_REBUILD_DIR"] == "tree-mkl"
    (job,) = plan_of(TARGETS, "mkl", settings=settings).jobs
    assert "SKBUILD_EDITABLE_REBUILD_DIR" not in job.environment
    assert job.environment["WHEELNEXT_VARIANT_LABEL"] == "mkl"


@pytest.mark.parametrize("reproducible", [True, False])
def test_dates_are_fixed_if_the_project_says_so(
    monkeypatch: pytest.MonkeyPatch, reproducible: bool
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    settings: dict[str, str | list[str]] = {"wheel.reproducible": str(reproducible).lower()}
    assert plan_of(TARGETS, settings=settings).is_reproducible is reproducible


NUMPY = """
[[tool.wheelnext-build.matrix]]
axes.abi_dependency.numpy = RELEASES
"""


def test_a_wheel_with_requirements_of_its_own_has_a_tree_of_its_own() -> None:
    scope = '[tool.wheelnext-build]\nflags-scope = "targets"\n'
    plan = plan_of(scope + NUMPY.replace("RELEASES", '["2.3", "2.4"]'))
    assert {job.title: name for name, jobs in plan.trees().items() for job in jobs} == {
        "plain": "shared",
        "numpy2.3": "variant-numpy2.3",
        "numpy2.4": "variant-numpy2.4",
    }


def test_a_promised_release_must_be_installed() -> None:
    plan = plan_of(NUMPY.replace("RELEASES", '["0.1"]'), "numpy0.1")
    with pytest.raises(ToolchainError, match=r"needs numpy==0\.1\.\*"):
        plan.resolve()


PROVIDER = """
[variant.providers.blas]
build-requires = ["blas-provider-that-is-nowhere"]
[[tool.wheelnext-build.matrix]]
axes.blas.kind = ["mkl"]
when = "sys_platform CONDITION 'nowhere'"
[tool.wheelnext-build.properties."blas :: kind :: mkl"]
no-flags = true
"""


def test_plugins_are_asked_only_if_variants_are_built() -> None:
    with pytest.raises(ProviderError, match="blas-provider-that-is-nowhere"):
        plan_of(PROVIDER.replace("CONDITION", "!=")).resolve()
    plan = plan_of(PROVIDER.replace("CONDITION", "==")).resolve()
    assert [job.title for job in plan.jobs] == ["plain"]


@pytest.fixture
def nvcc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A compiler of CUDA 13.0 that is in no usual place; nothing configures another one."""
    for name in ("CUDACXX", "CMAKE_ARGS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(cuda, "USUAL_NVCC", tmp_path / "nowhere")
    path = tmp_path / "cuda" / "nvcc"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\necho 'release 13.0'\n")
    path.chmod(0o755)
    return path


def test_every_wheel_gets_the_compiler_that_cmake_does_not_find(
    nvcc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuda, "USUAL_NVCC", nvcc)
    plan = plan_of(TARGETS).resolve()
    assert {job.toolkit and job.toolkit.nvcc for job in plan.jobs} == {nvcc}
    assert set(plan.trees()) == {"shared", "variant-mkl"}


def test_only_gpu_wheels_get_the_compiler_that_cmake_finds(
    nvcc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(nvcc.parent))
    plan = plan_of(TARGETS).resolve()
    assert {job.title for job in plan.jobs if job.toolkit} == {"gpu"}


def test_of_two_compilers_the_second_has_a_tree_of_its_own() -> None:
    plan = plan_of(TARGETS, "gpu", "..")
    other = replace(FROM_PYPI, nvcc=Path("/other/nvcc"))
    jobs = tuple(
        replace(job, toolkit=kit) for job, kit in zip(plan.jobs, (FROM_PYPI, other), strict=True)
    )
    assert list(replace(plan, jobs=jobs).trees()) == ["shared", f"variant-{jobs[1].title}"]


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
    tree = replace(tree, resumed=True)
    tree.begin("plain")
    assert tree.cache.read_text().splitlines() == CACHE.splitlines()[:3]
    assert tree.applied() is None
