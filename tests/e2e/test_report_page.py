"""The report's page in a real browser: it fits on a phone and a desktop, without console errors."""

from __future__ import annotations

import html
import shutil
import sys
from pathlib import Path

import pytest
from clients import Run

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from tiny_wheels import write_variant, write_wheel

from wheelnext_build.release.index.variants_json import write_index
from wheelnext_build.release.report.gather import gather
from wheelnext_build.release.report.html import render
from wheelnext_build.release.report.layout import make_page

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), "")

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not BROWSER, reason="needs chromium"),
]

PHONE, DESK = 360, 1280
MEASURE = """
<script>
  const frame = document.querySelector("iframe");
  addEventListener("load", () => {
    const inside = frame.contentDocument;
    inside.querySelectorAll("details").forEach((folded) => { folded.open = true; });
    const root = inside.documentElement;
    document.body.dataset.overflow = root.scrollWidth - root.clientWidth;
    document.body.dataset.dark =
      frame.contentWindow.matchMedia("(prefers-color-scheme: dark)").matches;
    document.body.dataset.tables = inside.querySelectorAll("table").length;
  });
</script>
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page of a release with many columns, long names and every kind of problem."""
    folder = tmp_path_factory.mktemp("dist")
    labels = {"v2": "v2", "v3": "v3", "v4": "v4", "a_label_that_goes_on_and_on_for_long": "v1"}
    for python in ("cp311", "cp312", "cp313t"):
        for platform in ("manylinux_2_28_x86_64", "win_amd64"):
            tag = f"{python}-{python}-{platform}"
            write_wheel(folder, f"sample_of_long_names-1.0-{tag}.whl")
            for label, level in labels.items():
                write_variant(folder, label, level, release="sample_of_long_names-1.0", tag=tag)
    write_index(folder)
    for path in folder.glob("*-cp313t-win_amd64-v*.whl"):
        path.unlink()
    (folder / "sample_of_long_names-1.0-cp312-cp312-win_amd64-v4.whl").write_bytes(b"no zip")
    (folder / f"{'x' * 120}<b>.whl").write_bytes(b"")
    path = folder.parent / "report.html"
    path.write_text(render(make_page(gather(folder))), encoding="utf-8")
    return path


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_page_fits(width: int, dark: bool, page: Path, tmp_path: Path, run: Run) -> None:
    # In a frame, because a browser's window cannot be as narrow as a phone.
    frame = f'<iframe width="{width}" height="3000" srcdoc="{html.escape(page.read_text())}">'
    wrapper = tmp_path / "wrapper.html"
    wrapper.write_text(f"<!DOCTYPE html><body>{frame}</iframe>{MEASURE}", encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'own'}"]
    options += ["--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr"]
    options += ["--blink-settings=preferredColorScheme=0"] if dark else []
    options += [f"--window-size={max(width, 500) + 40},3000"]
    result = run(BROWSER, *options, "--virtual-time-budget=2000", "--dump-dom", wrapper.as_uri())
    body = result.stdout.partition("<body")[2].partition(">")[0]
    assert 'data-overflow="0"' in body
    assert 'data-tables="0"' not in body
    assert f'data-dark="{str(dark).lower()}"' in body
    assert "CONSOLE" not in result.stderr
    picture = tmp_path / "page.png"
    run(BROWSER, *options, f"--screenshot={picture}", wrapper.as_uri())
    assert picture.stat().st_size > 10_000
