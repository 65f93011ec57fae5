"""The report of a release: the gathered values, the pages, and the command."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
from packaging.tags import Tag
from tiny_wheels import NVIDIA, X86_64, write_variant, write_wheel, x86_64_metadata

from wheelnext_build.cli.main import main
from wheelnext_build.config.audit_settings import AuditConfig
from wheelnext_build.errors import RequestError
from wheelnext_build.release.choices import Choice
from wheelnext_build.release.index.variants_json import write_index
from wheelnext_build.release.machines import DRIVERS, MACHINES
from wheelnext_build.release.report import html, markdown
from wheelnext_build.release.report.contents import ReleaseReport, ReportedRelease
from wheelnext_build.release.report.gather import gather
from wheelnext_build.release.report.layout import make_page
from wheelnext_build.release.select import select
from wheelnext_build.variants.metadata import VariantMetadata
from wheelnext_build.variants.variant import Variant

LINUX = "manylinux_2_28_x86_64"
VOID = {"meta", "rect"}


def tag(python: str, platform: str = LINUX) -> str:
    return f"{python}-{python}-{platform}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A release for two interpreters, each with a plain wheel, v2 and v3."""
    dist = tmp_path / "dist"
    dist.mkdir()
    for python in ("cp39", "cp312"):
        write_wheel(dist, f"sample-1.0-{tag(python)}.whl")
        for level in ("v2", "v3"):
            write_variant(dist, level, level, tag=tag(python))
    write_index(dist)
    return dist


def only(report: ReleaseReport) -> ReportedRelease:
    (release,) = report.releases
    return release


def gets(release: ReportedRelease) -> dict[str, str]:
    """Return the label that each machine gets; ' | ' separates those of interpreters."""

    def said(choice: Choice) -> str:
        return " | ".join(item.label or (item.file and "plain") for item in choice.taken)

    return {choice.machine.name: said(choice) for choice in release.choices}


# The gathered values


def test_rows_and_columns_are_sorted(folder: Path) -> None:
    write_variant(folder, "null", tag=tag("cp312"))
    write_variant(folder, "v10", "v1", tag=tag("cp312"))
    release = only(gather(folder))
    assert [str(build) for build in release.builds] == [
        "cp39-manylinux_x86_64",
        "cp312-manylinux_x86_64",
    ]
    # Labels are sorted by the level that they need, not by name.
    assert release.labels == (None, "null", "v3", "v2", "v10")


def test_properties_of_a_label_come_from_the_wheels(folder: Path) -> None:
    release = only(gather(folder))
    assert release.properties["v3"] == ("x86_64 :: level :: v3",)
    assert release.is_sound
    assert release.index == "current"


def test_a_missing_wheel_is_marked(folder: Path) -> None:
    (folder / f"sample-1.0-{tag('cp39')}-v3.whl").unlink()
    release = only(gather(folder))
    old, new = release.builds
    assert release.missing(old) == ("v3",)
    assert not release.missing(new)
    assert "</span> missing</span>" in html.render(make_page(gather(folder)))
    assert "⚠️ missing |" in markdown.render(make_page(gather(folder)))


def test_a_label_of_another_platform_is_not_missing(folder: Path) -> None:
    write_wheel(folder, f"sample-1.0-{tag('cp312', 'win_amd64')}.whl")
    release = only(gather(folder))
    assert [release.missing(build) for build in release.builds] == [()] * 3
    assert release.labels_on("win_amd64") == (None,)
    assert "missing" not in markdown.render(make_page(gather(folder)))


def test_a_build_without_its_plain_wheel_lacks_one(folder: Path) -> None:
    (folder / f"sample-1.0-{tag('cp39')}.whl").unlink()
    release = only(gather(folder))
    assert release.missing(release.builds[0]) == (None,)
    assert "they find no wheel for cp39" in html.render(make_page(gather(folder)))
    write_wheel(folder, "sample-1.0-py3-none-any.whl")
    release = only(gather(folder))
    assert [release.missing(build) for build in release.builds] == [()] * 3


def test_sizes_are_compared_with_the_plain_wheel_of_the_build(folder: Path) -> None:
    release = only(gather(folder))
    assert len(release.wheels) == 6
    for wheel in release.wheels:
        (plain,) = release.cell(wheel.build, None)
        assert release.ratio(wheel) == wheel.size / plain.size


