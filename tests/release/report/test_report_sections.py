"""The text of each section of a report, as Markdown shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tiny_wheels import x86_64_metadata

from wheelnext_build.release.choices import choices
from wheelnext_build.release.platforms import Build
from wheelnext_build.release.report import html, markdown
from wheelnext_build.release.report.audited import Audited, Remark
from wheelnext_build.release.report.contents import ReleaseReport, ReportedRelease, ReportedWheel
from wheelnext_build.release.report.layout import make_page
from wheelnext_build.wheels.name import WheelName

LINUX = "manylinux_2_28_x86_64"
TIMES = "\N{MULTIPLICATION SIGN}"
ERROR, NOTE = Remark("error", "needs v4"), Remark("note", "no rule")


def audited(need: str, *remarks: Remark) -> Audited:
    return Audited(ERROR not in remarks, "a promise", (need,), (), 1, remarks)


def wheel(tag: str, size: int, audit: Audited, seconds: float | None = None) -> ReportedWheel:
    name = WheelName.parse(f"pkg-1.0-{tag}.whl")
    return ReportedWheel(
        name.filename, Build.of(name), name.label, size, seconds=seconds, audit=audit
    )


def sections(release: ReportedRelease) -> dict[str, str]:
    """Return the sections of a release by title; the text before them has the title ''."""
    page = markdown.render(make_page(ReleaseReport((release,), (), (), is_audited=True)))
    head, *rest = page.replace(TIMES, "x").partition("## pkg 1.0\n\n")[2].split("\n### ")
    parts = (part.partition("\n\n") for part in rest)
    return {"": head.strip(), **{title: text.strip() for title, _, text in parts}}


@pytest.fixture
def release() -> ReportedRelease:
    """Two interpreters on Linux with v3, one of which fails the audit, and one on Windows."""
    wheels = (
        wheel(f"cp39-cp39-{LINUX}", 1000, audited("x86_64 v1"), 2.25),
        wheel(f"cp39-cp39-{LINUX}-v3", 2000, audited("x86_64 v4", ERROR, NOTE), 1.0),
        wheel(f"cp312-cp312-{LINUX}", 1000, audited("x86_64 v1")),
        wheel(f"cp312-cp312-{LINUX}-v3", 1500, audited("x86_64 v3", NOTE)),
        wheel("cp39-cp39-win_amd64", 500, audited("x86_64 v1")),
    )
    names = [WheelName.parse(item.file) for item in wheels]
    chosen, without = choices(names, x86_64_metadata("v3", "v3"))
    properties = {"v3": ("x86_64 :: level :: v3",)}
    labels = (None, "v3")
    return ReportedRelease("pkg", "1.0", "current", labels, properties, wheels, (), chosen, without)


def test_the_head_counts_the_release(release: ReportedRelease) -> None:
    assert sections(release)[""] == (
        "❌ **1 wheel breaks its promise**\n\n"
        "5 wheels (6.0 kB), 1 variant, 2 interpreters, 2 platforms, 3.2 s to build."
    )


def test_a_valid_release_without_times(release: ReportedRelease) -> None:
    plain = tuple(replace(item, seconds=None) for item in release.wheels if not item.label)
    found = sections(replace(release, wheels=plain, labels=(None,), properties={}))
    assert found[""] == (
        "✅ **All wheels valid; audit passed**\n\n"
        "3 wheels (2.5 kB), 0 variants, 2 interpreters, 2 platforms."
    )
    assert "Sizes" not in found
    assert found["Audit"] == "3 of 3 wheels passed the audit; 3 binary files read."
    assert "| File | Size | xplain | Code needs | State |" in found["Files"]


def test_the_matrix_has_sizes_and_states(release: ReportedRelease) -> None:
    assert sections(release)["Wheels"] == (
        "**manylinux\\_x86\\_64**\n\n"
        "| Python | `plain` | `v3` |\n"
        "| --- | --- | --- |\n"
        "| `cp39` | **1.0 kB** ✅ audit passed x86\\_64 v1 "
        "| **2.0 kB** x2.00 ❌ audit failed x86\\_64 v4 |\n"
        "| `cp312` | **1.0 kB** ✅ audit passed x86\\_64 v1 "
        "| **1.5 kB** x1.50 ✅ audit passed x86\\_64 v3 |\n\n"
        "**win\\_amd64**\n\n"
        "| Python | `plain` |\n"
        "| --- | --- |\n"
        "| `cp39` | **500 B** ✅ audit passed x86\\_64 v1 |"
    )


def test_machines_are_grouped_by_system_and_gpu(release: ReportedRelease) -> None:
    text = sections(release)["Wheels by machine"]
    captions = [line for line in text.splitlines() if line.startswith("**")]
    assert captions == [
        "**Linux, x86-64**",
        "**Linux, x86-64, NVIDIA GPU**",
        "**Windows, x86-64**",
        "**Windows, x86-64, NVIDIA GPU**",
    ]
    for row in (
        "| Nehalem server (2009) | x86-64-v2 | `plain` | not v3: needs x86\\_64 :: level :: v3 |",
        "| Haswell laptop (2013) | x86-64-v3 | `v3` | x86\\_64 :: level :: v3 |",
        "| Haswell to Raptor Lake PC | x86-64-v3 | `plain` | no variant for it |",
    ):
        assert row in text.splitlines()
    assert text.endswith(
        "everywhere.\n\nNo wheel for: Linux, Arm; macOS, Apple silicon; macOS, Intel; Windows, Arm."
    )


def test_a_release_for_all_systems_has_no_list_of_others(release: ReportedRelease) -> None:
    text = sections(replace(release, without=()))["Wheels by machine"]
    assert text.endswith("everywhere.")


def test_wheels_for_any_platform_are_mentioned_in_the_matrix(release: ReportedRelease) -> None:
    pure = wheel("py3-none-any", 100, audited("nothing"))
    wheels = (*(item for item in release.wheels if item.label), pure)
    text = sections(replace(release, wheels=wheels))["Wheels"]
    assert text.count("| see the wheel for any platform |") == 2


def test_the_null_variant_is_preferred_last(release: ReportedRelease) -> None:
    labels = (None, "null", "v3")
    rows = sections(replace(release, labels=labels))["Labels"].splitlines()[4:]
    assert rows == [
        "| `v3` | x86\\_64 :: level :: v3 |",
        "| `null` | none: fits every machine |",
        "| `plain` | if no variant fits, and for installers that do not support variants |",
    ]


def test_charts_of_sizes_have_one_scale(release: ReportedRelease) -> None:
    head = "| Label | Comparison | Size |\n| --- | --- | --- |\n"
    assert sections(release)["Sizes"] == (
        f"**cp39-manylinux\\_x86\\_64**\n\n{head}"
        f"| `plain` | {'█' * 10} | 1.0 kB |\n"
        f"| `v3` | {'█' * 20} | 2.0 kB x2.00 |\n\n"
        "<details><summary>1 more build</summary>\n\n"
        f"**cp312-manylinux\\_x86\\_64**\n\n{head}"
        f"| `plain` | {'█' * 10} | 1.0 kB |\n"
        f"| `v3` | {'█' * 15} | 1.5 kB x1.50 |\n\n"
        "</details>"
    )


def test_bars_have_a_description(release: ReportedRelease) -> None:
    page = html.render(make_page(ReleaseReport((release,), (), (), is_audited=True)))
    assert page.count("<svg") == 4
    assert page.count("<title>1.0 kB</title>") == 2
    assert "<title>times the plain wheel: 1.50</title>" in page
    assert '<rect width="75.00" height="10" class="variant"/>' in page
    assert '<rect width="50.00" height="10" class="plain"/>' in page


def test_errors_of_the_audit_come_before_folded_notes(release: ReportedRelease) -> None:
    assert sections(release)["Audit"] == (
        "4 of 5 wheels passed the audit; 5 binary files read.\n\n"
        f"`pkg-1.0-cp39-cp39-{LINUX}-v3.whl`:\n\n"
        "- ❌ error: needs v4\n\n"
        "<details><summary>1 note</summary>\n\n"
        f"`pkg-1.0-cp39-cp39-{LINUX}-v3.whl`, `pkg-1.0-cp312-cp312-{LINUX}-v3.whl`:\n\n"
        "- ⚠️ note: no rule\n\n"
        "</details>"
    )


def test_files_have_all_columns(release: ReportedRelease) -> None:
    lines = sections(release)["Files"].splitlines()
    assert lines[0] == "<details><summary>All 5 files</summary>"
    assert lines[4] == "| File | Size | xplain | Build time | Code needs | State |"
    assert lines[7] == (
        f"| `pkg-1.0-cp39-cp39-{LINUX}-v3.whl` | 2.0 kB | x2.00 | 1.0 s | x86\\_64 v4 "
        "| ❌ audit failed |"
    )
    assert lines[8] == (
        f"| `pkg-1.0-cp312-cp312-{LINUX}.whl` | 1.0 kB |  |  | x86\\_64 v1 | ✅ audit passed |"
    )


@pytest.mark.parametrize(("count", "opened"), [(12, 1), (13, 0)])
def test_long_lists_of_files_are_folded(count: int, opened: int, release: ReportedRelease) -> None:
    plain = release.wheels[0]
    wheels = tuple(replace(plain, file=f"{number}.whl") for number in range(count))
    page = make_page(ReleaseReport((replace(release, wheels=wheels),), (), (), is_audited=False))
    assert html.render(page).count('<details open="open">') == opened
