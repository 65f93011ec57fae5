"""Files that are damaged, or made to harm: an error that names the file, and the audit goes on."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from from_pypi import fetched
from hostile_binaries import BINARIES
from tiny_elf import tiny_elf
from zips import write_zip

from wheelnext_build.audit.files import audit
from wheelnext_build.audit.promise import promise_of
from wheelnext_build.audit.verdict import Verdict
from wheelnext_build.audit.wheels import audit_wheel, audit_wheels
from wheelnext_build.errors import WheelError
from wheelnext_build.wheels.name import WheelName
from wheelnext_build.wheels.record import record_row

pytestmark = pytest.mark.audit

SOURCE = "int twice(int x) { return 2 * x; } double half(double x) { return x / 2; }\n"
MUTANTS = 250
"""So many of each kind of file. A search for more: see docs/audit.md."""


def wheel_of(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "hostile-1.0-py3-none-any.whl"
    info = "hostile-1.0.dist-info"
    members = {**files, f"{info}/METADATA": b"Name: hostile\n", f"{info}/WHEEL": b""}
    rows = [",".join(record_row(name, data)) for name, data in members.items()]
    members[f"{info}/RECORD"] = ("\n".join([*rows, f"{info}/RECORD,,"]) + "\n").encode()
    # Whatever the time, the same bytes: what a damaged byte does depends on those around it.
    with path.open("wb") as stream:
        write_zip(stream, members)
    return path


def elf(folder: Path, *options: str) -> bytes:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    source, target = folder / "seed.c", folder / "seed.out"
    source.write_text(SOURCE)
    subprocess.run([compiler, *options, str(source), "-o", str(target)], check=True)
    return target.read_bytes()


def shared_library(folder: Path) -> bytes:
    return elf(folder, "-shared", "-fPIC", "-g0")


def archive(folder: Path) -> bytes:
    (folder / "seed.o").write_bytes(elf(folder, "-c"))
    subprocess.run(["ar", "rcs", folder / "seed.a", folder / "seed.o"], check=True)
    return (folder / "seed.a").read_bytes()


def from_index(platform: str, folder: Path) -> bytes:
    """The extension module of a small wheel for another platform."""
    wheel = fetched("markupsafe==3.0.3", folder, platform, python="3.12")
    with zipfile.ZipFile(wheel) as opened:
        (name,) = (name for name in opened.namelist() if name.endswith((".so", ".pyd")))
        return opened.read(name)


def portable_executable(folder: Path) -> bytes:
    return from_index("win_amd64", folder)


def mach_o(folder: Path) -> bytes:
    return from_index("macosx_11_0_arm64", folder)


def mutants(seed: bytes, count: int) -> list[bytes]:
    """Copies with some bytes changed, mostly in the headers, cut short, or with parts doubled."""
    chance = random.Random(seed[:64])  # noqa: S311
    results = []
    for number in range(count):
        data = bytearray(seed)
        for _ in range(chance.choice((1, 2, 4, 16, 64))):
            limit = len(data) if number % 3 == 0 else min(len(data), 0x400)
            place = chance.randrange(limit)
            data[place] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        if number % 7 == 0:
            del data[chance.randrange(8, len(data)) :]
        if number % 11 == 0:
            start = chance.randrange(len(data))
            data[start:start] = data[start : start + chance.randrange(1, 4096)]
        results.append(bytes(data[:8] if len(data) < 8 else seed[:8] + data[8:]))
    return results


def audited(path: Path) -> Verdict:
    (verdict,) = audit_wheels([path])
    return verdict


@pytest.mark.parametrize("make", [shared_library, archive, portable_executable, mach_o])
def test_damaged_files_never_end_the_audit(make: Callable[[Path], bytes], tmp_path: Path) -> None:
    names = {"portable_executable": "pyd"}
    suffix = names.get(make.__name__, "so")
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    damaged = mutants(make(seeds), MUTANTS)
    files = {f"hostile/m{number}.{suffix}": data for number, data in enumerate(damaged)}
    start = time.monotonic()
    verdict = audited(wheel_of(tmp_path, files))
    took = time.monotonic() - start
    paths = {found.path.partition("(")[0].partition(" ")[0] for found in verdict.binaries}
    errors = [found for found in verdict.binaries if found.error]
    crashes = [found for found in errors if "crashed" in found.error]
    print(f"{make.__name__}: {len(errors)} errors, {len(crashes)} crashes, {took:.1f} s")
    assert paths == files.keys()
    assert took < 120


def test_a_damaged_wheel_is_an_error_that_names_it(tmp_path: Path) -> None:
    sound = wheel_of(tmp_path, {"hostile/m.so": shared_library(tmp_path)}).read_bytes()
    path = tmp_path / "hostile-1.0-py3-none-any.whl"
    promise = promise_of(WheelName.parse(path.name), None)
    refused = 0
    for data in (sound, *mutants(sound, MUTANTS - 1)):
        path.write_bytes(data)
        try:
            audit_wheel(path, promise, jobs=1)
        except WheelError as error:
            refused += 1
            assert path.name in str(error)  # noqa: PT017
    assert 0 < refused < MUTANTS


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    verdict = audited(wheel_of(tmp_path, {"hostile/bomb.so": b"\x7fELF" + b"\0" * (1 << 27)}))
    (finding,) = verdict.errors
    assert finding.path == "hostile/bomb.so"
    assert "not unpacked" in finding.text


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"MZ", b"!<arch>\n" + b"x" * 70, b"nothing"])
def test_what_is_no_binary_behind_a_binarys_name(content: bytes, tmp_path: Path) -> None:
    verdict = audited(wheel_of(tmp_path, {"hostile/one.pyd": content}))
    assert [finding.path for finding in verdict.errors] == ["hostile/one.pyd"] * bool(content)


@pytest.mark.parametrize("kind", BINARIES)
def test_what_is_made_to_keep_the_audit_busy_does_not(kind: str) -> None:
    data = BINARIES[kind]()
    start = time.process_time()
    found = audit("hostile.so", data)
    assert time.process_time() - start < 15
    assert found
    if kind in ("sections that overlap", "bundles"):
        assert [item.error for item in found if item.error]


def test_thousands_of_files_are_read_from_a_wheel_that_is_opened_once(tmp_path: Path) -> None:
    path = wheel_of(tmp_path, {f"hostile/{number}.so": b"x" for number in range(2000)})
    start = time.monotonic()
    verdict = audited(path)
    assert time.monotonic() - start < 20
    assert len(verdict.errors) == 2000


@pytest.fixture
def in_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that has each new Python process run some lines first."""

    def write(lines: str) -> None:
        (tmp_path / "sitecustomize.py").write_text(lines)
        paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))

    return write


