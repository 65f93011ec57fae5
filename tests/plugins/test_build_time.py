"""Providers that are asked while building: what the build needs, and what its wheels then hold."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from tiny_wheels import write_plugin

from wheelnext_build.cli.main import main
from wheelnext_build.config.config import Config, parse
from wheelnext_build.errors import ConfigurationError, ProviderError
from wheelnext_build.plugins.build_time import requirements, resolved

TESTS = Path(__file__).parents[1]
PROVIDERS = TESTS / "packages" / "providers"
PROJECT = (TESTS / "packages" / "asks_provider" / "pyproject.toml").read_text()
SCHEMA = json.loads((TESTS / "schemas" / "variant-850-v0.2.0.json").read_text())
REQUIREMENT = "example-blas-provider >=1; python_version >= '3'"


def read(text: str = "") -> Config:
    return parse(tomllib.loads(f"{PROJECT}\n{text}"))


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Installs a plugin for this test: its wheel is unpacked, and the folder is on the path."""
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))

    def install(source: Path) -> None:
        with zipfile.ZipFile(write_plugin(tmp_path, source)) as wheel:
            wheel.extractall(tmp_path / "site")

    return install


def test_reading_a_project_asks_nothing() -> None:
    config = read()
    assert requirements(config) == [REQUIREMENT]
    assert [item.variant.label for item in config.declared] == ["null", "openblas", "reference"]
    with pytest.raises(ProviderError, match="'blas_lapack' is known only during a build"):
        config.metadata_of(config.declared[0].variant)


def test_the_answer_is_in_the_metadata_of_every_variant(
    install: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    install(PROVIDERS / "example_blas_provider.py")
    config = resolved(read())
    for declared in config.declared:
        content = json.loads(config.metadata_of(declared.variant).to_json())
        jsonschema.validate(content, SCHEMA)
        assert content["providers"]["blas_lapack"] == {
            "static-properties": {
                "library": ["accelerate", "openblas", "reference"],
                "interface": ["lp64", "ilp64"],
            },
            "feature-order": ["library", "interface"],
        }
    assert requirements(config) == []
    assert capsys.readouterr().out == (
        "*** wheelnext-build asking the provider of 'blas_lapack': example-blas-provider 1.0, "
        "plugin-api example_blas_provider\n"
        "*** wheelnext-build it answers: library = accelerate, openblas, reference; "
        "interface = lp64, ilp64\n"
    )


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="ends process groups")
def test_a_build_that_is_ended_ends_the_plugin_too(
    install: Callable[[Path], None], tmp_path: Path
) -> None:
    source, marker = tmp_path / "example_blas_provider.py", tmp_path / "asked"
    source.write_text(
        f"import os, time\nopen({str(marker)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)\n"
    )
    install(source)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    program = (
        "import pathlib, sys; from wheelnext_build.config import project; "
        "from wheelnext_build.plugins import build_time; "
        "build_time.resolved(project.Project.load(pathlib.Path(sys.argv[1])).config)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) as build:
        while not (marker.is_file() and marker.read_text()):
            assert build.poll() is None
            time.sleep(0.05)
        build.terminate()
    assert build.returncode == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(int(marker.read_text()), 0)


def test_one_feature_needs_no_order_and_optional_stays(
    install: Callable[[Path], None], tmp_path: Path
) -> None:
    source = tmp_path / "one.py"
    text = (PROVIDERS / "example_blas_provider.py").read_text()
    source.write_text(text.replace('Config("interface", ["lp64", "ilp64"], True),', ""))
    install(source)
    old = f'build-requires = ["{REQUIREMENT}"]'
    entry = 'build-requires = ["One"]\nplugin-api = "one"\noptional = true'
    config = resolved(parse(tomllib.loads(PROJECT.replace(old, entry))))
    assert config.metadata is not None
    assert config.metadata.providers["blas_lapack"].as_mapping() == {
        "optional": True,
        "static-properties": {"library": ["accelerate", "openblas", "reference"]},
    }


def test_properties_that_the_plugin_does_not_know_are_mistakes(
    install: Callable[[Path], None],
) -> None:
    install(PROVIDERS / "example_blas_provider.py")
    further = """
    [variant.variants.typo]
    blas_lapack = { library = ["opnblas"] }
    [variant.variants.both]
    blas_lapack = { library = ["openblas", "reference"] }
    [tool.wheelnext-build.properties."blas_lapack :: library :: opnblas"]
    no-flags = true
    """
    with pytest.raises(ConfigurationError) as info:
        resolved(read(further))
    assert [problem.where for problem in info.value.problems] == [
        "variant.variants.typo",
        "variant.variants.both",
    ]
    assert "did you mean 'openblas'?" in str(info.value)


def test_a_plugin_that_is_not_installed_is_an_error(install: Callable[[Path], None]) -> None:
    with pytest.raises(ProviderError, match="does not have example-blas-provider: install it"):
        resolved(read())
    install(PROVIDERS / "example_blas_provider.py")
    newer = PROJECT.replace(">=1;", ">=2;")
    with pytest.raises(ProviderError, match=r"has example-blas-provider 1\.0: install it, or"):
        resolved(parse(tomllib.loads(newer)))
    never = PROJECT.replace(">= '3'", "< '3'")
    with pytest.raises(ProviderError, match="has no requirement for this environment"):
        resolved(parse(tomllib.loads(never)))


def test_commands_say_who_is_asked_without_asking(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    said = f"The provider of 'blas_lapack' is asked while building: {REQUIREMENT}; plugin-api "
    assert main(["matrix", str(tmp_path)]) == 0
    assert said in capsys.readouterr().out
    assert main(["matrix", "--json", str(tmp_path)]) == 0
    entry = {"build-requires": [REQUIREMENT]}
    assert json.loads(capsys.readouterr().out)["providers"] == {"blas_lapack": entry}
    assert main(["matrix", "--format", "github", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out)["include"]


def test_the_standard_table_declares_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tomli_w")
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    assert main(["matrix", "--format", "toml", str(tmp_path)]) == 0
    content = tomllib.loads(capsys.readouterr().out)
    assert content["variant"]["providers"]["blas_lapack"] == {"build-requires": [REQUIREMENT]}
    tool = tomllib.loads(PROJECT)["tool"]["wheelnext-build"]
    standard = parse({**content, "tool": {"wheelnext-build": {"properties": tool["properties"]}}})
    assert standard.seed == read().seed


def test_what_needs_the_answer_without_a_build_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    wheel = write_plugin(tmp_path, PROVIDERS / "example_gpu_provider.py")
    arguments = ["label", "--project", str(tmp_path), "--label", "openblas", str(wheel)]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert "known only during a build, which asks its provider" in error
    assert wheel.is_file()
