"""What the hooks run, import and leave readable for others, and that they need no network."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from builds_tools import Project, command, needs_x86_64
from planted import imported, plant

pytestmark = [
    pytest.mark.build,
    needs_x86_64,
    pytest.mark.skipif(sys.platform != "linux", reason="strace and unshare are Linux's"),
]

SETTINGS = {"variant-label": "x86_64_v3"}

HOOKS = f"""
import os, sys
from pyproject_hooks import BuildBackendHookCaller
os.umask(0)
hooks = BuildBackendHookCaller(sys.argv[1], "wheelnext_build")
dist, *prepared = sys.argv[2:]
for settings in (None, {SETTINGS}):
    for kind in ("wheel", "editable"):
        getattr(hooks, f"get_requires_for_build_{{kind}}")(settings)
    hooks.get_requires_for_build_sdist(settings)
    hooks.prepare_metadata_for_build_wheel(prepared.pop(), settings)
hooks.build_sdist(dist)
hooks.build_wheel(dist, {SETTINGS})
hooks.build_editable(prepared.pop(), {SETTINGS})
"""

COMPILER = """#!/bin/sh
find "$TMPDIR" -mindepth 1 -maxdepth 1 -printf '%M %f\\n' >>"{log}"
exec cc "$@"
"""

OF_THE_COMPILER = {"as", "cc", "cc1", "collect2", "gcc", "ld", "ld.bfd", "x86_64-linux-gnu-gcc"}
OF_CMAKE = {"cmake", "gmake", "make", "ninja", "sh", "strip", "uname"}
PYTHON = {"python", "python3", Path(sys.executable).name}


@dataclass(frozen=True)
class Observed:
    """All hooks of one project: what was run, imported, and seen of temporary files."""

    project: Project
    programs: frozenset[str]
    imported: list[str]
    temporary: frozenset[str]


@pytest.fixture(scope="module")
def observed(
    shared_project: Callable[[str], Project], tmp_path_factory: pytest.TempPathFactory
) -> Observed:
    if shutil.which("strace") is None:
        pytest.skip("no strace here")
    project, folder = shared_project("project_scope"), tmp_path_factory.mktemp("observed")
    log, trace, modes = (folder / name for name in ("imported.txt", "trace", "modes.txt"))
    for path in ("dist", "prepared/0", "prepared/1", "editable", "temporary"):
        (folder / path).mkdir(parents=True)
    plant(project.folder, log)
    compiler = folder / "compiler"
    compiler.write_text(COMPILER.format(log=modes))
    compiler.chmod(0o755)
    (folder / "hooks.py").write_text(HOOKS)
    command(
        *("strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=execve", "-e", "signal=none"),
        *("-z", "-s", "4096", "-o", trace),
        *(sys.executable, "-P", folder / "hooks.py", project.folder),
        *(folder / "dist", folder / "editable", folder / "prepared" / "0"),
        folder / "prepared" / "1",
        cwd=project.folder,
        env={"CC": str(compiler), "TMPDIR": str(folder / "temporary")},
    )
    programs = re.findall(r'execve\("([^"]+)"', trace.read_text())
    assert list((folder / "temporary").glob("[!w]*")) == []
    return Observed(
        Project(project.folder, folder / "dist"),
        frozenset({Path(program).name for program in programs} - {compiler.name, "find"}),
        imported(log),
        frozenset(modes.read_text().splitlines()),
    )


def test_only_known_programs_run(observed: Observed) -> None:
    assert observed.programs - (OF_THE_COMPILER | OF_CMAKE | PYTHON) == set()
    assert {"cmake", "ninja", "cc1"} <= observed.programs


def test_no_module_of_the_project_is_imported(observed: Observed) -> None:
    # CMake's FindPython asks `python -c` there: that is the project's own build, with any backend.
    assert [line for line in observed.imported if not line.endswith(" for cmake")] == []


def test_the_projects_own_build_may_import_from_the_project(observed: Observed) -> None:
    assert [line for line in observed.imported if line.endswith(" for cmake")]


def test_temporary_files_are_private_whatever_the_umask(observed: Observed) -> None:
    # All of ours are in one folder that is this user's alone.
    assert any("wheelnext-build-" in line for line in observed.temporary)
    modes = {line.split()[0] for line in observed.temporary}
    assert "drwx------" in modes
    assert modes <= {"drwx------", "-rw-------", "lrwxrwxrwx"}


def test_what_is_published_has_an_ordinary_mode(observed: Observed) -> None:
    wheel = observed.project.wheel("x86_64_v3")
    (sdist,) = observed.project.dist.glob("*.tar.gz")
    assert [path.stat().st_mode & 0o777 for path in (wheel, sdist)] == [0o666, 0o666]


def test_without_a_network_the_wheel_is_the_same(observed: Observed, tmp_path: Path) -> None:
    cut = ("unshare", "--map-root-user", "--net")
    if subprocess.run([*cut, "true"], check=False, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("no network namespaces here")
    offline = subprocess.run([*cut, "ip", "route"], stdout=subprocess.PIPE, check=False)
    assert offline.stdout == b""
    command(
        *(*cut, sys.executable, "-P", "-m", "build", "--no-isolation", "--wheel"),
        *("-Cvariant-label=x86_64_v3", "--outdir", tmp_path, observed.project.folder),
    )
    expected = observed.project.wheel("x86_64_v3")
    assert (tmp_path / expected.name).read_bytes() == expected.read_bytes()
