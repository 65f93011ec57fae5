"""Functions that compilers made several times, and what an ELF file says of itself."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from wheelnext_build.audit import files
from wheelnext_build.audit.judge import judge
from wheelnext_build.audit.promise import promise_of
from wheelnext_build.audit.verdict import Found
from wheelnext_build.variants.variant import Property, Variant
from wheelnext_build.wheels.name import WheelName

pytestmark = [
    pytest.mark.audit,
    pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="makes x86-64 code"),
]

NAME = "demo-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"
CLONES = """
#include <stdio.h>
__attribute__((target_clones("default", "avx2", "avx512f")))
int total(const int *x, int n) {
  int t = 0;
  for (int i = 0; i < n; i++) t += x[i] * x[i];
  return t;
}
int main(void) {
  static int x[512];
  for (int i = 0; i < 512; i++) x[i] = i;
  return total(x, 512) == 0;
}
"""
VERSIONS = """
#include <stdio.h>
__attribute__((target("default"))) int total(int n) { return n; }
__attribute__((target("avx2"))) int total(int n) {
  int t = 0; for (int i = 0; i < n; i++) t += i * i ^ n; return t; }
int main() { return total(512) == 0; }
"""
LEAK = """
#include <immintrin.h>
__attribute__((target("avx2"), noinline, used)) int leak(int n) {
  return _mm256_movemask_epi8(_mm256_add_epi32(_mm256_set1_epi32(n), _mm256_set1_epi32(n))); }
"""


def compiled(folder: Path, compiler: str, source: str, *options: str) -> Path:
    if shutil.which(compiler) is None:
        pytest.skip(f"needs {compiler}")
    suffix = ".cpp" if compiler.endswith("++") else ".c"
    (folder / f"program{suffix}").write_text(source)
    command = [compiler, "-O3", *options, f"program{suffix}", "-o", "program"]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "program"


def audited(path: Path) -> Found:
    (found,) = files.audit("program", path.read_bytes())
    assert not found.error
    return found


@pytest.mark.parametrize("strip", [[], ["-s"]], ids=["symbols", "stripped"])
@pytest.mark.parametrize("kind", [["-fPIE", "-pie"], ["-no-pie", "-fno-pie"], ["-static"]])
@pytest.mark.parametrize(
    ("compiler", "source"),
    [("gcc", CLONES), ("clang", CLONES), ("g++", VERSIONS), ("clang++", VERSIONS)],
)
def test_what_a_resolver_chooses_needs_no_rule(
    compiler: str, source: str, kind: list[str], strip: list[str], tmp_path: Path
) -> None:
    found = audited(compiled(tmp_path, compiler, source, *kind, *strip))
    own = {name for name, places in found.survey.needs.items() if places}
    if kind != ["-static"]:  # the C library's functions choose for themselves, in their own ways
        assert not own, found.survey.needs
    assert "AVX2" in found.survey.dispatched


@pytest.mark.parametrize("strip", [[], ["-s"]], ids=["symbols", "stripped"])
def test_a_leak_beside_them_is_found(strip: list[str], tmp_path: Path) -> None:
    found = audited(compiled(tmp_path, "gcc", CLONES + LEAK, *strip))
    assert set(found.survey.needs) >= {"AVX2"}


def test_a_level_that_the_file_itself_asks_for(tmp_path: Path) -> None:
    path = compiled(tmp_path, "gcc", "int main(void) { return 0; }", "-Wl,-z,x86-64-v3")
    found = audited(path)
    assert found.declared == ("v1", "v3")
    (finding,) = judge(NAME, promise_of(WheelName.parse(NAME), None), [found]).errors
    assert "an ELF note says that it needs x86-64-v3" in finding.text
    v3 = Variant("v3", (Property("x86_64", "level", "v3"),))
    assert judge(NAME, promise_of(WheelName.parse(NAME), v3), [found]).holds
