"""An isolated environment under a lasting name, and the dates of its files."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from wheelnext_build.building.environment import isolation
from wheelnext_build.building.environment.isolation import BuildEnvironment
from wheelnext_build.wheels.record import record_row


def make_environment(root: Path, files: dict[str, str], date: int = 1_000) -> BuildEnvironment:
    """An environment with one package of these files, as an installer leaves it."""
    site = root / "lib"
    rows = []
    for name, text in files.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (date, date))
        rows.append(",".join(record_row(name, text.encode())))
    record = site / "pkg-1.0.dist-info" / "RECORD"
    record.parent.mkdir(exist_ok=True)
    record.write_text("\n".join([*rows, "pkg-1.0.dist-info/RECORD,,"]))
    return BuildEnvironment(root, root.with_name("env"))


def settle(
    environment: BuildEnvironment, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, int]:
    site = environment.root / "lib"
    monkeypatch.setattr(sys, "path", [str(site)])
    environment.settle(manifest)
    return {
        path.relative_to(site).as_posix(): int(path.stat().st_mtime)
        for path in site.rglob("*")
        if path.is_file() and "dist-info" not in str(path)
    }


def test_files_that_are_the_same_keep_their_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = tmp_path / "manifest.json"
    first = make_environment(tmp_path / "one", {"pkg/a.h": "a", "pkg/b.h": "b"}, date=1_000)
    assert settle(first, manifest, monkeypatch) == {"pkg/a.h": 1_000, "pkg/b.h": 1_000}
    second = make_environment(tmp_path / "two", {"pkg/a.h": "a", "pkg/b.h": "b"}, date=2_000)
    assert settle(second, manifest, monkeypatch) == {"pkg/a.h": 1_000, "pkg/b.h": 1_000}


def test_a_changed_file_is_new_however_old_its_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uv links files from its cache, where another version may have lain for a year."""
    manifest = tmp_path / "manifest.json"
    settle(make_environment(tmp_path / "one", {"pkg/a.h": "a"}), manifest, monkeypatch)
    changed = make_environment(tmp_path / "two", {"pkg/a.h": "A", "pkg/c.h": "c"}, date=10)
    dates = settle(changed, manifest, monkeypatch)
    assert min(dates.values()) > 1_000_000_000
    # And back: what was compiled with the other version is not current, either.
    back = make_environment(tmp_path / "three", {"pkg/a.h": "a"}, date=10)
    assert settle(back, manifest, monkeypatch)["pkg/a.h"] >= dates["pkg/a.h"]


def test_the_installers_cache_keeps_its_dates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = tmp_path / "manifest.json"
    settle(make_environment(tmp_path / "one", {"pkg/a.h": "a"}), manifest, monkeypatch)
    second = make_environment(tmp_path / "two", {"pkg/a.h": "a"}, date=2_000)
    cached = tmp_path / "cached"
    os.link(second.root / "lib" / "pkg" / "a.h", cached)
    assert settle(second, manifest, monkeypatch) == {"pkg/a.h": 1_000}
    assert int(cached.stat().st_mtime) == 2_000
    assert (second.root / "lib" / "pkg" / "a.h").read_text() == "a"


def test_a_damaged_manifest_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text("{")
    environment = make_environment(tmp_path / "one", {"pkg/a.h": "a"})
    assert settle(environment, manifest, monkeypatch) == {"pkg/a.h": 1_000}


def test_a_frontends_environment_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "build-env-x"
    (root / "bin").mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(root))
    monkeypatch.setattr(isolation.tempfile, "gettempdir", lambda: str(tmp_path))
    with isolation.isolated(tmp_path / "trees") as environment:
        assert environment is not None
        link = environment.link
        assert link.resolve() == root.resolve()
        # GCC names a system header by its real path where that is shorter.
        assert len(str(link)) < len(str(tmp_path / "build-env-12345678"))
        path = f"{root}/bin{os.pathsep}/usr/bin"
        assert environment.renamed(path) == f"{link}/bin{os.pathsep}/usr/bin"
        assert environment.variables({"PATH": path})["PATH"].startswith(f"{link}/bin")
    assert not link.is_symlink()
    with isolation.isolated(tmp_path / "trees") as environment:
        assert environment is not None
        assert environment.link == link  # the next build's command lines are the same


def test_no_link_where_something_else_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "build-env-x"))
    monkeypatch.setattr(isolation.tempfile, "gettempdir", lambda: str(tmp_path))
    with isolation.isolated(tmp_path / "trees") as environment:
        assert environment is not None
        link = environment.link
    link.mkdir()
    with isolation.isolated(tmp_path / "trees") as environment:
        assert environment is None
    assert link.is_dir()


def test_no_link_where_others_could_put_another_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "build-env-x"))
    monkeypatch.setattr(isolation.tempfile, "gettempdir", lambda: str(tmp_path))
    for mode, is_safe in ((0o700, True), (0o1777, True), (0o777, False), (0o770, False)):
        tmp_path.chmod(mode)
        with isolation.isolated(tmp_path / "trees") as environment:
            assert (environment is not None) == is_safe
    tmp_path.chmod(0o700)


def test_pips_environment_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "pip-build-env-x"
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.setattr(sys, "path", [str(root / "overlay" / "lib"), "/usr/lib"])
    root.mkdir()
    with isolation.isolated(tmp_path) as environment:
        assert environment is not None
        assert environment.root == root


def test_an_environment_that_stays_needs_no_other_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", "/home/me/project/.venv")
    monkeypatch.setattr(sys, "path", ["/home/me/project/.venv/lib"])
    with isolation.isolated(tmp_path) as environment:
        assert environment is None


def test_pip_without_isolation_builds_in_the_users_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where that is in the folder for temporary files."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    monkeypatch.setattr(sys, "path", [str(tmp_path / "venv" / "lib")])
    monkeypatch.setattr(isolation.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setenv("PIP_BUILD_TRACKER", str(tmp_path / "tracker"))
    with isolation.isolated(tmp_path / "trees") as environment:
        assert environment is None


def test_a_kept_environment_outlives_the_frontends(tmp_path: Path) -> None:
    environment = make_environment(tmp_path / "one", {"pkg/a.cmake": "a", "pkg/b.h": "b"})
    (environment.root / "link").symlink_to("lib", target_is_directory=True)
    folder = tmp_path / "build" / "environment"
    folder.mkdir(parents=True)
    (folder / "of-an-earlier-build").touch()
    kept = environment.kept_in(folder)
    assert kept.renamed(f"{environment.root}/lib") == str(folder / "lib")
    assert not (folder / "of-an-earlier-build").exists()
    shutil.rmtree(environment.root)
    assert (folder / "link" / "pkg" / "a.cmake").read_text() == "a"
    assert int((folder / "lib" / "pkg" / "b.h").stat().st_mtime) == 1_000
    assert sorted(path.name for path in folder.parent.iterdir()) == ["environment"]
