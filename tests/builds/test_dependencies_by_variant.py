"""Requirements that differ by variant, hook by hook."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from builds_tools import Project, command, needs_x86_64, text_of

pytestmark = [pytest.mark.build, needs_x86_64]

Projects = Callable[[str], Project]
LABEL = {"variant-label": "x86_64_v3"}


def requires(metadata: str) -> list[str]:
    return [line.partition(": ")[2] for line in metadata.splitlines() if "Requires-Dist:" in line]


def test_hooks_ask_for_what_each_wheel_needs(project: Projects) -> None:
    package = project("numpy_abi")
    hook = "get_requires_for_build_wheel"
    assert "numpy>=2" in package.call(hook, None).answer
    assert "numpy>=2" in package.call(hook, LABEL).answer
    one = package.call(hook, {"variant-label": "numpy2.3"}).answer
    assert "numpy==2.3.*" in one
    assert "pip" not in one
    whole = package.call(hook, {"variants": "all"}).answer
    assert "pip" in whole
    assert not [text for text in whole if "numpy==" in text]
    assert "numpy>=2" in whole
    # uv says what it is, and brings what pip would be needed for.
    assert "pip" not in package.call(hook, {"variants": "all"}, env={"UV": "/usr/bin/uv"}).answer


def test_prepared_metadata_is_the_wheel_s(project: Projects, tmp_path: Path) -> None:
    package = project("numpy_abi")
    for settings, expected in (
        (None, ["numpy>=2", "certifi"]),
        (LABEL, ["numpy>=2", 'idna>=3; python_version >= "3.11"']),
    ):
        prepared = tmp_path / str(settings)
        prepared.mkdir()
        name = package.call("prepare_metadata_for_build_wheel", str(prepared), settings).answer
        assert requires((prepared / name / "METADATA").read_text()) == expected
        package.clear()
        package.dist.mkdir()
        call = package.call("build_wheel", str(package.dist), settings, str(prepared / name))
        assert requires(text_of(package.dist / call.answer, "METADATA")) == expected


def test_an_editable_install_has_its_variants_dependencies(project: Projects) -> None:
    package = project("numpy_abi")
    package.build(LABEL, kind="editable")
    (wheel,) = package.dist.iterdir()
    assert requires(text_of(wheel, "METADATA"))[1:] == ['idna>=3; python_version >= "3.11"']


def test_the_plain_wheel_is_nothing_of_a_variant_that_is_being_built(project: Projects) -> None:
    """A pass may build another project by this backend: its variables are not for that one."""
    package = project("numpy_abi")
    package.build(env={"WHEELNEXT_VARIANT_LABEL": "x86_64_v3"})
    assert requires(text_of(package.wheel(), "METADATA")) == ["numpy>=2", "certifi"]


def test_a_plain_build_finds_mistakes_that_would_lose_dependencies(project: Projects) -> None:
    package = project("numpy_abi")
    package.edit("pyproject.toml", '[[tool.dynamic-metadata]]\nprovider = "wheelnext-build"\n', "")
    for hook in ("get_requires_for_build_wheel", "get_requires_for_build_sdist"):
        output = package.call(hook, None, status=2).output
        assert "tool.wheelnext-build.dependencies: needs [[tool.dynamic-metadata]]" in output
        assert "Traceback" not in output
    package.build(status=2)
    assert package.files() == []


def test_what_cannot_be_installed_is_said_before_anything_is_compiled(project: Projects) -> None:
    package = project("numpy_abi")
    package.edit("pyproject.toml", '["2.3", "2.4"]', '["2.3", "77"]')
    output = package.build({"variants": "all"}, status=2, env={"UV": ""}).output
    assert "numpy77: numpy==77.*" in output
    assert "No matching distribution found for numpy==77.*" in output
    assert "Traceback" not in output
    assert "Building C object" not in output
    assert package.files() == []


def test_a_kept_folder_has_what_was_installed_before(project: Projects, tmp_path: Path) -> None:
    package = project("numpy_abi")
    settings = {"variants": "all", "build-dir": f"{tmp_path / 'kept'}/"}
    first = package.build(settings)
    assert "numpy2.3: installing numpy==2.3.*" in first.output
    assert first.compiled("module.c") == 4
    package.clear()
    again = package.build(settings)
    assert "installing numpy" not in again.output
    assert again.compiled("module.c") == 0
    assert package.labels() == ["", "numpy2.3", "numpy2.4", "x86_64_v3"]


def test_variants_are_compiled_against_their_releases(project: Projects, tmp_path: Path) -> None:
    """numpy promises that what was compiled against 2.3 runs with 2.4, so both can be asked."""
    package = project("numpy_abi")
    package.build({"variants": "all"})
    headers = set()
    for label, pin in (("numpy2.3", "numpy==2.3.*"), ("numpy2.4", "numpy==2.4.*")):
        wheel = package.wheel(label)
        assert requires(text_of(wheel, "METADATA"))[1:] == [pin]
        described = json.loads(text_of(wheel, "variant.json"))
        assert described["providers"] == {
            "abi_dependency": {"builtin": "abi_dependency"},
            "x86_64": {"requires": ["x86-64-variant-provider >=0.2"]},
        }
        folder = tmp_path / label
        command(sys.executable, "-m", "zipfile", "-e", wheel, folder)
        program = "import numpy_abi as n; print(n.built_with(), n.total([1, 2, 4]))"
        found = command(sys.executable, "-c", program, env={"PYTHONPATH": str(folder)}).output
        assert found.startswith(f"{label.removeprefix('numpy')}.")
        assert found.endswith(" 7.0\n")
        program = "import numpy_abi as n; print(n.headers())"
        headers |= {command(sys.executable, "-c", program, env={"PYTHONPATH": str(folder)}).output}
    # scikit-build-core looks for numpy in its own process, which must not be that of another.
    assert len(headers) == 2
