"""A release whose provider is asked while building: isolated builds of it, and uv installs it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from pathlib import Path

import jsonschema
import pytest
from clients import Run
from tiny_wheels import write_plugin, write_wheel

from wheelnext_build.host.host import Host
from wheelnext_build.release.select import select
from wheelnext_build.variants.metadata import Provider, VariantMetadata
from wheelnext_build.variants.variant import Variant

pytestmark = pytest.mark.e2e

TESTS = Path(__file__).parent.parent
PACKAGES = TESTS / "packages"
SCHEMA = json.loads((TESTS / "schemas" / "variant-850-v0.2.0.json").read_text())
VALUES = ["accelerate", "openblas", "reference"]
PREVIEW = ("--preview-features", "wheel-variants")


def offering(folder: Path) -> dict[str, str]:
    """The environment in which pip and uv find the wheels of a folder, too."""
    return {
        name: separator.join(filter(None, [str(folder), os.environ.get(name)]))
        for name, separator in (("PIP_FIND_LINKS", " "), ("UV_FIND_LINKS", ","))
    }


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the plugins of tests/packages/providers can be installed."""
    folder = tmp_path_factory.mktemp("plugins")
    for source in (PACKAGES / "providers").glob("*.py"):
        write_plugin(folder, source)
    return offering(folder)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory, run: Run, offered: dict[str, str]) -> Path:
    """The files that `python -m build` and `index` make, in isolation."""
    folder = tmp_path_factory.mktemp("release")
    shutil.copytree(PACKAGES / "asks_provider", folder / "source")
    build = ("build", "-C", "variants=all", "--outdir", folder / "dist")
    run(sys.executable, "-m", *build, folder / "source", env=offered)
    run(sys.executable, "-m", "wheelnext_build", "index", folder / "dist")
    return folder / "dist"


def install(run: Run, release: Path, target: Path, *options: str) -> str:
    """Install by uv into a folder of its own; returns the library of the wheel that it took."""
    where = ("--no-config", "--no-cache", "--no-index", "--find-links", release)
    run("uv", "pip", "install", *where, "--target", target, *options, "asks-provider")
    return (target / "asks_provider" / "blas.txt").read_text()


def test_every_wheel_and_the_index_hold_the_plugins_answer(release: Path) -> None:
    contents = {"": json.loads((release / "asks_provider-1.0-variants.json").read_text())}
    for path in release.glob("*.whl"):
        with zipfile.ZipFile(path) as wheel:
            for name in wheel.namelist():
                if name.endswith("variant.json"):
                    contents[path.name] = json.loads(wheel.read(name))
                assert "example_blas" not in name
    assert len(contents) == 4
    for content in contents.values():
        jsonschema.validate(content, SCHEMA)
        assert content["providers"]["blas_lapack"]["static-properties"]["library"] == VALUES
        assert "build-requires" not in json.dumps(content)


def test_uv_installs_the_value_that_the_plugin_prefers(
    release: Path, run: Run, tmp_path: Path
) -> None:
    assert install(run, release, tmp_path / "a", *PREVIEW) == "openblas"
    assert install(run, release, tmp_path / "b") == ""
    (selection,) = select(release, Host.detect())
    assert selection.chosen
    assert selection.chosen.name.label == "openblas"


def test_the_order_is_the_plugins_not_the_projects(release: Path, run: Run, tmp_path: Path) -> None:
    """Where the preferred wheel is missing, the next of the plugin's values is taken."""
    shutil.copytree(release, tmp_path / "dist")
    for path in (tmp_path / "dist").glob("*-openblas.whl"):
        path.unlink()
    assert install(run, tmp_path / "dist", tmp_path / "a", *PREVIEW) == "reference"


