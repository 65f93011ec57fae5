"""``repair`` with small fake tools; tests/e2e has the real ones."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny_wheels import x86_64_metadata
from zips import DIST_INFO, NAME, wheel

from wheelnext_build.cli.main import main
from wheelnext_build.errors import WheelError
from wheelnext_build.release.one_build import VARIANTS_FOLDER
from wheelnext_build.release.repair import repair
from wheelnext_build.wheels.description import record_problems, variant_of
from wheelnext_build.wheels.reader import WheelReader
from wheelnext_build.wheels.stamp import stamp

V3, V4 = (x86_64_metadata(f"x86_64_{level}", level) for level in ("v3", "v4"))
PLAIN = "pkg-1.0-py3-none-manylinux_2_28_x86_64.whl"
LABELLED = "pkg-1.0-py3-none-manylinux_2_28_x86_64-x86_64_v3.whl"
CARRIER = "pkg-1.0-0x86_64_v3-py3-none-manylinux_2_28_x86_64.whl"
MODE_OFF = "[tool.wheelnext-build.audit]\nmode = 'off'\n"

TOOL = """
import pathlib, shutil, sys
folder, wheel = map(pathlib.Path, sys.argv[1:3])
target = folder / wheel.name.replace("-any.whl", "-manylinux_2_28_x86_64.whl")
shutil.copyfile(wheel, target)
{after}
"""


@pytest.fixture(autouse=True)
def no_cibuildwheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (VARIANTS_FOLDER, "CIBUILDWHEEL", "CIBUILDWHEEL_BUILD_IDENTIFIER"):
        monkeypatch.delenv(name, raising=False)
    # These wheels contain no code; tests/e2e audits real ones.
    (tmp_path / "pyproject.toml").write_text(MODE_OFF)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Create a folder with the wheels of one build; return the plain one."""
    folder = tmp_path / "built"
    folder.mkdir()
    plain = wheel(folder)
    for metadata in (V3, V4):
        stamp(plain, folder, metadata)
    return plain


def repaired(source: Path, *options: str, after: str = "", status: int = 0) -> list[str]:
    """Repair into ``dest``; return the paths of the files there and in ``variants``."""
    script = Path("tool.py")
    script.write_text(TOOL.format(after=after))
    tool = [sys.executable, str(script), "dest", str(source)]
    assert main(["repair", *options, str(source), "dest", "--", *tool]) == status
    found = [*Path("dest").glob("*"), *Path("variants").glob("*")]
    return sorted(map(str, found))


def test_any_wheel_of_a_build_repairs_all_of_them(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIANTS_FOLDER, "variants")
    expected = [f"dest/{PLAIN}", f"variants/{LABELLED}", f"variants/{LABELLED}".replace("v3", "v4")]
    for source in sorted(built.parent.iterdir()):
        assert repaired(source) == expected
    with WheelReader(Path(expected[1])) as reader:
        assert variant_of(reader) == (V3, *V3.variants)
        assert record_problems(reader) == []


def test_by_default_labelled_wheels_are_beside_the_plain_one(built: Path) -> None:
    assert len(repaired(built)) == 3


