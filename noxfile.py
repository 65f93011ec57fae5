"""The tasks of this repository, each as a session of nox with an environment of its own.

nox -s sample            build the sample's whole release and show it
nox -s tests             run the fast tests on every supported Python of this machine
nox -s docs              run the examples of the manual, and make its site in dist/site
nox -s bench -- matrix   run one of the benchmarks of bench/

`nox --no-venv --no-install -s NAME` runs a session in the environment that is active, which must
have what the session needs. .ci/run does that, with one environment for many sessions.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.sessions = ["lint", "types", "tests", "builds"]
nox.options.error_on_missing_interpreters = False
nox.options.default_venv_backend = "uv|virtualenv"

ROOT = Path(__file__).parent
PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]


def group(name: str) -> list[str]:
    """Return the requirements of a dependency group of pyproject.toml."""
    return list(nox.project.dependency_groups(PYPROJECT, name))


def wheelhouse(session: nox.Session) -> Path:
    """Return the folder with this project's wheel, in which isolated builds find it.

    That is WHEELNEXT_BUILD_WHEELHOUSE, if it is set; otherwise the wheel is built.

    uv's cache of a folder goes by the folder's path and the wheel's name, and stays when the wheel
    changes. So the path contains a hash of the wheel.
    """
    if given := os.environ.get("WHEELNEXT_BUILD_WHEELHOUSE"):
        return Path(given)
    top = Path(session.create_tmp()) / "wheelhouse"
    shutil.rmtree(top, ignore_errors=True)
    session.install("build")
    session.run("python", "-m", "build", "--wheel", "--outdir", str(top), str(ROOT), silent=True)
    (wheel,) = top.glob("*.whl")
    folder = top / hashlib.sha256(wheel.read_bytes()).hexdigest()[:16]
    folder.mkdir()
    shutil.move(wheel, folder)
    return folder


def install_project(session: nox.Session, *requirements: str) -> dict[str, str]:
    """Install this project's wheel; return the variables with which isolated builds find it."""
    folder = wheelhouse(session)
    (wheel,) = folder.glob("wheelnext_build-*.whl")
    session.install(f"wheelnext-build[audit,cli] @ {wheel.resolve().as_uri()}", *requirements)
    links = str(folder.resolve())
    return {
        "PIP_FIND_LINKS": _joined(" ", links, "PIP_FIND_LINKS"),
        "UV_FIND_LINKS": _joined(",", links, "UV_FIND_LINKS"),
        "WHEELNEXT_BUILD_WHEELHOUSE": links,
    }


def _joined(separator: str, first: str, variable: str) -> str:
    return separator.join(filter(None, [first, os.environ.get(variable)]))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting, which room imports which, and the example workflows."""
    session.install(*group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", "--no-cache", "--no-logo")
    folder = ROOT / "docs" / "workflows"
    own = (ROOT / ".github" / "workflows").glob("*.yml")
    workflows = list(map(str, [*folder.glob("one-*.yml"), *own]))
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    config = str(folder / "zizmor.yml")
    session.run("zizmor", "--offline", "--no-progress", "--config", config, *workflows)


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy, strictly."""
    session.install("-e", ".[audit,cli]", *group("types"))
    session.run("mypy")


@nox.session
def dependencies(session: nox.Session) -> None:
    """Check the licences of all that the project installs, and look for known vulnerabilities."""
    session.install(".[audit,cli,fast]", "cmake", "ninja", *group("dependencies"))
    session.run("python", str(ROOT / "docs" / "tools" / "dependencies.py"))


# One process per core: real builds also wait for disks, installers and linkers. All tests of a
# module run in one process, because they share fixtures.
SPREAD = ("--numprocesses", "auto", "--maxprocesses", "4", "--dist", "loadfile")
SLOWEST = ("--durations", "20", "--durations-min", "10")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the fast tests."""
    install_project(session, *group("test"))
    session.run("pytest", *SPREAD, *session.posargs)


@nox.session
def builds(session: nox.Session) -> None:
    """Build small real packages with CMake."""
    env = install_project(session, *group("test"), *group("builds"))
    session.run("pytest", "-m", "build and not full", *SPREAD, *SLOWEST, *session.posargs, env=env)


@nox.session
def e2e(session: nox.Session) -> None:
    """Build the sample's release and install it with real clients."""
    env = install_project(session, *group("test"), *group("e2e"))
    session.run("pytest", "-m", "e2e and not full", *SPREAD, *SLOWEST, *session.posargs, env=env)


@nox.session
def audit(session: nox.Session) -> None:
    """Compare the audit with processors that lack something, and with cuobjdump."""
    env = install_project(session, *group("test"), *group("audit"))
    session.run("pytest", "-m", "audit", *session.posargs, env=env)


@nox.session
def full(session: nox.Session) -> None:
    """Run the builds and clients that not every change needs (tests/support/full_set.py)."""
    env = install_project(session, *group("test"), *group("builds"), *group("e2e"))
    session.run("pytest", "-m", "full", *SPREAD, *SLOWEST, *session.posargs, env=env)


@nox.session
def torture(session: nox.Session) -> None:
    """Run the long part of docs/reliability.md: 10,000 generated cases each, kills, faults.

    The last lines are the figures that are recorded there. The session ``full`` follows.
    """
    session.notify("full", [])
    env = install_project(session, *group("test"), *group("builds"), *group("torture"))
    options = ("-m", "torture or generated", "--hypothesis-profile", "torture", "--figures")
    session.run("pytest", *options, *SPREAD, *session.posargs, env=env)


@nox.session
def docs(session: nox.Session) -> None:
    """Make the manual's site, and run its examples."""
    env = install_project(session, *group("test"), *group("docs"))
    folder = ROOT / "dist" / "site"
    shutil.rmtree(folder, ignore_errors=True)
    strict = ("--fail-on-warning", "--keep-going", "--nitpicky", "--quiet")
    doctrees = ("--doctree-dir", session.create_tmp())
    session.run("sphinx-build", *strict, *doctrees, "-E", str(ROOT / "docs"), str(folder))
    session.run("pytest", "-m", "docs", "tests/docs", *session.posargs, env=env)


@nox.session
def bench(session: nox.Session) -> None:
    """Run one benchmark: nox -s bench -- matrix --runs 3; without a name, list the names."""
    names = sorted(path.stem for path in (ROOT / "bench").glob("*.py"))
    names = [name for name in names if name not in ("harness", "frontend", "kernels_process")]
    if not session.posargs or session.posargs[0] not in names:
        session.error(f"name one of {', '.join(names)}")
    name, *options = session.posargs
    env = install_project(session, *group("bench"))
    session.run("python", str(ROOT / "bench" / f"{name}.py"), *options, env=env)


@nox.session
def sample(session: nox.Session) -> None:
    """Build the sample's whole release (sdist, plain, labelled and null wheels) and show it."""
    env = install_project(session)
    folder = ROOT / "dist" / "sample_ext"
    shutil.rmtree(folder, ignore_errors=True)
    session.run(
        "wheelnext-build", "build", str(ROOT / "sample_ext"), "--outdir", str(folder), env=env
    )
    session.run("wheelnext-build", "index", str(folder))
    session.run("wheelnext-build", "select", str(folder))