def test_uv_passes_by_a_namespace_whose_plugin_it_does_not_have(run: Run, tmp_path: Path) -> None:
    """What docs/providers.md says of install-time providers: uv runs no plugin."""
    source = tmp_path / "always_provider.py"
    blas = (PACKAGES / "providers" / "example_blas_provider.py").read_text()
    source.write_text(blas.replace("all_properties_compatible = True", ""))
    variant = Variant.from_mapping("x", {"always": {"library": ["openblas"]}})
    provider = Provider(requires=("always-provider",))
    dist = tmp_path / "dist"
    dist.mkdir()
    write_plugin(dist, source)
    write_wheel(dist, "sample-1.0-py3-none-any.whl")
    metadata = VariantMetadata(("always",), {"always": provider}, (variant,))
    write_wheel(dist, "sample-1.0-py3-none-any-x.whl", metadata)
    run(sys.executable, "-m", "wheelnext_build", "index", dist)
    where = ("--no-config", "--no-cache", "--no-index", "--find-links", dist)
    target = tmp_path / "target"
    run("uv", "pip", "install", *where, *PREVIEW, "--target", target, "sample")
    assert (target / "sample_wheel.txt").read_text() == "sample-1.0-py3-none-any.whl"


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_the_build_command_installs_the_plugin_and_says_who_is_asked(
    run: Run, offered: dict[str, str], tmp_path: Path, installer: str
) -> None:
    shutil.copytree(PACKAGES / "asks_provider", tmp_path / "source")
    options = ("--only", "reference", "--installer", installer, "--outdir", tmp_path / "dist")
    command = (sys.executable, "-m", "wheelnext_build", "build", tmp_path / "source", *options)
    said = run(*command, env=offered)
    assert "The provider of 'blas_lapack' is asked while building" in said.stderr
    assert [path.name.rpartition("-")[2] for path in (tmp_path / "dist").iterdir()] == [
        "reference.whl"
    ]


def test_pip_installs_a_variant_from_the_sources(
    run: Run, offered: dict[str, str], tmp_path: Path
) -> None:
    target = tmp_path / "target"
    options = ("--no-cache-dir", "-Cvariant-label=reference", "--target", target)
    source = PACKAGES / "asks_provider"
    run(sys.executable, "-m", "pip", "install", *options, source, env=offered)
    assert (target / "asks_provider" / "blas.txt").read_text() == "reference"


# Checking, also of providers for install time

GPU = """
[variant.providers.example_gpu]
requires = ["example-gpu-provider"]
plugin-api = "example_gpu_provider:Plugin"
[variant.variants.gpu]
example_gpu.arch = ["g1", "g2"]
[tool.wheelnext-build.properties."example_gpu :: arch :: g1"]
no-flags = true
"""
MISTAKEN = """
[variant.variants.mistaken]
example_gpu = { arch = ["g4"], driver = ["1", "2"] }
[tool.wheelnext-build.properties."example_gpu :: arch :: g4"]
no-flags = true
"""
ABSENT = """
[variant.providers.absent]
requires = ["wheelnext-build-no-such-provider"]
[variant.variants.absent]
absent.kind = ["x"]
[tool.wheelnext-build.properties."absent :: kind :: x"]
no-flags = true
"""
LEVEL = "[variant.variants.v3]\nx86_64.level = ['v3']\n"


def check(
    run: Run, folder: Path, text: str, env: dict[str, str], status: int = 0, *options: str
) -> dict[str, dict[str, object]]:
    """`matrix --check-providers` as JSON: the answers by namespace."""
    folder.mkdir(exist_ok=True)
    (folder / "pyproject.toml").write_text(text)
    command = (sys.executable, "-m", "wheelnext_build", "matrix", "--check-providers", "--json")
    answer = json.loads(run(*command, *options, folder, env=env, status=status).stdout)
    return {item["namespace"]: item for item in answer["checked-providers"]}


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_plugins_are_asked_in_environments_of_their_own(
    run: Run, offered: dict[str, str], tmp_path: Path, installer: str
) -> None:
    text = (PACKAGES / "asks_provider" / "pyproject.toml").read_text() + GPU
    found = check(run, tmp_path, text, offered, 0, "--installer", installer)
    assert {name: item["state"] for name, item in found.items()} == {
        "blas_lapack": "holds",
        "example_gpu": "holds",
    }
    assert "knows arch (3 values); driver (2 values)" in str(found["example_gpu"]["text"])


