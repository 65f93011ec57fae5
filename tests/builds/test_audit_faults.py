"""Builds that do not keep what their labels promise: each ends, says why, and leaves no wheel."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable

import pytest
from builds_tools import Project, command, needs_x86_64

pytestmark = [pytest.mark.build, needs_x86_64]

needs_nvcc = pytest.mark.skipif(shutil.which("nvcc") is None, reason="needs nvcc")


@pytest.fixture
def audited(project: Callable[[str], Project]) -> Project:
    return project("audited")


def refuse(project: Project, label: str = "") -> str:
    """Build all, or one variant; returns what was said, and checks that no wheel came out."""
    outcome = project.build({"variant-label": label} if label else {"variants": "all"}, status=1)
    assert project.files() == []
    assert "Traceback" not in outcome.output
    return outcome.output


def test_a_sound_project_passes(audited: Project) -> None:
    audited.build({"variants": "all"})
    assert audited.labels() == ["", "x86_64_v3", "x86_64_v4"]


def test_march_native_in_the_project(audited: Project) -> None:
    audited.edit("CMakeLists.txt", "# fault: project", "add_compile_options(-march=skylake-avx512)")
    said = refuse(audited)
    assert "plain: the wheel breaks the promise of its label" in said
    assert re.search(r"needs? AVX2, beyond the plain wheel: the baseline: \w+ \(0x\w+: v", said)
    assert "-march=native" in said
    assert "docs/audit.md#leaks" in said


def test_the_build_command_says_it_last(audited: Project) -> None:
    """In no wheel's log is what the backend says of all of them."""
    audited.edit("CMakeLists.txt", "# fault: project", "add_compile_options(-march=skylake-avx512)")
    build = ("-m", "wheelnext_build", "build", "--wheel", "--no-isolation")
    said = command(sys.executable, *build, audited.folder, status=1).output
    log, failed, reason = said.rpartition("plain failed\n")
    assert failed
    assert "[1/" in log
    assert reason.strip().startswith("plain: the wheel breaks the promise of its label")
    assert "were built" in reason.splitlines()[-1]


def test_a_kernel_flag_on_the_wrong_target(audited: Project) -> None:
    fault = "target_compile_options(common PRIVATE -mavx2 -mfma)"
    audited.edit("CMakeLists.txt", "# fault: targets", fault)
    said = refuse(audited)
    assert "scaled_sum" in said
    assert "FMA" in said


def test_an_inline_template_that_leaks_through_the_linker(audited: Project) -> None:
    # The kernels choose at run time, which a rule allows; their copy of a template is everyone's.
    fault = "set_source_files_properties(kernels.cpp PROPERTIES COMPILE_OPTIONS -mavx512f)"
    audited.edit("CMakeLists.txt", "# fault: targets", fault)
    audited.edit("kernels.cpp", "float total = 0;", "float total = scaled_sum(lanes, 16, 1.0f);")
    rule = (
        '\n[[tool.wheelnext-build.audit.allow]]\npath = "audited/_core*"\nsymbols = ["kernel"]\n'
        'reason = "called behind __builtin_cpu_supports"\n'
    )
    path = audited.folder / "pyproject.toml"
    path.write_text(path.read_text() + rule)
    said = refuse(audited)
    assert "scaled_sum" in said
    assert "kernel (0x" not in said


def test_a_static_library_of_another_level(audited: Project) -> None:
    fault = "target_compile_options(common PRIVATE -march=x86-64-v4 -mprefer-vector-width=512)"
    audited.edit("CMakeLists.txt", "# fault: targets", fault)
    said = refuse(audited, "x86_64_v3")
    assert "x86_64_v3: the wheel breaks the promise of its label" in said
    assert "beyond x86_64 :: level :: v3" in said


def test_variants_that_the_compiler_made_alike(audited: Project) -> None:
    signature = 'extern "C" float kernel'
    pragma = '#pragma GCC target("arch=x86-64")'
    audited.edit("kernels.cpp", signature, f"{pragma}\n{signature}")
    said = refuse_later(audited)
    assert "its binaries are those of" in said


def test_a_variant_that_buys_nothing_is_noted(audited: Project) -> None:
    path = audited.folder / "pyproject.toml"
    table = '[tool.wheelnext-build.properties."x86_64 :: level :: v4"]'
    flags = 'cxx-flags = ["-march=x86-64-v3", "-fno-tree-vectorize"]'
    path.write_text(f"{path.read_text()}\n{table}\n{flags}\n")
    said = audited.build({"variants": "all"}).output
    text = "note: x86_64_v4: this variant buys nothing: its code needs no more than v3"
    assert said.count(text) == 1
    assert "x86_64_v3: this variant" not in said
    assert len(audited.files()) == 3


def refuse_later(project: Project) -> str:
    outcome = project.build({"variants": "all"}, status=1)
    assert project.labels() == [""]
    return outcome.output


def test_only_warnings_where_the_project_asks_for_no_more(audited: Project) -> None:
    audited.edit("CMakeLists.txt", "# fault: project", "add_compile_options(-mavx2)")
    path = audited.folder / "pyproject.toml"
    path.write_text(path.read_text() + '\n[tool.wheelnext-build.audit]\nmode = "warn"\n')
    said = audited.build({"variants": "all"}).output
    assert "warning: plain: the wheel breaks the promise of its label" in said
    assert len(audited.files()) == 3


def test_a_baseline_of_ones_own(audited: Project) -> None:
    audited.edit("CMakeLists.txt", "# fault: project", "add_compile_options(-march=x86-64-v2)")
    path = audited.folder / "pyproject.toml"
    baseline = '\n[tool.wheelnext-build.audit]\nx86-64-baseline = "v2"\n'
    path.write_text(path.read_text() + baseline)
    audited.build({"variants": "all"})
    assert len(audited.files()) == 3


def test_a_rule_that_allows_nothing_is_reported(audited: Project) -> None:
    rule = '\n[[tool.wheelnext-build.audit.allow]]\npath = "other.libs/*"\nreason = "dispatch"\n'
    path = audited.folder / "pyproject.toml"
    path.write_text(path.read_text() + rule)
    said = audited.build({"variants": "all"}).output
    assert "the audit's rule for 'other.libs/*' allowed nothing" in said


@needs_nvcc
@pytest.mark.parametrize(
    ("architectures", "said"),
    [
        ("80-real", "has no 90_real"),
        ("80-real;90-real;90-virtual", "has 90_virtual beyond it"),
    ],
)
def test_gpu_code_that_is_not_what_sm_arch_says(
    project: Callable[[str], Project], architectures: str, said: str
) -> None:
    cuda = project("cuda_kernels")
    fault = f'set_target_properties(kernels PROPERTIES CUDA_ARCHITECTURES "{architectures}")'
    call = "wheelnext_target_variant(kernels)"
    cuda.edit("CMakeLists.txt", call, f"{call}\n{fault}")
    cuda.edit(
        "pyproject.toml", '["80_real", ["90_real", "90_virtual"]]', '[["80_real", "90_real"]]'
    )
    outcome = cuda.build({"variant-label": "*"}, status=1)
    assert said in outcome.output
    assert cuda.files() == []
