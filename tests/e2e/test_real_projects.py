"""Projects from PyPI that build with scikit-build-core, switched to this backend.

Their sdists are fetched when the tests run; nothing of them is kept here.
"""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import sdists
from clients import Run

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not os.environ.get("WHEELNEXT_BUILD_WHEELHOUSE"), reason="builds with this project's wheel"
    ),
    pytest.mark.skipif(sys.platform == "win32", reason="their sdists build on Linux and macOS"),
]

MATRIX = '\n[[tool.wheelnext-build.matrix]]\naxes.x86_64.level = ["v3"]\n'


@dataclass(frozen=True)
class Sdist:
    """A project's sdist on PyPI, what shows that its wheels work, and which files never are equal.

    ``changing`` are the endings of files that scikit-build-core's own builds have different each
    time.
    """

    file: str
    sha256: str
    smoke: str
    changing: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.file.partition("-")[0].replace("_", "-")

    @property
    def version(self) -> str:
        return self.file.removesuffix(".tar.gz").partition("-")[2]


SDISTS = (
    Sdist(
        "phik-0.12.5.tar.gz",
        "dfc15a9166ab0dcfe3f5f60de606fe9ce064a09af2dd212e726ed3625b795332",
        "import pandas, phik; data = {'a': list('xyz') * 9, 'b': list('uvv') * 9}"
        "; frame = pandas.DataFrame(data)"
        "; assert frame.phik_matrix().shape == (2, 2)",
    ),
    Sdist(
        "mapbox_earcut-2.1.0.tar.gz",
        "fb0c1e43581a635bbaabf4a5149009014d370c515816c4d5a7d8118477f28d48",
        "import mapbox_earcut as m, numpy as n"
        "; square = n.float32([[0, 0], [1, 0], [1, 1], [0, 1]])"
        "; assert len(m.triangulate_float32(square, n.uint32([4]))) == 6",
    ),
    Sdist(
        "levenshtein-0.27.5.tar.gz",
        "22021caf5867a46fae5ab927bbdcb430599d7e5ee3898449cbbe430ff07b7d08",
        "import Levenshtein; assert Levenshtein.distance('kitten', 'sitting') == 3",
    ),
    Sdist(
        "spglib-2.8.0.tar.gz",
        "12a224434b5659793353937625fd7eb91c00c8952c18ca729a7a8117b1e29e8f",
        "import spglib; cell = ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[0, 0, 0]], [1])"
        "; assert '221' in spglib.get_spacegroup(cell)",
        # The path of the temporary build environment, in pybind11's messages and in a .pc file.
        changing=(".so", ".pc", "RECORD"),
    ),
)


# Where dates are fixed and nobody maps the names of folders in object files, this backend does.
OWN_MAPS = dict.fromkeys(("CFLAGS", "CXXFLAGS"), "-ffile-prefix-map=/nonexistent=.")


@dataclass(frozen=True)
class Project:
    """An unpacked sdist, always in the same place, and the folder of its wheels."""

    sdist: Sdist
    archive: Path
    folder: Path
    run: Run

    def unpack(self, change: str = "") -> None:
        """Unpack it anew; with ``change``, for this backend and with that at its end."""
        shutil.rmtree(self.folder, ignore_errors=True)
        sdists.unpack(self.archive, self.folder.parent / "unpacked").rename(self.folder)
        if change:
            self.run(sys.executable, "-m", "wheelnext_build", "migrate", "--write", self.folder)
            with (self.folder / "pyproject.toml").open("a") as stream:
                stream.write(change)

    def build(self, name: str, *settings: str) -> list[Path]:
        out = self.folder.parent / name
        self.run(
            *(sys.executable, "-m", "build", "--wheel", "--installer", "uv", "--outdir", out),
            *settings,
            self.folder,
            env={"SOURCE_DATE_EPOCH": "1700000000", **OWN_MAPS},
        )
        return sorted(out.glob("*.whl"), key=lambda path: len(path.name))


@pytest.fixture(params=SDISTS, ids=lambda sdist: sdist.name)
def project(request: pytest.FixtureRequest, tmp_path: Path, run: Run) -> Project:
    sdist: Sdist = request.param
    archive = sdists.fetch(sdist.name, sdist.version, tmp_path, sdist.sha256)
    return Project(sdist, archive, tmp_path / "project", run)


def members(wheel: Path, changing: tuple[str, ...]) -> dict[str, bytes]:
    """The files in a wheel by their names; lines of RECORD in an order of their own."""
    with zipfile.ZipFile(wheel) as archive:
        found = {
            name: b"" if name.endswith(changing) else archive.read(name)
            for name in archive.namelist()
        }
    (record,) = (name for name in found if name.endswith(".dist-info/RECORD"))
    return {**found, record: b"".join(sorted(found[record].splitlines(keepends=True)))}


def test_switching_the_backend_changes_no_byte(project: Project) -> None:
    project.unpack()
    (theirs,) = project.build("theirs")
    project.unpack("\n")
    (ours,) = project.build("ours")
    # Of several licences, scikit-build-core takes the order in which the file system has them.
    has_licences = sum("/licenses/" in name for name in members(ours, ())) > 1
    if project.sdist.changing or has_licences:
        assert members(ours, project.sdist.changing) == members(theirs, project.sdist.changing)
    else:
        assert ours.read_bytes() == theirs.read_bytes()


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="builds for x86-64")
def test_five_lines_give_a_variant_that_works(project: Project, run: Run) -> None:
    project.unpack(MATRIX)
    plain, variant = project.build("wheels", "-C", "variants=all")
    assert variant.name.endswith("-x86_64_v3.whl")
    folder = plain.parent
    run(sys.executable, "-m", "wheelnext_build", "index", folder)
    run(sys.executable, "-m", "wheelnext_build", "check", folder, "--project", project.folder)
    environment = folder.parent / "venv"
    run("uv", "venv", "--python", sys.executable, environment)
    for preview in ((), ("--preview-features", "wheel-variants")):
        installed = run(
            *("uv", "pip", "install", "--no-cache-dir", "-v", "--python", environment, *preview),
            *("--find-links", folder, "--reinstall-package", project.sdist.name),
            f"{project.sdist.name} @ {plain.as_uri()}" if not preview else project.sdist.name,
        )
        run(environment / "bin" / "python", "-c", project.sdist.smoke, cwd=folder)
        if preview:
            assert variant.name in installed.stderr