def test_labelled_wheels_go_to_the_given_folder(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repaired(built, "--json", "--variants", "variants")
    entries = json.loads(capsys.readouterr().out)
    assert [entry["label"] for entry in entries] == ["x86_64_v3", "x86_64_v4", None]
    assert entries[-1]["wheel"] == f"dest/{PLAIN}"


def test_a_single_carrier_stays_a_carrier(tmp_path: Path) -> None:
    plain = wheel(tmp_path)
    folder = tmp_path / "built"
    folder.mkdir()
    carrier = stamp(plain, folder, V3, carrier=True)
    assert repaired(carrier) == [f"dest/{CARRIER}"]


def test_wheels_of_other_builds_are_not_repaired(built: Path) -> None:
    other = built.with_name("pkg-1.0-cp313-cp313-any.whl")
    other.write_bytes(built.read_bytes())
    assert len(repaired(built)) == 3


def test_cibuildwheel_outside_containers_needs_a_folder(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CIBUILDWHEEL", "1")
    monkeypatch.setenv("CIBUILDWHEEL_BUILD_IDENTIFIER", "cp311-macosx_arm64")
    assert repaired(built, status=2) == []
    assert f"set {VARIANTS_FOLDER}" in capsys.readouterr().err


LOSE = f"""
import zipfile
with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(target, "w") as new:
    for name in old.namelist():
        if name != "{DIST_INFO}/variant.json":
            new.writestr(name, old.read(name))
"""


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("sys.exit(3)", "ended with status 3"),
        ("target.unlink()", "must make one wheel; it made none"),
        ("shutil.copyfile(wheel, folder / 'a-1-py3-none-any.whl')", "it made a-1-py3-none-any.whl"),
        (LOSE, "is damaged after the repair of x86_64_v3"),
        ("target.rename(folder / 'pkg-1.0-py3-none-x.whl')", "lost the build tag"),
    ],
)
def test_a_failing_tool_publishes_nothing(
    fault: str, said: str, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert repaired(built, after=fault, status=1) == []
    assert said in capsys.readouterr().err


def test_a_failed_audit_publishes_nothing(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").unlink()
    assert repaired(built, status=1) == []
    assert "x86_64_v3: the repaired wheel breaks the promise" in capsys.readouterr().err


def test_a_write_error_leaves_no_wheel(
    built: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = repair.publish

    def publish(wheel: Path, folder: Path, filename: str) -> Path:
        if filename == PLAIN:
            raise WheelError(f"{folder / filename}: cannot be written: No space left on device")
        return real(wheel, folder, filename)

    monkeypatch.setattr(repair, "publish", publish)
    assert repaired(built, status=2) == []
    assert "No space left" in capsys.readouterr().err


def test_several_wheels_need_one_plain_wheel(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    built.unlink()
    (source, _) = sorted(built.parent.iterdir())
    assert repaired(source, status=2) == []
    assert "exactly one must be plain" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere-1.0-py3-none-any.whl", "dest"], "no such file"),
        ([f"built/{NAME}", "dest", "--", "nosuchtool", "dest", f"built/{NAME}"], "cannot be run"),
        ([f"built/{NAME}", "dest", "--", "tool", f"built/{NAME}"], "must have DEST"),
    ],
)
def test_mistakes(
    arguments: list[str], said: str, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["repair", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_an_output_folder_that_cibuildwheel_no_longer_collects(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The folder has a labelled wheel of an earlier build, but not its plain wheel.
    monkeypatch.setattr("wheelnext_build.release.one_build.CONTAINER_OUTPUT", Path("output"))
    monkeypatch.setenv("CIBUILDWHEEL", "1")
    monkeypatch.setenv("CIBUILDWHEEL_BUILD_IDENTIFIER", "cp312-manylinux_x86_64")
    Path("output").mkdir()
    earlier = "pkg-1.0-cp311-cp311-manylinux_2_28_x86_64"
    Path("output", f"{earlier}-x86_64_v3.whl").touch()
    assert repaired(built, status=2) == []
    assert "cibuildwheel does not collect wheels there" in capsys.readouterr().err
    Path("output", f"{earlier}.whl").touch()
    assert repaired(built) == [f"dest/{PLAIN}"]
    assert len(list(Path("output").iterdir())) == 4


SLOW_COPY = """
import os, time
data = target.read_bytes()
with target.open("wb") as stream:
    for start in range(0, len(data), 64):
        stream.write(data[start:start + 64])
        stream.flush()
        time.sleep(0.02)
"""


@pytest.mark.skipif(os.name == "nt", reason="sends signals")
@pytest.mark.parametrize(
    ("number", "wheel", "counts"),
    [
        (signal.SIGTERM, "temporary/**/*.whl", {0}),
        (signal.SIGKILL, "temporary/**/*.whl", {0}),
        (signal.SIGTERM, "dest/*.whl", {0, 3}),
        (signal.SIGKILL, "dest/*.whl", {1, 2, 3}),
    ],
)
def test_an_interrupted_repair_leaves_only_whole_wheels(
    number: signal.Signals, wheel: str, counts: set[int], built: Path, tmp_path: Path
) -> None:
    """The signal comes when the first such wheel exists: while the tool writes, or we publish."""
    script, temporary = Path("tool.py"), tmp_path / "temporary"
    temporary.mkdir()
    script.write_text(TOOL.format(after=SLOW_COPY))
    tool = [sys.executable, str(script), "dest", str(built)]
    command = [sys.executable, "-m", "wheelnext_build", "repair", str(built), "dest", "--", *tool]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not list(tmp_path.glob(wheel)):
            time.sleep(0.001)
        process.send_signal(number)
    there = list(Path("dest").glob("*.whl"))
    assert len(there) in counts
    for path in there:
        with WheelReader(path) as reader:
            assert record_problems(reader) == []
    if number == signal.SIGTERM:
        assert list(temporary.iterdir()) == []