def test_a_missing_variants_json_is_reported(folder: Path) -> None:
    (folder / "sample-1.0-variants.json").unlink()
    report = gather(folder)
    assert report.is_sound
    assert gets(only(report))["Haswell laptop (2013)"] == "v3"
    assert "There is no variants.json" in html.render(make_page(report))


# The wheels that machines get


def test_each_processor_gets_its_level(folder: Path) -> None:
    for python in ("cp39", "cp312"):
        write_variant(folder, "v4", "v4", tag=tag(python))
    found = gets(only(gather(folder)))
    assert found["Core 2 desktop (2008)"] == "plain"
    assert found["Nehalem server (2009)"] == "v2"
    assert found["Haswell laptop (2013)"] == "v3"
    assert found["AMD Zen 4 server"] == "v4"
    assert found["Sapphire Rapids, H100"] == "v4"
    assert "Raspberry Pi 4" not in found


def test_each_gpu_gets_its_architecture(tmp_path: Path) -> None:
    gpus = {
        "cu12_sm80": {"cuda_version_lower_bound": ["12.0"], "sm_arch": ["80_real"]},
        "cu13_sm90": {"cuda_version_lower_bound": ["13.0"], "sm_arch": ["90_real"]},
    }
    variants = [Variant.from_mapping(label, {"nvidia": item}) for label, item in gpus.items()]
    variants.append(Variant.from_mapping("v3", {"x86_64": {"level": ["v3"]}}))
    providers = {"nvidia": NVIDIA, "x86_64": X86_64}
    metadata = VariantMetadata(("nvidia", "x86_64"), providers, tuple(variants))
    for variant in variants:
        name = f"sample-1.0-{tag('cp312')}-{variant.label}.whl"
        write_wheel(tmp_path, name, metadata.only(variant))
    release = only(gather(tmp_path))
    assert release.labels == (None, "cu13_sm90", "cu12_sm80", "v3")
    found = gets(release)
    assert found["AMD Zen 4, A100"] == "cu12_sm80"
    assert found["AMD Zen 4, L4 or RTX 4090"] == "cu12_sm80"
    assert found["Sapphire Rapids, H100"] == "cu13_sm90"
    assert found["Cascade Lake, T4"] == "v3"
    assert "not cu12_sm80: needs nvidia :: sm_arch :: 80_real" in html.render(
        make_page(gather(tmp_path))
    )
    assert found["Nehalem server (2009)"] == ""


def test_machines_get_what_select_says(folder: Path) -> None:
    for python in ("cp39", "cp312"):
        write_variant(folder, "null", tag=tag(python))
        write_variant(folder, "v4", "v4", tag=tag(python))
    write_index(folder)
    release = only(gather(folder))
    assert len(release.choices) > 10
    for choice in release.choices:
        (selection,) = select(folder, choice.machine.host, [Tag("cp312", "cp312", LINUX)])
        assert selection.chosen
        assert [item.label for item in choice.taken] == [selection.chosen.name.label]


def test_interpreters_that_get_different_wheels_are_listed_apart(folder: Path) -> None:
    (folder / f"sample-1.0-{tag('cp39')}-v3.whl").unlink()
    release = only(gather(folder))
    (choice,) = (item for item in release.choices if item.machine.name == "AMD Zen 4 server")
    assert [(item.label, item.interpreters) for item in choice.taken] == [
        ("v2", ("cp39",)),
        ("v3", ("cp312",)),
    ]
    assert "`v2` (cp39)<br>`v3` (cp312)" in markdown.render(make_page(gather(folder)))


@pytest.mark.parametrize(
    ("platforms", "machine"),
    [
        (("win_amd64",), "AMD Zen 4 PC"),
        (("macosx_11_0_arm64",), "Apple M1 to M4"),
        (("macosx_10_9_universal2",), "Apple M1 to M4"),
        (("musllinux_1_2_aarch64",), "AWS Graviton 3"),
        (("linux_aarch64",), "AWS Graviton 3"),
        (("manylinux2014_aarch64.manylinux_2_17_aarch64",), "AWS Graviton 3"),
    ],
)
def test_wheels_fit_the_machines_of_their_platform(
    platforms: tuple[str], machine: str, tmp_path: Path
) -> None:
    for platform in platforms:
        write_wheel(tmp_path, f"sample-1.0-{tag('cp312', platform)}.whl")
    release = only(gather(tmp_path))
    assert gets(release)[machine] == "plain"
    assert "Linux, x86-64" in release.without


