"""Providers that are asked while building, hook by hook: in every wheel the same answer."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from builds_tools import Project, text_of
from tiny_wheels import write_plugin

pytestmark = pytest.mark.build

TESTS = Path(__file__).parent.parent
BLAS = TESTS / "packages" / "providers" / "example_blas_provider.py"
SCHEMA = json.loads((TESTS / "schemas" / "variant-850-v0.2.0.json").read_text())
REQUIREMENT = "example-blas-provider >=1; python_version >= '3'"
ASKED = "asking the provider of 'blas_lapack': example-blas-provider 1.0"
ENTRY = {
    "static-properties": {
        "library": ["accelerate", "openblas", "reference"],
        "interface": ["lp64", "ilp64"],
    },
    "feature-order": ["library", "interface"],
}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment with the plugin installed: its wheel is unpacked beside the others."""
    site = tmp_path / "site"
    with zipfile.ZipFile(write_plugin(tmp_path, BLAS)) as wheel:
        wheel.extractall(site)
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))}


def described(built: Project, label: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(text_of(built.wheel(label), "variant.json"))
    jsonschema.validate(content, SCHEMA)
    return content


@pytest.mark.parametrize("kind", ["wheel", "editable"])
def test_the_plugin_is_a_requirement_of_every_variant_and_of_no_plain_wheel(
    project: Callable[[str], Project], kind: str
) -> None:
    built = project("asks_provider")
    hook = f"get_requires_for_build_{kind}"
    for label in ("openblas", "null"):
        assert REQUIREMENT in built.call(hook, {"variant-label": label}).answer
    assert REQUIREMENT not in built.call(hook, {}).answer
    assert built.call("get_requires_for_build_sdist", {}).answer == []


def test_all_wheels_hold_the_answer(project: Callable[[str], Project], env: dict[str, str]) -> None:
    built = project("asks_provider")
    output = built.build({"variants": "all"}, env=env).output
    assert built.labels() == ["", "null", "openblas", "reference"]
    assert output.count(ASKED) == 1
    for label in ("null", "openblas", "reference"):
        assert described(built, label)["providers"] == {"blas_lapack": ENTRY}
    assert text_of(built.wheel("reference"), "blas.txt") == "reference"


def test_a_plain_wheel_is_built_without_the_plugin(project: Callable[[str], Project]) -> None:
    built = project("asks_provider")
    assert "asking" not in built.build().output


@pytest.mark.parametrize("kind", ["wheel", "editable"])
def test_metadata_that_is_prepared_before_is_that_of_the_wheel(
    project: Callable[[str], Project], env: dict[str, str], tmp_path: Path, kind: str
) -> None:
    built = project("asks_provider")
    settings = {"variant-label": "openblas"}
    hook = f"prepare_metadata_for_build_{kind}"
    name = built.call(hook, str(tmp_path), settings, False, env=env).answer
    content = json.loads((tmp_path / name / "variant.json").read_text())
    assert content["providers"] == {"blas_lapack": ENTRY}
    built.dist.mkdir()
    arguments = (str(built.dist), settings, str(tmp_path / name))
    assert built.call(f"build_{kind}", *arguments, env=env).answer


def test_without_the_plugin_nothing_is_built(project: Callable[[str], Project]) -> None:
    built = project("asks_provider")
    output = built.build({"variants": "all"}, status=2).output
    assert "environment does not have example-blas-provider: install it, or build with" in output
    assert "Traceback" not in output
    assert "Configuring CMake" not in output
    assert built.files() == []


def test_a_variant_that_the_plugin_does_not_know_ends_the_build_before_it_begins(
    project: Callable[[str], Project], env: dict[str, str]
) -> None:
    built = project("asks_provider")
    built.edit("pyproject.toml", '["openblas", "reference"]', '["opnblas", "reference"]')
    built.edit("pyproject.toml", ":: openblas", ":: opnblas")
    output = built.build({"variants": "all"}, env=env, status=2).output
    assert "the provider does not know 'blas_lapack :: library :: opnblas'" in output
    assert "did you mean 'openblas'?" in output
    assert "Configuring CMake" not in output
    assert built.files() == []


def test_a_plugin_that_fails_is_told_with_its_frames(
    project: Callable[[str], Project], env: dict[str, str], tmp_path: Path
) -> None:
    plugin = tmp_path / "site" / "example_blas_provider.py"
    plugin.write_text("import json\njson.loads('no JSON')\n")
    output = project("asks_provider").build({"variant-label": "null"}, env=env, status=2).output
    assert f"the provider of 'blas_lapack' ({REQUIREMENT}; plugin-api example_blas_prov" in output
    assert "JSONDecodeError: Expecting value" in output
    assert f'File "{plugin}", line 2' in output
    assert "pluginquery" not in output
