"""The hooks as frontends see them, on a project that needs no compiler."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import scikit_build_core.build
from zips import check_record, walk

import wheelnext_build
from wheelnext_build.variants.merging import merge_metadata
from wheelnext_build.variants.metadata import VariantMetadata
from wheelnext_build.wheels.description import variant_of
from wheelnext_build.wheels.reader import WheelReader

PYPROJECT = """
[build-system]
requires = ["wheelnext-build"]
build-backend = "wheelnext_build"
[project]
name = "pure"
version = "1.0"
[tool.scikit-build]
wheel.cmake = false
wheel.reproducible = true
"""
VARIANTS = """
[variant.providers.openmp]
static-properties = { library = ["gomp", "iomp"] }
[[tool.wheelnext-build.matrix]]
axes.openmp = { library = ["gomp", "iomp"] }
label = "{library}"
[tool.wheelnext-build.properties."openmp :: library :: gomp"]
no-flags = true
[tool.wheelnext-build.properties."openmp :: library :: iomp"]
no-flags = true
"""
MISTAKEN = "[[tool.wheelnext-build.matrix]]\naxis.x86_64.level = ['v3']\ninclude = [{}]\n"
PLAIN_NAME = "pure-1.0-py3-none-any.whl"

HOOKS = [
    "build_wheel",
    "build_editable",
    "build_sdist",
    "get_requires_for_build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
]
PREPARE = ["prepare_metadata_for_build_wheel", "prepare_metadata_for_build_editable"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pure Python project with two variants; the tests run in its folder, as hooks do."""
    for name in ("PIP_BUILD_TRACKER", "SOURCE_DATE_EPOCH", "SKBUILD_BUILD_DIR"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "project"
    (folder / "src" / "pure").mkdir(parents=True)
    (folder / "src" / "pure" / "__init__.py").write_text("ANSWER = 42\n")
    (folder / "pyproject.toml").write_text(PYPROJECT + VARIANTS)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    return tmp_path / "dist"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def loaded(statement: str, folder: Path) -> set[str]:
    """The top-level modules that a statement brings into a fresh interpreter."""
    program = (
        f"import sys; before = set(sys.modules); {statement}; "
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


def test_looking_at_the_hooks_costs_next_to_nothing(tmp_path: Path) -> None:
    modules = loaded("import wheelnext_build; wheelnext_build.build_wheel", tmp_path)
    heavy = {"rich", "tomli_w", "build", "wheel", "scikit_build_core", "packaging", "tomllib"}
    assert "wheelnext_build" in modules
    assert not modules & heavy


def test_no_hook_needs_what_the_command_line_needs(tmp_path: Path) -> None:
    statement = (
        "import wheelnext_build.backend, wheelnext_build.building.build, "
        "wheelnext_build.config.config, wheelnext_build.wheels.stamp"
    )
    modules = loaded(statement, tmp_path)
    assert "scikit_build_core" in modules
    assert not modules & {"rich", "tomli_w", "build", "wheel"}


@pytest.mark.parametrize("failed", [False, True])
def test_metadata_is_prepared_where_scikit_build_core_can(tmp_path: Path, failed: bool) -> None:
    """Its overrides may build another wheel after a failure, whose metadata nobody knows before."""
    override = "[[tool.scikit-build.overrides]]\nif.failed = true\nwheel.cmake = false\n"
    (tmp_path / "pyproject.toml").write_text(PYPROJECT + (override if failed else ""))
    program = (
        "import json, wheelnext_build, scikit_build_core.build as theirs; "
        f"print(json.dumps([[hasattr(m, n) for n in {[*HOOKS, *PREPARE]!r}] "
        "for m in (wheelnext_build, theirs)]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    ours, theirs = json.loads(result.stdout)
    assert ours == theirs == [True] * len(HOOKS) + [not failed] * len(PREPARE)


def test_what_is_no_hook_is_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'build_variant'"):
        _ = wheelnext_build.build_variant


# Without our settings: scikit-build-core, and nothing else


@pytest.mark.parametrize("hook", ["build_wheel", "build_editable"])
def test_the_plain_wheel_is_the_one_of_scikit_build_core(
    project: Path, dist: Path, tmp_path: Path, hook: str
) -> None:
    theirs = tmp_path / "theirs"
    assert getattr(wheelnext_build, hook)(str(dist)) == PLAIN_NAME
    assert getattr(scikit_build_core.build, hook)(str(theirs)) == PLAIN_NAME
    assert names(dist) == names(theirs) == [PLAIN_NAME]
    assert (dist / PLAIN_NAME).read_bytes() == (theirs / PLAIN_NAME).read_bytes()


@pytest.mark.parametrize("settings", [None, {}, {"wheel.py-api": "cp311"}])
def test_requirements_are_those_of_scikit_build_core(
    project: Path, settings: dict[str, str | list[str]] | None
) -> None:
    for name in HOOKS[3:]:
        ours = getattr(wheelnext_build, name)(settings)
        assert ours == getattr(scikit_build_core.build, name)(settings)


def test_mistaken_variants_do_not_keep_the_plain_wheel_from_being_built(
    project: Path, dist: Path
) -> None:
    (project / "pyproject.toml").write_text(PYPROJECT + MISTAKEN)
    assert wheelnext_build.build_wheel(str(dist), {}) == PLAIN_NAME


def test_an_sdist_is_the_same_for_all_variants(project: Path, dist: Path) -> None:
    plain = wheelnext_build.build_sdist(str(dist / "plain"))
    asked = wheelnext_build.build_sdist(str(dist / "asked"), {"variants": "all"})
    with (
        tarfile.open(dist / "plain" / plain) as one,
        tarfile.open(dist / "asked" / asked) as other,
    ):
        assert one.getnames() == other.getnames()


# With them


def test_all_variants_come_with_the_plain_wheel_from_one_call(project: Path, dist: Path) -> None:
    assert wheelnext_build.build_wheel(str(dist), {"variants": "all"}) == PLAIN_NAME
    assert names(dist) == [
        "pure-1.0-py3-none-any-gomp.whl",
        "pure-1.0-py3-none-any-iomp.whl",
        PLAIN_NAME,
    ]
    plain = walk(dist / PLAIN_NAME)
    described = []
    for path in sorted(dist.glob("*omp.whl")):
        entries = walk(path)
        check_record(entries, "pure-1.0.dist-info")
        assert entries[: len(plain) - 1] == plain[:-1]
        with WheelReader(path) as reader:
            found = variant_of(reader)
        assert found is not None
        described.append((path.name, found[0]))
    merged = merge_metadata(described)
    assert [variant.label for variant in merged.variants] == ["gomp", "iomp"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"variant-label": "iomp"}, ["pure-1.0-py3-none-any-iomp.whl"]),
        ({"variant-label": "null"}, ["pure-1.0-py3-none-any-null.whl"]),
        (
            {"variant-label": ["iomp", "gomp"]},
            ["pure-1.0-py3-none-any-gomp.whl", "pure-1.0-py3-none-any-iomp.whl"],
        ),
        (
            {"variant-label": "*", "variant-filename": "carrier"},
            ["pure-1.0-0gomp-py3-none-any.whl", "pure-1.0-0iomp-py3-none-any.whl"],
        ),
    ],
)
def test_single_variants_come_alone(
    project: Path, dist: Path, settings: dict[str, str | list[str]], expected: list[str]
) -> None:
    assert wheelnext_build.build_wheel(str(dist), settings) == expected[0]
    assert names(dist) == expected