def test_what_a_plugin_does_not_know_is_status_1(
    run: Run, offered: dict[str, str], tmp_path: Path
) -> None:
    found = check(run, tmp_path, GPU + MISTAKEN, offered, 1)
    problems = found["example_gpu"]["problems"]
    assert isinstance(problems, list)
    assert [problem["what"] for problem in problems] == [
        "the provider does not know 'example_gpu :: arch :: g4'",
        _TWO_VALUES,
    ]
    assert problems[0]["hint"] == "it knows g1, g2, g3"


_TWO_VALUES = (
    "variant 'mistaken' lists 2 values of example_gpu.driver, and its provider allows one in a "
    "variant"
)


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_a_plugin_that_is_not_on_the_index_fails_unless_installers_have_their_own(
    run: Run, offered: dict[str, str], tmp_path: Path, installer: str
) -> None:
    text = ABSENT + LEVEL
    found = check(run, tmp_path, text, offered, 1, "--installer", installer)
    assert found["absent"]["state"] == "fails"
    assert "wheelnext-build-no-such-provider cannot be installed" in str(found["absent"]["text"])
    assert found["x86_64"]["state"] == "skipped"
    assert "x86-64-variant-provider >=0.2 cannot be installed" in str(found["x86_64"]["text"])
    assert "uv has its own copy" in str(found["x86_64"]["text"])


def test_a_person_is_shown_the_answers(run: Run, offered: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(GPU + MISTAKEN)
    command = (sys.executable, "-m", "wheelnext_build", "matrix", "--check-providers", tmp_path)
    shown = run(*command, env=offered, status=1).stdout
    assert "variant.variants.mistaken: the provider does not know 'example_gpu :: arch" in shown


# Plugins from PyPI

ASCEND = """
[variant.providers.ascend]
requires = ["ascend-variant-provider ==0.0.2"]
plugin-api = "ascend_variant_provider.plugin:AscendVariantPlugin"
[variant.variants.ascend]
ascend.npu_type = ["{npu}"]
[tool.wheelnext-build.properties."ascend :: npu_type :: {npu}"]
no-flags = true
"""
X86_64 = """
[variant.providers.x86_64]
requires = ["provider-variant-x86-64 ==0.0.1.post2"]
plugin-api = "provider_variant_x86_64.plugin:X8664Plugin"
"""


@pytest.mark.parametrize(("npu", "state"), [("910b", "holds"), ("310p", "fails")])
def test_the_plugin_for_ascend_on_pypi(run: Run, tmp_path: Path, npu: str, state: str) -> None:
    """It knows the machine's own type only, here one that its environment variable names."""
    env = {"ASCEND_VARIANT_PROVIDER_FORCE_NPU_TYPE": "910b"}
    found = check(run, tmp_path, ASCEND.format(npu=npu), env, int(state == "fails"))
    assert found["ascend"]["state"] == state


def test_the_first_plugin_for_x86_64_on_pypi(run: Run, tmp_path: Path) -> None:
    """Older than PEP 817, it lists nothing but judges each property; it cannot be asked at build
    time, as what it supports depends on the machine."""
    found = check(run, tmp_path, X86_64 + LEVEL, {})
    assert found["x86_64"]["state"] == "holds"
    assert "asked for each property" in str(found["x86_64"]["text"])
    text = X86_64.replace("requires", "build-requires") + LEVEL
    found = check(run, tmp_path, text, {}, 1)
    assert "it has no get_all_configs()" in str(found["x86_64"]["text"])
