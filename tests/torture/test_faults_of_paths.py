"""Builds in folders of every hard name: the same wheels, or one error before anything is built."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import faults
import pytest
from figures import Figure

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(sys.platform != "linux", reason="names that Windows does not take"),
]

NAMES = {
    "300 characters": "/".join(["nested-folder-of-30-characters"] * 10)[:300],
    "255 in one": "c" * 255,
    "not UTF-8": os.fsdecode(b"a\xffb"),
    "combining": "u\u0308",
    "unicode": "\u00fcn\u00ef-\u65e5\u672c",
    "dash": "-x",
    "tilde": "~",
    **{name: name for name in ("a${b}", "$<1:a>", "a[b]c", "a{b}c", "a(b)", "a<b>", "@b@")},
    **{repr(mark): f"a{mark}b" for mark in " \"'$;%#\n\t\r\\:*?`&|!=,+^"},
}
NOWHERE = {"\n": "a line end", "\r": "a line end", "|": "`|`", "\\": "`\\`"}
IN_REPRODUCIBLE = {**NOWHERE, ";": "`;`", "$<": "`$<`"}
IN_TREES = {**IN_REPRODUCIBLE, '"': '`"`', "${": "`${`", "\udcff": "is not UTF-8"}
REFUSED: dict[str, dict[str, str]] = {
    "project": IN_REPRODUCIBLE,
    "outdir": {},
    "TMPDIR": IN_TREES,
    "build-dir": IN_TREES,
}
"""What no path of a folder may hold, and how it is called."""
BUILDS: dict[str, Callable[[Path, Path], list[str | Path]]] = {
    "build": lambda out, project: faults.cli(
        *("build", "--no-isolation", "--wheel", "-o", out, project)
    ),
    "hooks": lambda out, project: faults.frontend("--wheel", "-Cvariants=all", "-o", out, project),
    "plain": lambda out, project: faults.frontend("--wheel", "-o", out, project),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return faults.make_project(tmp_path_factory.mktemp("faults") / "project")


@pytest.fixture(scope="module")
def whole(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return faults.undisturbed(
        lambda out: BUILDS["build"](out, project), tmp_path_factory.mktemp("whole")
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("where", ["project", "outdir", "TMPDIR", "build-dir"])
def test_a_hard_name(
    name: str,
    where: str,
    project: Path,
    whole: dict[str, bytes],
    tmp_path: Path,
    figure: Figure,
) -> None:
    if where == "build-dir" and "{" in NAMES[name]:
        pytest.skip("braces in build-dir are scikit-build-core's fields")
    hard = tmp_path / "hard" / NAMES[name]
    troubles = [shown for part, shown in REFUSED[where].items() if part in NAMES[name]]
    for build, command in BUILDS.items():
        base = tmp_path / build
        folders = {"project": base / "project", "outdir": base / "out", "TMPDIR": base / "tmp"}
        folders[where] = hard / build
        source = faults.copied(project, folders["project"])
        for folder in (folders["outdir"], folders["TMPDIR"]):
            folder.mkdir(parents=True)
        settings = [f"-Cbuild-dir={folders[where]}/"] if where == "build-dir" else []
        arguments = [*command(folders["outdir"], source), *settings]
        ended = faults.run(arguments, folders["TMPDIR"])
        made = faults.content(folders["outdir"])
        if troubles:
            faults.check_refused(ended)
            assert any(f"{trouble} is in the path, and" in ended.said for trouble in troubles) or (
                troubles == ["is not UTF-8"] and troubles[0] in ended.said
            ), ended.said
            assert "Configuring" not in ended.said, ended.said
            assert made == {}
        else:
            assert ended.status == 0, ended.said
            expected = {file: whole[file] for file in made}
            assert made == expected
            assert len(made) == (1 if build == "plain" else len(whole))
        faults.check_nothing_left(folders["TMPDIR"])
    figure("refused" if troubles else "built")
