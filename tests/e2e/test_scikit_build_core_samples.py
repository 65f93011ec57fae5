"""scikit-build-core's own sample projects, switched to this backend.

They are in its sdist, which is fetched when the tests run. No list of them stands here: those that
cannot be built on a machine, or come out differently each time, are found by building each of them
with scikit-build-core itself, twice. Each test prints what it found.

Projects without [build-system] are built as well, where scikit-build-core builds them; those that
use its setuptools and hatchling plugins have no build-backend to switch.
"""

from __future__ import annotations

import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import pytest
import sdists

pytestmark = pytest.mark.e2e

THEIRS, OURS = "scikit_build_core.build", "wheelnext_build"
MATRIX = '\n[[tool.wheelnext-build.matrix]]\naxes.x86_64.level = ["v3"]\n'
MAY_BE_IDENTICAL = '[tool.wheelnext-build.audit]\nmay-be-identical = ["x86_64_v3"]\n'
ALIKE = "byte for byte: the flags of x86_64_v3 change nothing in them"
NATIVE = (".so", ".pyd", ".dylib", ".dll")


# Where dates are fixed and nobody maps the names of folders in object files, this backend does.
OWN_MAPS = dict.fromkeys(("CFLAGS", "CXXFLAGS"), "-ffile-prefix-map=/nonexistent=.")


@dataclass(frozen=True)
class Built:
    """What a build came to: its wheels by name, or the last line of what it printed."""

    wheels: dict[str, bytes] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class Sample:
    """A sample's folder, and a folder in which it is always built, in the same place."""

    name: str
    source: Path
    folder: Path

    def build(self, backend: str, *settings: str, change: str = "") -> Built:
        """Build a fresh copy with a backend, ``change`` being added to its pyproject.toml."""
        project, out = self.folder / "project", self.folder / "out"
        for folder in (project, out):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.source, project)
        path = project / "pyproject.toml"
        path.write_text(switched(path.read_text(), backend) + change)
        options = [part for setting in settings for part in ("-C", setting)]
        ended = subprocess.run(
            [sys.executable, "-m", "build", "--wheel", "-n", "--outdir", out, *options, project],
            env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000", **OWN_MAPS},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if ended.returncode:
            return Built(error=ended.stdout.strip() or f"ended with {ended.returncode}")
        return Built({path.name: path.read_bytes() for path in sorted(out.glob("*.whl"))})


def switched(text: str, backend: str) -> str:
    """A pyproject.toml that builds with ``backend``, as a maintainer would write it."""
    if "build-system" not in tomllib.loads(text):
        requirement = backend.partition(".")[0].replace("_", "-")
        table = f'[build-system]\nrequires = ["{requirement}"]\nbuild-backend = "{backend}"\n\n'
        return table + text
    if backend == THEIRS:
        return text
    text = re.sub(r'"scikit[-_]build[-_]core"', '"wheelnext-build"', text)
    return text.replace(f'"{THEIRS}"', f'"{backend}"')


def last_words(output: str) -> str:
    """The last line of a failed build that is not what the frontend adds."""
    lines = [
        line for line in output.splitlines() if line and not line.startswith(("TIP", "ERROR "))
    ]
    return lines[-1] if lines else output


def members(wheel: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    """The projects in the installed release's sdist whose backend is scikit-build-core's."""
    folder = tmp_path_factory.mktemp("scikit-build-core")
    archive = sdists.fetch("scikit-build-core", version("scikit-build-core"), folder)
    packages = sdists.unpack(archive, folder / "unpacked") / "tests" / "packages"
    return list(_samples(packages, folder))


def _samples(packages: Path, folder: Path) -> Iterator[Sample]:
    for path in sorted(packages.rglob("pyproject.toml")):
        table = tomllib.loads(path.read_text())
        if table.get("build-system", {}).get("build-backend", THEIRS) == THEIRS:
            name = path.parent.relative_to(packages).as_posix()
            place = folder / name.replace("/", "-")
            place.mkdir()
            yield Sample(name, path.parent, place)


@dataclass(frozen=True, eq=False)
class Judged:
    """A sample as scikit-build-core built it twice, and as this backend did."""

    sample: Sample
    theirs: Built
    again: Built
    ours: Built

    @property
    def reason(self) -> str:
        """Why nothing can be said of it; empty where scikit-build-core builds it, always alike."""
        if self.theirs.error:
            return f"scikit-build-core does not build it here: {last_words(self.theirs.error)}"
        return "" if self.again == self.theirs else "scikit-build-core's own builds differ"

    @property
    def is_native(self) -> bool:
        found = (members(wheel) for wheel in self.theirs.wheels.values())
        return any(
            name.endswith(NATIVE) or data[:4] == b"\x7fELF"
            for files in found
            for name, data in files.items()
        )


@pytest.fixture(scope="module")
def judged(samples: list[Sample]) -> list[Judged]:
    def judge(sample: Sample) -> Judged:
        theirs = sample.build(THEIRS)
        again = theirs if theirs.error else sample.build(THEIRS)
        return Judged(sample, theirs, again, sample.build(OURS))

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(judge, samples))


def test_switching_the_backend_changes_no_byte(judged: list[Judged]) -> None:
    for item in judged:
        print(f"{item.sample.name}: {item.reason or 'the same'}")
    comparable = [item for item in judged if not item.reason]
    # Else there is something wrong with this test, or with the machine.
    assert len(comparable) > len(judged) / 2
    different = {
        item.sample.name: item.ours.error or "another wheel"
        for item in comparable
        if item.ours != item.theirs
    }
    assert not different


def test_what_scikit_build_core_does_not_build_fails_here_too(judged: list[Judged]) -> None:
    failing = [item for item in judged if item.theirs.error]
    assert [item.sample.name for item in failing if not item.ours.error] == []


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="builds for x86-64")
def test_a_matrix_gives_those_with_compiled_code_a_variant(judged: list[Judged]) -> None:
    compiled = [item for item in judged if not item.reason and item.is_native]
    with ThreadPoolExecutor(2) as pool:
        changed = dict(zip(compiled, pool.map(check_variant, compiled), strict=True))
    for item, code_differs in changed.items():
        print(f"{item.sample.name}: {'other' if code_differs else 'the same'} code in the variant")
    assert any(changed.values())


def check_variant(item: Judged) -> bool:
    """Build the plain and the variant wheel; returns whether the variant's code is another.

    A sample may have nothing that a compiler could do better for v3. The audit of the built wheels
    then ends the build, as it ought to, and the project says that it knows.
    """
    both = item.sample.build(OURS, "variants=all", change=MATRIX)
    code_differs = ALIKE not in both.error
    if not code_differs:
        both = item.sample.build(OURS, "variants=all", change=MATRIX + MAY_BE_IDENTICAL)
    (plain,) = item.theirs.wheels
    variant = plain.replace(".whl", "-x86_64_v3.whl")
    assert set(both.wheels) == {plain, variant}, f"{item.sample.name}: {both.error}"
    assert both.wheels[plain] == item.theirs.wheels[plain], item.sample.name
    ours, theirs = (members(both.wheels[name]) for name in (variant, plain))
    assert not theirs.keys() - ours.keys()
    (added,) = ours.keys() - theirs.keys()
    assert added.endswith(".dist-info/variant.json")
    return code_differs
