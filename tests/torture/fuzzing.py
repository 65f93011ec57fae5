"""Gives one of fuzz_targets.py to libFuzzer: fuzzing.py TARGET FOLDER [-runs=10000 ...].

A process for each: libFuzzer never returns, and coverage is counted in modules that are imported
for the first time. FOLDER gets the seeds, the words, files of the cases, and the case that fails.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from pathlib import Path

import atheris

COUNTED = ["wheelnext_build", "packaging", "tarfile", "tomllib", "zipfile"]
"""What is written in Python and reads files, or does so for this project."""

OPTIONS = ["-len_control=0", "-rss_limit_mb=1024", "-timeout=10", "-seed=1"]
"""Long cases from the beginning; up to 1 GiB of memory and 10 seconds for each; the same cases
each time, as far as what is installed is the same."""


def main(name: str, folder: Path, *options: str) -> None:
    """Try cases until the options say that there were enough, or one fails."""
    corpus, work = folder / "corpus", folder / "work"
    for path in (corpus, work):
        path.mkdir(parents=True, exist_ok=True)
    with atheris.instrument_imports(include=COUNTED):
        from fuzz_targets import TARGETS

        target = TARGETS[name]
        for number, seed in enumerate(target.seeds(work)):
            (corpus / f"seed{number}").write_bytes(seed)
            target.check(seed, work)  # some modules are imported when they are needed
    given = [f"-artifact_prefix={folder}/", f"-max_len={target.longest}"]
    if target.words:
        (folder / "words").write_text(dictionary(target.words))
        given.append(f"-dict={folder / 'words'}")
    arguments = [sys.argv[0], *given, *OPTIONS, *options, str(corpus)]
    warnings.simplefilter("error")
    atheris.Setup(arguments, lambda case: target.check(case, work))
    atheris.Fuzz()


def dictionary(words: Iterable[bytes]) -> str:
    """The words as libFuzzer reads them; they have up to 64 bytes."""
    escaped = ("".join(f"\\x{byte:02x}" for byte in word[:64]) for word in words if word)
    return "".join(f'"{word}"\n' for word in escaped)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
