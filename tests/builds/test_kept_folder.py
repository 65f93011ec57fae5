"""A build folder that stays: what the next build compiles, and that it is still right."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from builds_tools import Project, extension_of, needs_x86_64
from made_header import add_made_header

from wheelnext_build.system.locks import build_folder

pytestmark = [pytest.mark.build, needs_x86_64]

KEPT = {"variants": "all", "build-dir": "build"}


def compiled(output: str) -> list[str]:
    """The names of the sources that were compiled, in order."""
    lines = [line for line in output.splitlines() if "Building C" in line]
    return [Path(line.split()[-1]).name.removesuffix(".o") for line in lines]


def extensions(built: Project) -> dict[str, bytes]:
    return {label: extension_of(built.wheel(label)) for label in built.labels()}


@pytest.mark.parametrize("name", ["targets_scope", "project_scope"])
def test_a_second_build_compiles_nothing(project: Callable[[str], Project], name: str) -> None:
    built = project(name)
    assert compiled(built.build(KEPT).output)
    before = extensions(built)
    built.clear()
    assert compiled(built.build(KEPT).output) == []
    assert extensions(built) == before


def test_a_changed_kernel_is_compiled_for_each_variant(project: Callable[[str], Project]) -> None:
    built = project("targets_scope")
    built.build(KEPT)
    (built.folder / "kernels.c").write_text((built.folder / "kernels.c").read_text() + "\n")
    # The plain wheel and null share their kernels.
    assert compiled(built.build(KEPT).output) == ["kernels.c"] * 4


def test_a_changed_header_is_seen_by_what_was_put_back(project: Callable[[str], Project]) -> None:
    built = project("targets_scope")
    built.build(KEPT)
    header = built.folder / "kernels.h"
    header.write_text(header.read_text() + "\n")
    output = built.build(KEPT).output
    assert compiled(output).count("kernels.c") == 4
    assert compiled(output).count("module.c") == 1


def test_the_order_of_requests_does_not_matter(project: Callable[[str], Project]) -> None:
    built = project("targets_scope")
    built.build(KEPT)
    whole = extensions(built)
    for label in ("x86_64_v4", "x86_64_v1", "x86_64_v3", "null"):
        built.clear()
        output = built.build({"variant-label": label, "build-dir": "build"}).output
        assert compiled(output) == []
        assert extensions(built) == {label: whole[label]}


def test_a_changed_file_between_two_variants_reaches_both(
    project: Callable[[str], Project],
) -> None:
    """What one variant's build compiled anew, another's old files must not hide."""
    built = project("targets_scope")
    built.build(KEPT)
    common = built.folder / "common.c"
    common.write_text(common.read_text() + "\nint added(void) { return 1; }\n")
    only = {"variant-label": "x86_64_v4", "build-dir": "build"}
    assert compiled(built.build(only).output) == ["common.c"]
    assert compiled(built.build(KEPT).output) == []
    assert {label: b"added" in data for label, data in extensions(built).items()} == (
        dict.fromkeys(("", "null", "x86_64_v1", "x86_64_v3", "x86_64_v4"), True)
    )


def test_other_compilers_begin_anew(project: Callable[[str], Project], tmp_path: Path) -> None:
    real = shutil.which("gcc")
    if real is None:
        pytest.skip("needs gcc")
    built = project("targets_scope")
    compiler = tmp_path / "cc"
    for version in ("1.0", "2.0"):
        compiler.write_text(
            "#!/bin/sh\n"
            f'if [ "$*" = --version ]; then echo "cc {version}"; else exec "{real}" "$@"; fi\n'
        )
        compiler.chmod(0o755)
        output = built.build(KEPT, env={"CC": str(compiler)}).output
        assert "common.c" in compiled(output)


def test_a_second_build_waits_for_the_first(project: Callable[[str], Project]) -> None:
    built = project("targets_scope")
    built.build(KEPT)
    (folder,) = (built.folder / "build").glob("wheelnext-*")
    outputs: list[str] = []
    with build_folder(folder):
        other = threading.Thread(target=lambda: outputs.append(built.build(KEPT).output))
        other.start()
        time.sleep(2)
        assert not outputs
    other.join()
    assert "another build is at work in" in outputs[0]
    assert compiled(outputs[0]) == []


def test_builds_at_once_leave_equal_wheels(project: Callable[[str], Project]) -> None:
    built = project("targets_scope")
    built.build(KEPT)
    before = extensions(built)
    threads = [threading.Thread(target=built.build, args=(KEPT,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert extensions(built) == before


@pytest.mark.parametrize("end", ["exit 1", "kill -9 $PPID"])
def test_what_a_failed_pass_has_half_made_is_in_no_other_wheel(
    project: Callable[[str], Project], end: str
) -> None:
    """Ninja goes by the last command that succeeded, whatever a later one has written."""
    built = project("targets_scope")
    script = add_made_header(built.folder)
    settings = {"variant-label": "null", "build-dir": "build"}
    built.build(settings)
    before = extensions(built)
    script.write_text(f'{script.read_text()}[ "$1" = null ] || {end}\n')
    built.build({**settings, "variant-label": "x86_64_v3"}, status=1)
    built.clear()
    built.build(settings)
    assert extensions(built) == before