def test_pip_gets_a_name_that_it_accepts(
    project: Path, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_BUILD_TRACKER", "/somewhere")
    name = wheelnext_build.build_wheel(str(dist), {"variant-label": "gomp"})
    assert name == "pure-1.0-0gomp-py3-none-any.whl"


def test_prepared_metadata_is_that_of_the_variant(project: Path, dist: Path) -> None:
    (prepared := dist.parent / "prepared").mkdir()
    settings: dict[str, str | list[str]] = {"variant-label": "gomp"}
    folder = wheelnext_build.prepare_metadata_for_build_wheel(str(prepared), settings)
    assert folder == "pure-1.0.dist-info"
    data = (prepared / folder / "variant.json").read_bytes()
    assert [variant.label for variant in VariantMetadata.from_json(data).variants] == ["gomp"]
    name = wheelnext_build.build_wheel(str(dist), settings, str(prepared / folder))
    assert name == "pure-1.0-py3-none-any-gomp.whl"


def test_the_environment_is_left_as_it_was(project: Path, dist: Path) -> None:
    before = dict(os.environ)
    wheelnext_build.build_wheel(str(dist), {"variants": "all"})
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("table", "settings", "message"),
    [
        pytest.param(
            MISTAKEN,
            {"variants": "all"},
            "*** wheelnext-build error: pyproject.toml has 2 mistakes in its variants:\n"
            "  - tool.wheelnext-build.matrix[0].axis: unknown key\n    did you mean 'axes'?\n",
        ),
        (VARIANTS, {"variant-label": "gopm"}, "matches no variant; did you mean 'gomp'?"),
        (VARIANTS, {"variant_label": "gomp"}, "-C variant_label: did you mean -C variant-label?"),
        ("", {"variants": "all"}, "pyproject.toml declares no variants: add"),
    ],
)
def test_a_mistake_ends_the_build_without_a_traceback(
    project: Path,
    table: str,
    settings: dict[str, str | list[str]],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (project / "pyproject.toml").write_text(PYPROJECT + table)
    for hook in (
        wheelnext_build.get_requires_for_build_wheel,
        lambda settings: wheelnext_build.build_wheel(str(project / "dist"), settings),
    ):
        with pytest.raises(SystemExit) as info:
            hook(settings)
        assert info.value.code == 2
        assert message in capsys.readouterr().err
    assert names(project) == ["pyproject.toml", "src"]