def test_a_later_interpreter_gets_stable_abi_wheels(tmp_path: Path) -> None:
    write_wheel(tmp_path, f"sample-1.0-cp311-abi3-{LINUX}.whl")
    write_wheel(tmp_path, f"sample-1.0-{tag('cp313')}.whl")
    for label in ("v2", "v3"):
        write_variant(tmp_path, label, label, tag=f"cp311-abi3-{LINUX}")
    assert gets(only(gather(tmp_path)))["AMD Zen 4 server"] == "v3"


def test_wheels_for_any_python_are_for_all_machines(tmp_path: Path) -> None:
    write_wheel(tmp_path, "sample-1.0-py2.py3-none-any.whl")
    release = only(gather(tmp_path))
    assert set(gets(release).values()) == {"plain"}
    assert len(release.choices) == len(MACHINES)
    assert not release.without


def test_cuda_versions_of_machines_are_those_of_their_drivers() -> None:
    for machine in MACHINES:
        assert (machine.driver is None) == (machine.host.cuda is None) == (machine.host.sm is None)
        if machine.driver is not None:
            assert machine.host.cuda == DRIVERS[machine.driver]
    assert len({machine.name for machine in MACHINES}) == len(MACHINES)


# Problems


def test_a_carrier_is_a_problem_in_the_column_of_its_label(folder: Path) -> None:
    name = f"sample-1.0-0v4-{tag('cp312')}.whl"
    write_wheel(folder, name, x86_64_metadata("v4", "v4"))
    report = gather(folder)
    release = only(report)
    assert not report.is_sound
    assert "is a carrier of the variant 'v4'" in release.problems[0]
    assert [wheel.file for wheel in release.cell(release.builds[1], "v4")] == [name]


def test_damaged_wheels_are_reported_beside_the_others(folder: Path) -> None:
    bad = folder / f"sample-1.0-{tag('cp312')}-v3.whl"
    bad.write_bytes(bad.read_bytes()[:-30])
    changed = folder / f"sample-1.0-{tag('cp39')}-v3.whl"
    content = changed.read_bytes()
    changed.write_bytes(content.replace(changed.name.encode(), b"x" * len(changed.name), 1))
    report = gather(folder, AuditConfig())
    release = only(report)
    assert not report.is_sound
    assert any(bad.name in problem for problem in release.problems)
    assert any(changed.name in problem for problem in release.problems)
    assert {wheel.file for wheel in release.wheels if wheel.damage} == {bad.name, changed.name}
    assert str(folder) not in html.render(make_page(report))


def test_a_contradiction_leaves_the_plain_wheel(folder: Path) -> None:
    (folder / f"sample-1.0-{tag('cp39')}-v3.whl").unlink()
    write_variant(folder, "v3", "v4", tag=tag("cp39"))
    release = only(gather(folder))
    assert any("disagree" in problem for problem in release.problems)
    assert set(gets(release).values()) == {"plain"}


def test_a_folder_named_variants_json_is_a_problem(folder: Path) -> None:
    path = folder / "sample-1.0-variants.json"
    path.unlink()
    path.mkdir()
    assert only(gather(folder)).problems


def test_markup_in_file_names_is_escaped(folder: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("no such names there")
    name = "<script>alert(1)<|script>`a`|\n[x](http:x) \u202e\udcff www.x.y http:||z.whl"
    (folder / name).write_bytes(b"")
    report = gather(folder)
    assert not report.is_sound
    page = html.render(make_page(report))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    text = markdown.render(make_page(report))
    assert "\\<script\\>" in text
    assert "\\[x\\](" in text
    assert "www\\.x" in text
    for written in (page, text):
        assert "\u202e" not in written
        written.encode()


def test_markup_in_member_names_is_escaped(folder: Path) -> None:
    path = write_wheel(folder, f"sample-1.0-{tag('cp313')}.whl")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x<td><script>|`.txt", b"")
    page = html.render(make_page(gather(folder)))
    assert "x&lt;td&gt;&lt;script&gt;|`.txt is not in RECORD" in page


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x86_64_v3", "`x86_64_v3`"),
        ("a|b", "`a\\|b`"),
        ("a`b``c", "``` a`b``c ```"),
        ("a\nb", "`a b`"),
    ],
)
def test_code_spans_can_contain_any_text(text: str, expected: str) -> None:
    assert markdown.code(text) == expected


# The pages


