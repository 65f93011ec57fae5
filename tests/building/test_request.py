"""Config settings: what a frontend may hand over, and which wheels it asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from wheelnext_build.building.request import Request, check_installable, installer
from wheelnext_build.config.build_target import BuildTarget
from wheelnext_build.config.config import Config, parse
from wheelnext_build.config.hook_settings import Settings
from wheelnext_build.errors import RequestError

CONFIG = parse(
    tomllib.loads(
        """
        [[tool.wheelnext-build.matrix]]
        axes.x86_64.level = ["v2", "v3", "v4"]
        [[tool.wheelnext-build.matrix]]
        axes.aarch64.version = ["8.2a"]
        [[tool.wheelnext-build.matrix]]
        axes.nvidia.sm_arch = ["90_real"]
        when = "sys_platform == 'win32'"
        """
    )
)
WITH_NULL = parse(
    tomllib.loads(
        "[variant.variants.null]\n[[tool.wheelnext-build.matrix]]\naxes.x86_64.level = ['v3']"
    )
)
TARGET = BuildTarget("x86_64", {"sys_platform": "linux"})


def chosen(config: Config, settings: Settings) -> list[str]:
    return [item.variant.label for item in Request.parse(settings).choose(config, TARGET)]


@pytest.mark.parametrize(
    "settings",
    [
        None,
        {},
        {"cmake.args": "-G Ninja", "wheel.cmake": "true"},
        {"variant-name": "scikit-build-core's own", "null-variant": "true", "build-dir": "x"},
    ],
)
def test_without_our_settings_the_plain_wheel_is_wanted(settings: Settings | None) -> None:
    request = Request.parse(settings)
    assert not request.wants_variants
    assert not request.carriers
    assert request.settings == (settings or {})


def test_what_is_not_ours_goes_to_scikit_build_core_untouched() -> None:
    settings: dict[str, str | list[str]] = {
        "variant-label": ["a", "b"],
        "variants": "all",
        "variant-filename": "carrier",
        "cmake.define.variant": "x",
        "build-dir": ["one", "two"],
    }
    before = dict(settings)
    request = Request.parse(settings)
    assert settings == before
    assert request == Request(
        ("a", "b"), True, True, {"cmake.define.variant": "x", "build-dir": ["one", "two"]}
    )


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("x86_64_v3", ["x86_64_v3"]),
        (["x86_64_v4", "x86_64_v2", "x86_64_v4"], ["x86_64_v2", "x86_64_v4"]),
        ("x86_64_v{2,3}", ["x86_64_v2", "x86_64_v3"]),
        ("x86_64_v2,x86_64_v3", ["x86_64_v2", "x86_64_v3"]),
        ("x86_64_v{2,3}, x86_64_v4", ["x86_64_v2", "x86_64_v3", "x86_64_v4"]),
        (["*4", "x86_64_v?"], ["x86_64_v2", "x86_64_v3", "x86_64_v4"]),
        ("null", ["null"]),
        (["null", "x86_64_v3"], ["x86_64_v3", "null"]),
        ("*", ["x86_64_v2", "x86_64_v3", "x86_64_v4"]),
    ],
)
def test_labels_and_globs_choose_variants_in_their_order(
    label: str | list[str], expected: list[str]
) -> None:
    assert chosen(CONFIG, {"variant-label": label}) == expected


def test_variants_of_the_standard_table_are_chosen_by_their_labels() -> None:
    table = "[variant.variants.{}]\nx86_64.level = ['{}']\n"
    config = parse(tomllib.loads(table.format("fast", "v3") + table.format("faster", "v4")))
    assert chosen(config, {"variant-label": "fast"}) == ["fast"]
    assert chosen(config, {"variant-label": ["null", "faster"]}) == ["faster", "null"]


def test_all_variants_are_those_of_this_target_with_null_where_it_is_declared() -> None:
    request = Request.parse({"variants": "all"})
    assert request.wants_variants
    assert request.all_variants
    assert chosen(CONFIG, {"variants": "all"}) == ["x86_64_v2", "x86_64_v3", "x86_64_v4"]
    assert chosen(CONFIG, {"variants": ["all", "all"], "variant-label": "null"}) == [
        "x86_64_v2",
        "x86_64_v3",
        "x86_64_v4",
        "null",
    ]
    assert chosen(WITH_NULL, {"variants": "all"}) == ["null", "x86_64_v3"]
    other = BuildTarget("riscv64", {"sys_platform": "linux"})
    assert request.choose(CONFIG, other) == ()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param(
            {"variant-label": "x86_64_v5"},
            "-C variant-label=x86_64_v5 matches no variant; did you mean 'x86_64_v4'?; labels for "
            "this build: x86_64_v2, x86_64_v3, x86_64_v4",
        ),
        pytest.param(
            {"variant-label": "cuda*"},
            "-C variant-label=cuda* matches no variant; labels for this build: x86_64_v2",
        ),
        pytest.param(
            {"variant-label": ["x86_64_v3", "zzz"]},
            "-C variant-label=zzz matches no variant; labels for this build: x86_64_v2",
        ),
        pytest.param(
            {"variant-label": "aarch64_8.2a"},
            "variant 'aarch64_8.2a' is not for this build: it is for aarch64, the build is for "
            "x86_64",
        ),
        pytest.param(
            {"variant-label": "sm90"},
            "variant 'sm90' is not for this build: its condition does not hold for this build: "
            'sys_platform == "win32"',
        ),
    ],
)
def test_a_label_that_matches_nothing_lists_those_that_there_are(
    settings: Settings, message: str
) -> None:
    with pytest.raises(RequestError, match=re.escape(message)):
        chosen(CONFIG, settings)


def test_a_project_without_variants_says_how_to_declare_them() -> None:
    for settings in ({"variants": "all"}, {"variant-label": "x"}, {"variant-label": "null"}):
        with pytest.raises(RequestError, match=r"declares no variants: add \[\[tool\.wheelnext"):
            chosen(parse({}), settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"variant-label": ""}, "-C variant-label= needs a label, or a glob such as 'x86_64_*'"),
        ({"variant-label": ["a", ""]}, "-C variant-label= needs a label"),
        ({"variants": "none"}, "-C variants=none: the only value is 'all'; choose single variants"),
        ({"variants": ["all", "x86_64_v3"]}, "-C variants=x86_64_v3: the only value is 'all'"),
        ({"variant-filename": "short"}, "-C variant-filename=short: must be 'label' or 'carrier'"),
        ({"variant-filename": ["label", "carrier"]}, "must be 'label' or 'carrier'"),
        ({"variant_label": "a"}, "-C variant_label: did you mean -C variant-label?"),
        ({"variant-labels": "a"}, "-C variant-labels: did you mean 'variant-label'?"),
        ({"variant-lable": "a"}, "-C variant-lable: did you mean 'variant-label'?"),
        ({"variants-all": ""}, "-C variants-all: did you mean 'variants'?"),
        ({"variant-label": "a,,b"}, "-C variant-label= needs a label"),
        ({"Variants": "all"}, "-C Variants: did you mean -C variants?"),
        ({"variant.filename": "x"}, "-C variant.filename: did you mean -C variant-filename?"),
    ],
)
def test_a_mistaken_setting_is_explained(settings: Settings, message: str) -> None:
    with pytest.raises(RequestError, match=re.escape(message)):
        Request.parse(settings)


# Who asks


def test_pip_is_known_by_its_build_tracker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_BUILD_TRACKER", raising=False)
    assert installer() is None
    monkeypatch.setenv("PIP_BUILD_TRACKER", "/tmp/pip-build-tracker")  # noqa: S108
    assert installer() == "pip"


@pytest.mark.parametrize(
    ("folder", "tagged", "client"),
    [
        ("cache/sdists-v9/editable/abc", True, "uv"),
        ("cache/builds-v0/.tmpXYZ", True, "uv"),
        ("cache/sdists-v9/editable/abc", False, None),
        ("cache/archive/abc", True, None),
        ("project/dist", True, None),
    ],
)
def test_uv_is_known_by_its_cache(
    tmp_path: Path, folder: str, tagged: bool, client: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_BUILD_TRACKER", raising=False)
    (tmp_path / folder).mkdir(parents=True)
    if tagged:
        (tmp_path / folder.partition("/")[0] / "CACHEDIR.TAG").touch()
    assert installer(str(tmp_path / folder)) == client


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"variant-label": "x86_64_v3"}, None),
        ({"variant-label": "x86_64_v{2,3}"}, "2 are asked for (x86_64_v2, x86_64_v3): name one"),
        (
            {"variants": "all"},
            "4 are asked for (the plain one, x86_64_v2, x86_64_v3, x86_64_v4): name one of them",
        ),
    ],
)
def test_an_installer_takes_one_wheel(settings: Settings, message: str | None) -> None:
    request = Request.parse(settings)
    variants = request.choose(CONFIG, TARGET)
    if message is None:
        check_installable(variants, request, "pip")
        return
    for client, command in (("pip", "pip install"), ("uv", "uv pip install")):
        with pytest.raises(RequestError) as info:
            check_installable(variants, request, client)  # type: ignore[arg-type]
        assert str(info.value).startswith(f"{command} takes one wheel, but {message}")
