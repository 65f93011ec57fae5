"""With no variant asked for, each hook does what scikit-build-core's does, to the last byte.

The projects are scikit-build-core's own samples, taken from its sdist when the tests run.
"""

from __future__ import annotations

import io
import json
import shutil
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import pytest
import sdists
from builds_tools import command

pytestmark = pytest.mark.build

ALL_HOOKS = Path(__file__).with_name("all_hooks.py")


@dataclass(frozen=True)
class Sample:
    """A sample project, and what a frontend would pass on to its build."""

    folder: str
    settings: Mapping[str, str | list[str]] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    needs: str = ""
    fails: bool = False
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.folder


SAMPLES = [
    Sample("abi3_pyproject_ext"),
    Sample("broken_fallback"),
    Sample("broken_fallback", {"cmake.define.BROKEN_CODE": "1"}, name="broken_fallback-retries"),
    Sample("broken_fallback", {}, {"FAIL_NOW": "1"}, fails=True, name="broken_fallback-fails"),
    Sample("cmake_generated"),
    Sample(
        "filepath_pure",
        {"cmake.define.SOME_DEFINE2": "bar", "skbuild.cmake.define.SOME_DEFINE3": "bar"},
        {
            "SKBUILD_CMAKE_DEFINE": "SOME_DEFINE3=baz;SOME_DEFINE4=baz",
            "SKBUILD_CMAKE_ARGS": "-DSOME_ARGS1=baz",
        },
    ),
    Sample("fortran_example", needs="gfortran"),
    Sample("generate_include"),
    Sample("importlib_editable"),
    Sample("multi_build_type"),
    Sample("namespace_purelib_package"),
    Sample("navigate_editable"),
    Sample("pep639_pure"),
    Sample("sdist_config"),
    Sample("simple_purelib_package"),
    Sample(
        "simple_pyproject_ext",  # as quick as it gets
        environment={
            "CMAKE_ARGS": "-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=OFF -DCMAKE_CXX_FLAGS_RELEASE=-O0",
            # Its assertions have file names, which are this backend's to map where nobody does.
            "CXXFLAGS": "-ffile-prefix-map=/nonexistent=.",
        },
    ),
    Sample(
        "simple_pyproject_script_with_flags",
        {"build.targets": ["cmake_example"], "wheel.build-tag": "1"},
        {"CMAKE_ARGS": '-DCMAKE_C_FLAGS="-DFOO=1 -DBAR="'},
    ),
    Sample("simple_pyproject_source_dir"),
    Sample("simplest_c"),
    Sample("simplest_c", {"editable.mode": "inplace"}, name="simplest_c-inplace"),
]


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample projects of the installed scikit-build-core's release."""
    folder = tmp_path_factory.mktemp("scikit-build-core")
    archive = sdists.fetch("scikit-build-core", version("scikit-build-core"), folder)
    return sdists.unpack(archive, folder / "unpacked") / "tests" / "packages"


def test_the_samples_are_there(samples: Path) -> None:
    missing = {sample.folder for sample in SAMPLES} - {path.name for path in samples.iterdir()}
    assert not missing


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_same_answers_and_files(sample: Sample, samples: Path, tmp_path: Path) -> None:
    if sample.needs and shutil.which(sample.needs) is None:
        pytest.skip(f"needs {sample.needs}")
    theirs = all_hooks("scikit_build_core.build", sample, samples, tmp_path)
    failed = [hook for hook, answer in theirs.answers.items() if "exit status" in str(answer)]
    if failed and not sample.fails:
        pytest.skip(f"scikit-build-core itself cannot build it here: {', '.join(failed)}")
    ours = all_hooks("wheelnext_build", sample, samples, tmp_path)
    assert ours.answers == theirs.answers
    assert theirs.files or failed
    assert sorted(ours.files) == sorted(theirs.files)
    assert ours.left_in_project == theirs.left_in_project
    different = [
        f"{name}: {member}"
        for name in theirs.files
        if name.endswith(".whl") and ours.files[name] != theirs.files[name]
        for member in differences(ours.files[name], theirs.files[name])
    ]
    assert not different
    assert ours.files == theirs.files


@dataclass(frozen=True)
class Left:
    """What the hooks of a backend left: their answers, their files, and files in the project."""

    answers: dict[str, object]
    files: dict[str, bytes]
    left_in_project: list[str]


def all_hooks(backend: str, sample: Sample, samples: Path, tmp_path: Path) -> Left:
    """Call a backend's hooks; both backends work in the same places."""
    project, output = tmp_path / "project", tmp_path / "output"
    for folder in (project, output):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(samples / sample.folder, project)
    command(
        sys.executable,
        ALL_HOOKS,
        backend,
        output,
        json.dumps(sample.settings),
        cwd=project,
        env=sample.environment,
    )
    answers = json.loads((output / "answers.json").read_text())
    files = {
        path.relative_to(output).as_posix(): path.read_bytes()
        for path in sorted(output.rglob("*"))
        if path.is_file()
    }
    # CMake's own files have names that differ from run to run.
    left = (path.relative_to(project) for path in sorted(project.rglob("*")))
    outside = [path.as_posix() for path in left if not {"build", ".cmake"} & set(path.parts)]
    return Left(answers, files, outside)


def differences(ours: bytes, theirs: bytes) -> list[str]:
    """The members of two wheels that are not the same."""
    one, other = (
        {name: (archive.read(name), str(archive.getinfo(name))) for name in archive.namelist()}
        for archive in map(zipfile.ZipFile, map(io.BytesIO, (ours, theirs)))
    )
    return [name for name in {**one, **other} if one.get(name) != other.get(name)]
