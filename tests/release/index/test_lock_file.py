"""pylock.toml for releases with variants; packaging's reader checks what it can read."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tiny_wheels import write_variant, write_wheel, x86_64_metadata

from wheelnext_build.cli.main import main

Run = Callable[..., "subprocess.CompletedProcess[str]"]

SCHEMA = Path(__file__).parents[2] / "schemas" / "variant-850-v0.2.0.json"
PYTHON = "Metadata-Version: 2.1\nName: sample\nVersion: 1.0\nRequires-Python: >=3.8\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    dist = tmp_path / "dist"
    dist.mkdir()
    metadata = {"METADATA": PYTHON.encode()}
    write_wheel(dist, "sample-1.0-py3-none-any.whl", files=metadata)
    write_wheel(dist, "sample-1.0-py3-none-any-v3.whl", x86_64_metadata("v3", "v3"), metadata)
    write_wheel(dist, "sample-1.0-py3-none-any-null.whl", x86_64_metadata("null"), metadata)
    return dist


def lock(folder: Path) -> dict[str, Any]:
    path = folder.parent / "pylock.toml"
    assert main(["index", str(folder), "--pylock", str(path)]) == 0
    return tomllib.loads(path.read_text())


def test_package_entry_of_a_release(folder: Path) -> None:
    content = lock(folder)
    assert content["lock-version"] == "1.0"
    (package,) = content["packages"]
    assert (package["name"], package["version"]) == ("sample", "1.0")
    assert package["requires-python"] == ">=3.8"
    assert len(package["wheels"]) == 3
    for wheel in package["wheels"]:
        path = folder.parent / wheel["path"]
        assert wheel["name"] == path.name
        assert wheel["size"] == path.stat().st_size
        assert wheel["hashes"] == {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def test_the_lock_file_has_all_of_variants_json(folder: Path) -> None:
    (package,) = lock(folder)["packages"]
    jsonschema.validate(package["variants-json"], json.loads(SCHEMA.read_text()))
    assert package["variants-json"] == json.loads((folder / "sample-1.0-variants.json").read_text())


def test_packaging_rejects_only_labelled_names(folder: Path) -> None:
    pylock = pytest.importorskip("packaging.pylock")
    content = lock(folder)
    with pytest.raises(pylock.PylockValidationError, match="Invalid wheel filename"):
        pylock.Pylock.from_dict(content)  # if it accepts labels one day, change docs/cli.md
    (package,) = content["packages"]
    plain = [wheel for wheel in package["wheels"] if wheel["name"].count("-") == 4]
    content["packages"] = [{**package, "wheels": plain}]
    (read,) = pylock.Pylock.from_dict(content).packages
    assert [wheel.filename for wheel in read.wheels] == ["sample-1.0-py3-none-any.whl"]


def test_several_projects(folder: Path) -> None:
    write_variant(folder, "v3", "v3", release="other_one-2.0")
    write_wheel(folder, "plain-1.0-py3-none-any.whl")
    assert [package["name"] for package in lock(folder)["packages"]] == ["other-one", "sample"]


def test_wheels_that_differ_in_requires_python(folder: Path) -> None:
    write_variant(folder, "v4", "v4")
    assert "requires-python" not in lock(folder)["packages"][0]


def test_printed(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    assert main(["index", str(folder), "--pylock"]) == 0
    (package,) = tomllib.loads(capsys.readouterr().out)["packages"]
    assert package["wheels"][0]["path"].startswith("dist/sample-1.0")


def test_lock_file_errors(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(folder), "--pylock", str(folder / "locked.toml")]) == 2
    assert "must be called pylock.toml" in capsys.readouterr().err
    write_variant(folder, "v3", "v3", release="sample-1.1")
    assert main(["index", str(folder), "--pylock"]) == 1
    assert "sample: a lock file can have one version of a project" in capsys.readouterr().err


def test_without_variants(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_wheel(tmp_path, "sample-1.0-py3-none-any.whl")
    assert main(["index", str(tmp_path), "--pylock"]) == 2
    assert "no release with variants" in capsys.readouterr().err


def test_without_tomli_w(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tomli_w", None)
    assert main(["index", str(folder), "--pylock"]) == 2
    assert "wheelnext-build[cli]" in capsys.readouterr().err


@pytest.mark.e2e
def test_installers_read_the_lock_file(folder: Path, run: Run) -> None:
    lock(folder)
    options = ("--no-config", "--no-cache", "--preview-features", "pylock,wheel-variants")
    target = folder.parent / "target"
    run(
        "uv", "pip", "install", *options, "--target", target, "-r", "pylock.toml", cwd=folder.parent
    )
    assert (target / "sample_wheel.txt").read_text() == "sample-1.0-py3-none-any.whl"
    pip = (sys.executable, "-m", "pip", "install", "--target", folder / "pip", "-r", "pylock.toml")
    assert "Invalid wheel filename" in run(*pip, cwd=folder.parent, status=1).stderr
