"""What coverage-guided fuzzing gives bytes to: parsers, each with its first cases.

The checks are those of the generated tests, whose seeds and words these are, too.
"""

from __future__ import annotations

import copy
import gzip
import io
import json
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path += [str(Path(__file__).parents[1] / folder) for folder in ("support", "audit")]

import parsers
import test_config_fuzz as config
import test_generated_binaries as binaries
import test_migrate as migrations
import test_parsers_fuzz as texts
from hostile_wheels import INFO, NAME, SOUND, VARIANT_JSON, written
from ninja_files import LOG
from tiny_wheels import write_sdist
from zips import record

from wheelnext_build.audit.formats.binary import Function
from wheelnext_build.building.trees.ninja_state import Deps, append_deps
from wheelnext_build.errors import WheelnextBuildError
from wheelnext_build.migration.edit import migrate

LONGEST = 8192


@dataclass(frozen=True)
class Target:
    """A parser: ``check`` gets a case and a folder for files, ``seeds`` are made in one.

    ``words`` are what the format is made of. Cases have up to ``longest`` bytes.
    """

    check: Callable[[bytes, Path], None]
    seeds: Callable[[Path], Sequence[bytes]]
    words: Sequence[bytes] = field(default=())
    longest: int = LONGEST


class Dice(random.Random):
    """Chance that the bytes of a case decide, so that what it leads to can be sought.

    With it the changes to tables that the generated tests make are guided. Behind the end of the
    bytes it gives zeros.
    """

    def __init__(self, case: bytes) -> None:
        self._bytes = io.BytesIO(case)
        super().__init__(0)

    def getrandbits(self, k: int) -> int:
        return int.from_bytes(self._bytes.read((k + 7) // 8)) & ((1 << k) - 1)

    def random(self) -> float:
        return self.getrandbits(32) / (1 << 32)


def _encoded(pieces: Sequence[str]) -> list[bytes]:
    return [piece.encode("utf-8", "surrogatepass") for piece in pieces]


def _text(check: Callable[[str], None], *seeds: str, words: Sequence[str]) -> Target:
    def run(case: bytes, _: Path) -> None:
        check(case.decode("utf-8", "surrogateescape"))

    return Target(run, lambda _: _encoded(seeds), _encoded(words), 1024)


def _file(
    check: Callable[[Path], None],
    name: str,
    seeds: Callable[[Path], Sequence[bytes]],
    words: Sequence[bytes] = (),
) -> Target:
    def run(case: bytes, folder: Path) -> None:
        (folder / name).write_bytes(case)
        check(folder / name)

    return Target(run, seeds, words)


def _diced(check: Callable[[Dice, Path], None]) -> Target:
    seeds = [random.Random(number).randbytes(64) for number in range(16)]  # noqa: S311
    return Target(lambda case, folder: check(Dice(case), folder), lambda _: seeds, longest=512)


def _binary(name: str) -> Target:
    seeds = binaries.SEEDS[name]
    longest = max(LONGEST, *map(len, seeds))
    return Target(lambda case, _: binaries.check_file(name, case), lambda _: seeds, longest=longest)


def _record(case: bytes, folder: Path) -> None:
    parsers.wheel(written(folder, rows=case))


def _variant_json(case: bytes, folder: Path) -> None:
    parsers.wheel(written(folder, {**SOUND, f"{INFO}/variant.json": case}))


def _sdist(case: bytes, folder: Path) -> None:
    """A tar file, which is compressed here, since no mutation keeps a checksum; or as it is."""
    path = folder / "pkg-1.0.tar.gz"
    path.write_bytes(case if case.startswith(b"\x1f\x8b") else gzip.compress(case, 1))
    parsers.sdist(path)


def _sdists(folder: Path) -> list[bytes]:
    packed = write_sdist(folder, "pkg-1.0").read_bytes()
    return [packed, gzip.decompress(packed)[:LONGEST]]


def _wheels(folder: Path) -> list[bytes]:
    """The smallest ones: deflated, stored, with folders."""
    files = {name: data[:64] for name, data in SOUND.items() if not name.endswith(".json")}
    files[f"{INFO}/variant.json"] = VARIANT_JSON

    def stored(info: Any) -> None:
        info.compress_type = 0

    return [
        written(folder, files).read_bytes(),
        written(folder, files, stored).read_bytes(),
        written(folder, {"pkg/": b"", **files}).read_bytes(),
    ]


def _metadata_tables(dice: Dice, _: Path) -> None:
    document = copy.deepcopy(dice.choice(texts.DOCUMENTS))
    for _ in range(dice.randint(1, 6)):
        texts.change(document, dice)
    parsers.metadata(json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _projects(_: Path) -> list[bytes]:
    """Those of the tests' packages, and what no change of some bytes leads to."""
    return [*(text.encode() for text in config.TEXTS), b"a=" + b"[" * 3000, b"a=" + b"9" * 5000]


def _migrated(case: bytes, _: Path) -> None:
    """A pyproject.toml that may be switched to this backend."""
    text = case.decode("utf-8", "replace")
    with parsers.read_or_refused(WheelnextBuildError):
        migrate(text, [{"x86_64": {"level": ["v3"]}}]).diff()


def _migrations(_: Path) -> list[bytes]:
    return [before.encode() for before, _ in migrations.TEXTS.values()]


def _project_tables(dice: Dice, _: Path) -> None:
    document = copy.deepcopy(dice.choice(config.DOCUMENTS))
    for _ in range(dice.randint(1, 6)):
        config.mutate(document, dice)
    config.check_tables(document)


def _index_tables(dice: Dice, folder: Path) -> None:
    document: dict[str, Any] = {"files": [copy.deepcopy(texts.PAGE_ENTRY)]}
    for _ in range(dice.randint(1, 3)):
        texts.change(document, dice)
    (folder / "index.json").write_text(json.dumps(document))
    parsers.index_page(folder / "index.json")


def _ninja_log(path: Path) -> None:
    parsers.ninja_files(path.parent)


def _ninja_deps(folder: Path) -> list[bytes]:
    path = folder / ".ninja_deps"
    path.write_bytes(b"# ninjadeps\n\4\0\0\0")
    append_deps(folder, {"a.o": Deps(1 << 40, ("a.c", "b.h")), "b.o": Deps(5, ("b.c", "b.h"))})
    return [path.read_bytes()]


def _code(machine: str, seed: bytes) -> Target:
    def run(case: bytes, _: Path) -> None:
        """Code behind up to four functions, whose starts and ends are a byte each."""
        bounds, code = case[:8], case[8:]
        pairs = zip(bounds[::2], bounds[1::2], strict=False)
        functions = [Function(start, end, "f" if start % 2 else "") for start, end in pairs]
        binaries.check_code(machine, code, functions)

    return Target(run, lambda _: [bytes(8) + seed, bytes((0, 10, 8, 20)) * 2 + seed * 4])


def _tables(case: bytes, _: Path) -> None:
    binaries.check_tables(case[8:], int.from_bytes(case[:8], "little"))


TARGETS = {
    "file names": _text(parsers.file_name, NAME, words=texts.NAME_PIECES),
    "properties": _text(parsers.property_or_label, "x86_64 :: level :: v3", words=["::", "."]),
    "sizes": _text(parsers.size, "1.5 GiB", "100MB", words=["9" * 60, "GB", "e"]),
    "requirements": _text(
        parsers.requirement,
        "numpy[x] >=2 ; python_version > '3' and 'x86_64 :: level' in variant_properties",
        "numpy @ https://a.b/c.whl ; variant_label == 'v3' or 'x86_64' in variant_namespaces",
        words=texts.MARKER_PIECES,
    ),
    "dependencies": _text(parsers.dependency, "a[x]>=1 ; extra == 'x'", words=texts.MARKER_PIECES),
    "METADATA": Target(
        lambda case, folder: parsers.core_metadata(folder, case),
        lambda _: [texts.METADATA],
        texts.METADATA_WORDS,
    ),
    "RECORD": Target(_record, lambda _: [record(SOUND, INFO)], texts.RECORD_WORDS),
    "variant.json": Target(_variant_json, lambda _: [VARIANT_JSON], texts.WORDS),
    "variants.json": _file(
        parsers.variants_json,
        "pkg-1.0-variants.json",
        lambda _: [json.dumps(document).encode() for document in texts.DOCUMENTS],
        texts.WORDS,
    ),
    "metadata tables": _diced(_metadata_tables),
    "wheels": _file(parsers.wheel, NAME, _wheels, [b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\7"]),
    "sdists": Target(_sdist, _sdists, [b"7" * 11, b"\xff" * 12, b"ustar  \0", b"PKG-INFO"]),
    "index pages": _file(
        parsers.index_page,
        "index.json",
        lambda _: [json.dumps({"files": [texts.PAGE_ENTRY]}).encode()],
        texts.WORDS,
    ),
    "index tables": _diced(_index_tables),
    "Ninja's log": _file(_ninja_log, ".ninja_log", lambda _: [LOG.encode()], [b"\t", b"\n"]),
    "Ninja's deps": _file(_ninja_log, ".ninja_deps", _ninja_deps, [b"\4\0\0\x80", b"\xff" * 4]),
    "pyproject.toml": Target(
        lambda case, folder: config.check_file(folder, case),
        _projects,
        [*_encoded(config.KEYS), b"[[", b"]]", b'"""', b"1e9", b"0x", b"1979-05-27T07:32:00Z"],
    ),
    "migrate": Target(
        _migrated, _migrations, [b"requires", b"build-system", b'"""', b"[[", b"= {", b"\r\n"]
    ),
    "project tables": _diced(_project_tables),
    "ELF": _binary("a.so"),
    "PE": _binary("a.pyd"),
    "Mach-O": _binary("a.dylib"),
    "archives": _binary("a.a"),
    "fat binaries": _binary("a.fatbin"),
    "code objects": _binary("a.hsaco"),
    "GPU sections": Target(
        lambda case, _: binaries.check_gpu_code(case),
        lambda _: binaries.GPU_CODE,
    ),
    "x86-64 code": _code("x86_64", binaries.AVX),
    "aarch64 code": _code("aarch64", binaries.NEON),
    "tables for unwinding": Target(_tables, lambda _: [bytes(8) + binaries.TABLES]),
}
