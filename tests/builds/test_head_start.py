"""Variants' files are compiled while the first pass' last files are, and only once."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable

import pytest
from builds_tools import Outcome, Project, evaluate, needs_x86_64

pytestmark = [
    pytest.mark.build,
    needs_x86_64,
    pytest.mark.skipif(sys.platform == "win32", reason="the launcher is a script"),
]

SLOW = '#!/bin/sh\ncase "$*" in *"-c "*common.c*) sleep 10;; esac\nexec "$@"\n'
DONE = "plain: done in"


@pytest.fixture
def slow(project: Callable[[str], Project]) -> Project:
    """A project with one file that takes long."""
    return project("targets_scope")


def build(slow: Project, status: int = 0) -> Outcome:
    launcher = slow.folder.parent / "launcher"
    launcher.write_text(SLOW)
    launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR)
    env = {"CMAKE_C_COMPILER_LAUNCHER": str(launcher), "CMAKE_BUILD_PARALLEL_LEVEL": "4"}
    return slow.build({"variants": "all"}, env=env, status=status)


def test_kernels_are_compiled_before_the_plain_wheel_is_done(slow: Project) -> None:
    outcome = build(slow)
    before, _, after = outcome.output.partition(DONE)
    assert "x86_64_v3 | [1/1] Building C object" in before
    assert "x86_64_v4 | [1/1] Building C object" in before
    assert "kernels.c" not in after
    assert outcome.compiled("common.c") == 1
    # Plain, null and v1 compile alike; v3 and v4 each their own; v1 has its flag.
    assert outcome.compiled("kernels.c") == 4
    for label, level in (("", 1), ("x86_64_v1", 1), ("x86_64_v3", 3), ("x86_64_v4", 4)):
        assert evaluate(slow.wheel(label), "targets_scope.level()") == f"({level}, 1)"


FUNCTION = "int kernel_level(void) {"


def test_a_warning_of_a_variants_file_is_shown(slow: Project) -> None:
    slow.edit("kernels.c", FUNCTION, f'#ifdef __AVX2__\n#warning "wide"\n#endif\n{FUNCTION}')
    assert "x86_64_v3 | " in build(slow).output.partition("wide")[0]


def test_what_fails_ahead_fails_in_its_own_pass_with_its_log(slow: Project) -> None:
    slow.edit("kernels.c", FUNCTION, f'#ifdef __AVX512F__\n#error "too wide"\n#endif\n{FUNCTION}')
    said = build(slow, status=1).output
    assert "too wide" in said
    assert "x86_64_v4: the build failed, see above" in said
    assert "" in slow.labels()