class Page(HTMLParser):
    """Records the elements of a page; fails if they are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), self.open[-1] if self.open else ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), self.open[-1]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes, _ in self.found if name in names]


def test_the_page_is_well_formed_and_accessible(folder: Path) -> None:
    page = Page(html.render(make_page(gather(folder, AuditConfig()))))
    assert page.all("html") == [{"lang": "en"}]
    parents = [parent for name, _, parent in page.found if name == "caption"]
    assert len(parents) == len(page.all("table")) > 3
    assert {attributes.get("scope") for attributes in page.all("th")} == {"col", "row"}
    assert [name for name, _, parent in page.found if parent == "svg"].count("title") == len(
        page.all("svg")
    )
    levels = [int(name[1]) for name, _, _ in page.found if name in ("h1", "h2", "h3")]
    assert levels[:3] == [1, 2, 3]
    assert levels.count(1) == 1


def test_the_page_loads_nothing(folder: Path) -> None:
    text = html.render(make_page(gather(folder)))
    page = Page(text)
    assert not page.all("script", "link", "img", "iframe", "object", "base", "a")
    assert not any({"src", "href", "style"} & set(attributes) for _, attributes, _ in page.found)
    assert "://" not in text
    assert "url(" not in text
    (policy,) = (item for item in page.all("meta") if "http-equiv" in item)
    assert (policy["content"] or "").startswith("default-src 'none'")


def test_the_same_release_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(folder, copy)
    for render in (html.render, markdown.render):
        first, second = (make_page(gather(path, AuditConfig())) for path in (folder, copy))
        assert render(first) == render(second)


def test_tables_in_markdown_have_as_many_cells_in_each_row(folder: Path) -> None:
    blocks = markdown.render(make_page(gather(folder))).split("\n\n")
    tables = [block.splitlines() for block in blocks if block.startswith("|")]
    # The matrix, choices without and with a GPU, labels, sizes of two builds, files.
    assert len(tables) == 7
    for lines in tables:
        assert len({line.replace("\\|", "").count("|") for line in lines}) == 1


def test_a_missing_audit_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lief", None)
    report = gather(folder, AuditConfig())
    assert report.is_sound
    assert not report.is_audited
    for page in (html.render(make_page(report)), markdown.render(make_page(report))):
        assert "wheelnext-build[audit]" in page.replace("\\", "")
        assert "not audited" in page


def test_a_failed_audit_is_reported(folder: Path) -> None:
    pytest.importorskip("lief")
    release = only(gather(folder, AuditConfig()))
    # The labels promise levels, but these wheels contain no code.
    assert not release.is_sound
    assert not release.problems
    page = html.render(make_page(gather(folder, AuditConfig())))
    assert "4 wheels break their promises" in page
    assert "no machine code in it" in page


# The command


def test_report_command(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, text = tmp_path / "report.html", tmp_path / "report.md"
    arguments = ["report", str(folder), "--no-audit"]
    assert main([*arguments, "--html", str(page), "--markdown", str(text)]) == 0
    assert capsys.readouterr().out == ""
    assert page.read_bytes().startswith(b"<!DOCTYPE html>")
    assert main(arguments) == 0
    assert capsys.readouterr().out == text.read_text("utf-8")
    assert main([*arguments, "--markdown", "-"]) == 0
    assert capsys.readouterr().out == text.read_text("utf-8")
    assert main([*arguments, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["sound"] is True
    assert answer["releases"][0]["labels"] == [None, "v3", "v2"]


def test_times_come_from_the_build(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    times = tmp_path / "times.json"
    name = f"sample-1.0-{tag('cp312')}.whl"
    times.write_text(json.dumps([{"file": f"/elsewhere/{name}", "seconds": 2.25}]))
    assert main(["report", str(folder), "--no-audit", "--times", str(times)]) == 0
    assert "2.2 s" in capsys.readouterr().out
    for content in ("{}", "[1]", "", '[{"file": "x"}]', '{"file": 1}'):
        times.write_text(content)
        assert main(["report", str(folder), "--no-audit", "--times", str(times)]) == 2


def test_status_of_the_command(folder: Path, tmp_path: Path) -> None:
    arguments = ["report", str(folder), "--no-audit"]
    assert main([*arguments, "--json", "--markdown", "-"]) == 2
    assert main(["report", str(tmp_path / "nowhere")]) == 2
    assert main(["report", str(tmp_path)]) == 2
    assert main([*arguments, "--html", str(tmp_path / "no" / "folder.html")]) == 2
    (folder / "odd.whl").write_bytes(b"")
    assert main(arguments) == 1


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no wheel here"):
        gather(tmp_path)