def test_files_that_crash_are_not_all_tried(
    tmp_path: Path, in_workers: Callable[[str], None]
) -> None:
    in_workers(
        "import os\nfrom wheelnext_build.audit import files\nfiles.audit = lambda *_: os._exit(1)\n"
    )
    members = {f"hostile/{number}.so": b"x" for number in range(100)}
    errors = audited(wheel_of(tmp_path, members)).errors
    assert {finding.path for finding in errors} == members.keys()
    assert Counter(finding.text.partition(",")[0] for finding in errors) == {
        "reading it crashed": 10,
        "not read": 90,
    }


@pytest.mark.skipif(sys.platform == "win32", reason="alarms are POSIX's")
def test_a_file_that_takes_too_long_is_left(
    tmp_path: Path, in_workers: Callable[[str], None]
) -> None:
    """With a second for each file, and a reader that never ends, in the worker's processes."""
    in_workers(
        "import signal, time\n"
        "from wheelnext_build.audit import files\n"
        "alarm = signal.alarm\n"
        "signal.alarm = lambda seconds: alarm(min(seconds, 1))\n"
        "files.audit = lambda *_: time.sleep(600)\n"
    )
    start = time.monotonic()
    verdict = audited(wheel_of(tmp_path, {"hostile/m.so": tiny_elf(b"\xc3")}))
    assert time.monotonic() - start < 60
    assert [(finding.path, "took too much time" in finding.text) for finding in verdict.errors] == [
        ("hostile/m.so", True)
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="address space has bounds on Linux")
def test_a_limit_of_memory_that_others_set_is_kept(tmp_path: Path) -> None:
    path = wheel_of(tmp_path, {"hostile/m.so": tiny_elf(b"\xc3")})
    command = f"{sys.executable} -m wheelnext_build audit {path}"
    run = subprocess.run(
        ["sh", "-c", f"ulimit -v 4194304; exec {command}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "holds" in run.stdout
