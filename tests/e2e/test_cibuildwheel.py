"""Real cibuildwheel: all variants in one run, in a container.

It needs an image: CIBW_MANYLINUX_X86_64_IMAGE and what else its environment must have for it.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from clients import Run

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not os.environ.get("CIBW_MANYLINUX_X86_64_IMAGE"),
        reason="needs an image for cibuildwheel (CIBW_MANYLINUX_X86_64_IMAGE)",
    ),
]

PACKAGES = Path(__file__).resolve().parent.parent / "packages"
TAGS = ("cp311", "cp312", "cp313")
SETTINGS = """
[tool.cibuildwheel]
build = "cp311-* cp312-* cp313-*"
config-settings = "variants=all build-dir=/tmp/trees"
build-verbosity = 1
before-build = "pip install --find-links {project}/own 'wheelnext-build[audit]'"
repair-wheel-command = "wheelnext-build repair {wheel} {dest_dir}"
test-command = "python -c 'import bundles; assert bundles.answer() > 0'"
"""


@pytest.fixture(scope="module")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory, run: Run) -> tuple[Path, str]:
    """What one run of cibuildwheel for three interpreters leaves, and what it says."""
    source = tmp_path_factory.mktemp("cibuildwheel") / "bundles"
    shutil.copytree(PACKAGES / "bundles", source)
    with (source / "pyproject.toml").open("a") as stream:
        stream.write(SETTINGS)
    shutil.copytree(os.environ["WHEELNEXT_BUILD_WHEELHOUSE"], source / "own")
    out = source.parent / "wheelhouse"
    command = (sys.executable, "-m", "cibuildwheel", "--platform", "linux", "--output-dir", out)
    # Interpreters from different places name different compilers, and share nothing then.
    variables = f"{os.environ.get('CIBW_ENVIRONMENT', '')} CC=gcc PIP_FIND_LINKS=/project/own"
    result = run(*command, source, cwd=source, env={"CIBW_ENVIRONMENT": variables})
    return out, result.stdout + result.stderr


def test_every_interpreter_has_its_plain_wheel_and_its_variant(
    wheelhouse: tuple[Path, str], run: Run
) -> None:
    folder, _ = wheelhouse
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 2 * len(TAGS)
    for tag in TAGS:
        plain, labelled = sorted((name for name in names if f"-{tag}-" in name), key=len)
        assert "manylinux" in plain
        assert labelled == plain.replace(".whl", "-x86_64_v3.whl")
    wheels = [folder / name for name in names]
    run(sys.executable, "-m", "wheelnext_build", "inspect", *wheels)
    run(sys.executable, "-m", "wheelnext_build", "audit", *wheels)


def test_common_files_are_compiled_once_for_all_interpreters(
    wheelhouse: tuple[Path, str],
) -> None:
    _, said = wheelhouse
    compiled = re.findall(r"Building C object \S*?(\w+)\.c\.o", said)
    assert compiled.count("module") == len(TAGS)
    assert compiled.count("helper") == 1
    assert compiled.count("kernels") == 2


def test_uv_installs_each_interpreters_variant(
    wheelhouse: tuple[Path, str], tmp_path: Path, run: Run
) -> None:
    folder = shutil.copytree(wheelhouse[0], tmp_path / "release")
    run(sys.executable, "-m", "wheelnext_build", "index", folder)
    for tag in TAGS:
        version = f"{tag[2]}.{tag[3:]}"
        target = tmp_path / tag
        result = run(
            *("uv", "pip", "install", "--preview-features", "wheel-variants", "--no-cache", "-v"),
            *("--no-index", "--find-links", folder, "--only-binary", ":all:", "bundles"),
            *("--python-version", version, "--target", target),
        )
        assert re.search(rf"bundles-1\.0-{tag}-{tag}-\S+-x86_64_v3\.whl", result.stderr)
        assert list(target.glob(f"bundles/_core.cpython-{tag[2:]}-*.so"))
