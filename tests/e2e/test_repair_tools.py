"""Carriers and labelled wheels on their way through the tools that maintainers release with."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from clients import Environment, Run
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from tiny_wheels import write_wheel, x86_64_metadata

from wheelnext_build.release.repair.bundled import documents, paths
from wheelnext_build.wheels.description import record_problems, variant_of
from wheelnext_build.wheels.reader import WheelReader
from wheelnext_build.wheels.stamp import stamp

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="auditwheel is Linux's"),
    pytest.mark.skipif(os.uname().machine != "x86_64", reason="builds for x86-64"),
]

PACKAGE = Path(__file__).resolve().parent.parent / "packages" / "bundles"
EXPECTED = sum(i * i for i in range(64)) + sum(i // 2 for i in range(256))


@pytest.fixture(scope="module")
def helper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a shared library that wheels do not have until they are repaired."""
    return compiled_helper(tmp_path_factory.mktemp("helper"))


def compiled_helper(folder: Path, *flags: str) -> Path:
    command = ["cc", "-shared", "-fPIC", "-O3", "-Wl,-soname,libhelper.so", *flags]
    command += [str(PACKAGE / "helper.c"), "-o", str(folder / "libhelper.so")]
    subprocess.run(command, check=True)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, helper: Path, run: Run) -> Path:
    """A folder with a plain wheel and a labelled one, as ``python -m build`` leaves them."""
    source = tmp_path_factory.mktemp("bundles") / "bundles"
    shutil.copytree(PACKAGE, source)
    run(
        *(sys.executable, "-m", "build", "--wheel", "-C", "variants=all", source),
        env={"HELPER_FOLDER": str(helper)},
    )
    return source / "dist"


@pytest.fixture
def plain(built: Path) -> Path:
    (found,) = (path for path in built.iterdir() if path.name.endswith("_x86_64.whl"))
    return found


def repair(run: Run, plain: Path, out: Path, helper: Path, status: int = 0) -> str:
    """Repair into two folders below ``out``; returns what was said."""
    result = run(
        *(sys.executable, "-m", "wheelnext_build", "repair", "--variants", out / "variants"),
        *(plain, out / "plain"),
        env={"LD_LIBRARY_PATH": str(helper)},
        status=status,
    )
    return result.stdout + result.stderr


def test_auditwheel_repairs_the_plain_wheel_and_its_variants(
    plain: Path, helper: Path, tmp_path: Path, run: Run, environment: Environment
) -> None:
    repair(run, plain, tmp_path, helper)
    repaired, labelled = sorted((path.name for path in tmp_path.glob("*/*")), key=len)
    assert "manylinux" in labelled
    assert labelled.endswith("-x86_64_v3.whl")
    assert repaired == labelled.replace("-x86_64_v3", "")
    wheels = list(tmp_path.glob("*/*"))
    run(sys.executable, "-m", "wheelnext_build", "inspect", *wheels)
    audit = run(sys.executable, "-m", "wheelnext_build", "audit", *wheels).stdout
    assert audit.count("2 binaries") == 2
    release = tmp_path / "release"
    release.mkdir()
    for path in wheels:
        shutil.copy2(path, release)
    run(sys.executable, "-m", "wheelnext_build", "index", release)
    for options, name in (([], repaired), (["--preview-features", "wheel-variants"], labelled)):
        said = environment.uv(*options, "--no-index", "--find-links", release, "-v", "bundles")
        assert name in said
        code = "import bundles; print(bundles.answer())"
        assert run(environment.python, "-c", code).stdout.strip() == str(EXPECTED)


def test_what_is_bundled_is_in_a_bill_of_materials(plain: Path, tmp_path: Path, run: Run) -> None:
    """auditwheel lists what a package of the system owns; of the other library it says nothing."""
    folder = tmp_path / "helper"
    folder.mkdir()
    repair(run, plain, tmp_path, compiled_helper(folder, "-Wl,--no-as-needed", "-lgomp"))
    wheels = list(tmp_path.glob("*/*.whl"))
    assert len(wheels) == 2
    for path in wheels:
        with WheelReader(path) as reader:
            assert record_problems(reader) == []
            found = {Path(name).name: reader.read(name) for name in documents(reader)}
            hashes = {name: hashlib.sha256(reader.read(name)).hexdigest() for name in paths(reader)}
        assert set(found) == {"auditwheel.cdx.json", "wheelnext-build.cdx.json"}
        for data in found.values():
            version = SchemaVersion.from_version(json.loads(data)["specVersion"])
            assert JsonStrictValidator(version).validate_str(data.decode()) is None
        assert b"libgomp1" in found["auditwheel.cdx.json"]
        content = json.loads(found["wheelnext-build.cdx.json"])
        assert content["metadata"]["component"]["purl"] == "pkg:pypi/bundles@1.0"
        listed = {part["bom-ref"]: part for part in content["components"]}
        assert {ref: part["hashes"][0]["content"] for ref, part in listed.items()} == hashes
        names = {part["name"]: part for part in listed.values()}
        assert names["libgomp1"]["purl"].startswith("pkg:deb/debian/libgomp1@")
        assert "purl" not in names["libhelper.so"]


def test_a_bundled_library_that_needs_more_is_found(plain: Path, tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "helper"
    folder.mkdir()
    leaking = compiled_helper(folder, "-mavx2")
    said = repair(run, plain, tmp_path / "out", leaking, status=1)
    assert "bundles.libs/libhelper" in said
    assert "AVX2, beyond the plain wheel" in said
    assert not (tmp_path / "out").exists()


PASSES = {
    "abi3audit": ("abi3audit", "{wheel}"),
    "check-wheel-contents": ("check-wheel-contents", "--ignore", "W003", "{wheel}"),
    "delocate": ("delocate-wheel", "--verbose", "--wheel-dir", "out", "{wheel}"),
    "delvewheel": ("delvewheel", "repair", "--wheel-dir", "out", "{wheel}"),
    "twine": ("twine", "check", "{wheel}"),
}


@pytest.mark.parametrize("tool", PASSES)
def test_a_carrier_passes_through_other_tools(tool: str, tmp_path: Path, run: Run) -> None:
    # delocate and delvewheel look for binaries of their systems, which there are none of here.
    tag = {"delvewheel": "cp311-cp311-win_amd64", "abi3audit": "cp311-abi3-win_amd64"}
    plain = write_wheel(tmp_path, f"sample-1.0-{tag.get(tool, 'py3-none-any')}.whl")
    carrier = stamp(plain, tmp_path, x86_64_metadata("v3", "v3"), carrier=True)
    scripts = Path(sys.executable).parent
    program, *arguments = (part.format(wheel=carrier) for part in PASSES[tool])
    run(scripts / program, *arguments, cwd=tmp_path)
    if "out" in arguments:
        with WheelReader(tmp_path / "out" / carrier.name) as reader:
            assert variant_of(reader) is not None
            assert record_problems(reader) == []
