"""Real cibuildwheel, from project to wheels that uv installs: in one run, or one per variant."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cibuildwheel_tools import (
    ONE_RUN_SETTINGS,
    TAGS,
    TEST,
    cibuildwheel,
    copied,
    needs_image,
    wheelnext_build,
)
from clients import Environment, Run

pytestmark = [pytest.mark.e2e, needs_image]

ONE_RUN, ONE_PER_VARIANT = "one run", "one run per variant"


@dataclass(frozen=True)
class Pipeline:
    """What came out of cibuildwheel: the project, the labelled and indexed wheels, the output."""

    way: str
    source: Path
    folder: Path
    labels: tuple[str, ...]
    said: str

    @property
    def project(self) -> str:
        return self.source.name


def in_one_run(run: Run, source: Path, out: Path) -> str:
    with (source / "pyproject.toml").open("a") as stream:
        stream.write(f"\n{ONE_RUN_SETTINGS}")
    return cibuildwheel(run, source, out)


def in_one_run_per_variant(run: Run, source: Path, out: Path) -> str:
    jobs = json.loads(wheelnext_build(run, "matrix", "--format", "github", source))["include"]
    assert len(jobs) > 1
    said = ""
    for job in jobs:
        folder = out.parent / job["name"]
        said += cibuildwheel(run, source, folder, {"CIBW_CONFIG_SETTINGS": job["config-settings"]})
        out.mkdir(exist_ok=True)
        for path in folder.iterdir():
            assert not (out / path.name).exists()  # as where a CI service collects artifacts
            path.rename(out / path.name)
    wheelnext_build(run, "label", out)
    return said


WAYS: dict[str, Callable[[Run, Path, Path], str]] = {
    ONE_RUN: in_one_run,
    ONE_PER_VARIANT: in_one_run_per_variant,
}


@pytest.fixture(scope="module", params=[(way, name) for way in WAYS for name in TEST])
def pipeline(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, run: Run
) -> Pipeline:
    way, project = request.param
    source = copied(project, tmp_path_factory.mktemp("cibuildwheel"))
    out = source.parent / "wheelhouse"
    said = WAYS[way](run, source, out)
    matrix = json.loads(wheelnext_build(run, "matrix", "--json", source))
    labels = tuple(variant["label"] for variant in matrix["variants"])
    wheelnext_build(run, "index", out)
    return Pipeline(way, source, out, labels, said)


def test_every_interpreter_has_its_plain_wheel_and_all_variants(pipeline: Pipeline) -> None:
    names = sorted(path.name for path in pipeline.folder.glob("*.whl"))
    assert len(names) == (1 + len(pipeline.labels)) * len(TAGS)
    for tag in TAGS:
        plain, *labelled = sorted((name for name in names if f"-{tag}-" in name), key=len)
        assert "manylinux" in plain
        assert {name.removesuffix(".whl").split("-")[5] for name in labelled} == {*pipeline.labels}


def test_the_release_is_complete(pipeline: Pipeline, run: Run) -> None:
    identifiers = run(
        *(sys.executable, "-m", "cibuildwheel", "--platform", "linux"),
        *("--print-build-identifiers", pipeline.source),
    ).stdout.split()
    expected = [part for name in identifiers for part in ("--expect", name)]
    assert len(identifiers) == len(TAGS)
    wheelnext_build(
        run, "check", pipeline.folder, "--project", pipeline.source, "--max-size", "5MB", *expected
    )
    wheelnext_build(run, "audit", "--project", pipeline.source, *pipeline.folder.glob("*.whl"))


def test_common_files_are_compiled_once_for_all_interpreters(pipeline: Pipeline) -> None:
    if pipeline.way == ONE_PER_VARIANT:
        pytest.skip("each run compiles for itself")
    compiled = Counter(re.findall(r"Building CX*\w* object \S*?(\w+)\.c\w*\.o", pipeline.said))
    if pipeline.project == "bundles":
        assert compiled == {"module": len(TAGS), "helper": 1, "kernels": 2}
    else:
        assert compiled["module"] == len(TAGS)


def test_the_wheels_were_tested_where_the_machine_can_run_them(pipeline: Pipeline) -> None:
    tested = Counter(re.findall(r"\*\*\* wheelnext-build test (\S+): (skipped)?", pipeline.said))
    assert tested["plain", ""] == tested["x86_64_v3", ""] == len(TAGS)
    if pipeline.project == "sample_ext":
        assert tested["cu13_sm90", "skipped"] == len(TAGS)


def test_uv_installs_each_interpreters_variant_from_a_static_index(
    pipeline: Pipeline, tmp_path: Path, run: Run, serve_folder: Callable[[Path], str]
) -> None:
    wheelnext_build(run, "index", pipeline.folder, "--simple", tmp_path / "simple")
    index = serve_folder(tmp_path / "simple")
    project = pipeline.project.replace("_", "-")
    # Of GPU and CPU variants uv prefers those for the GPU: nvidia is first in priority.
    gpu = [label for label in pipeline.labels if label.startswith("cu")]
    for tag in TAGS:
        target = tmp_path / tag
        result = run(
            *("uv", "pip", "install", "--preview-features", "wheel-variants", "--no-cache", "-v"),
            *("--index-url", index, "--only-binary", ":all:", "--no-deps"),
            *("--python-version", f"{tag[2]}.{tag[3:]}", "--target", target, project),
            env={
                "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION": "13.0",
                "NV_VARIANT_PROVIDER_FORCE_SM_ARCH": "9.0",
            },
        )
        label = gpu[0] if gpu else "x86_64_v3"
        assert re.search(rf"-1\.0-{tag}-{tag}-\S+-{re.escape(label)}\.whl", result.stderr)
        assert list(target.glob(f"{pipeline.project}/_core.cpython-{tag[2:]}-*.so"))


def test_the_wheels_work(pipeline: Pipeline, environment: Environment, run: Run) -> None:
    environment.uv(
        *("--preview-features", "wheel-variants", "--only-binary", ":all:"),
        *("--find-links", pipeline.folder, "--no-index", pipeline.project.replace("_", "-")),
    )
    tests = {
        "sample_ext": ("-m", "pytest", "-q", pipeline.source / "tests"),
        "bundles": ("-c", "import bundles; assert bundles.answer() > 0"),
    }
    run(environment.python, *tests[pipeline.project], cwd=pipeline.source)
