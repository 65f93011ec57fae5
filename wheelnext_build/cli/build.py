"""``wheelnext-build build``: sdist, plain wheel and every variant, in one isolated build."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..build import KEEP_GOING_VARIABLE, PLAIN
from ..buildtarget import BuildTarget
from ..config import load
from ..errors import BuildError, RequestError, WheelError
from ..request import ALL_SETTING, LABEL_SETTING, Request
from ..stamp import variant_of
from ..wheelfile import WheelReader, make_folder
from .output import emit_json, human_size, table
from .progress import DONE, Display, Row, Tracker, display

if TYPE_CHECKING:
    from build import ProjectBuilder
    from build.env import DefaultIsolatedEnv

    from .output import Subparsers

Settings = dict[str, str | list[str]]

_LOG_TAIL = 200
"""Lines of output to show of a failure that no wheel's log holds."""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "build",
        help="build the sdist, the plain wheel and all variants",
        description="Builds the sdist and, from it, the plain wheel and all variants, in one "
        "isolated environment.",
    )
    parser.add_argument("project", nargs="?", type=Path, default=Path(), help="default: here")
    parser.add_argument("-o", "--outdir", type=Path, help="default: PROJECT/dist")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="LABEL",
        help="build only these variants, and no sdist and no plain wheel; may be repeated, and "
        "*, ? and {a,b} are allowed",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--wheel", action="store_true", help="no sdist: build from the source tree")
    what.add_argument("--sdist", action="store_true", help="the sdist only")
    parser.add_argument("-j", "--jobs", type=_positive, help="compile so many files at a time")
    parser.add_argument("--keep-going", action="store_true", help="try all wheels after a failure")
    parser.add_argument(
        "--no-isolation",
        action="store_true",
        help="build in this environment, which must have all that the build needs",
    )
    parser.add_argument("--installer", choices=("pip", "uv"), default="pip", help="default: pip")
    parser.add_argument(
        "-C",
        "--config-setting",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting for scikit-build-core, as with python -m build",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="show all output")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Build, show how it goes, and end with a table of what came out."""
    project = args.project.resolve()
    settings = _settings(args)
    titles = [] if args.sdist else _titles(project, settings)
    outdir = (args.outdir or project / "dist").resolve()
    with_sdist = args.sdist or not (args.wheel or args.only)
    tracker = Tracker([*(["sdist"] if with_sdist else []), *titles])
    with display() as shown:
        session = _Session(args, tracker, shown, settings, outdir)
        failure = session.build(project, sdist=with_sdist, wheels=not args.sdist)
    built = [row for row in tracker.rows if row.state == DONE]
    if args.json:
        emit_json([_as_mapping(row, outdir) for row in built])
    elif built:
        _print_result(built, outdir)
    if failure is not None:
        raise failure
    return 0


@dataclass
class _Session:
    """One build environment and what runs in it."""

    args: argparse.Namespace
    tracker: Tracker
    shown: Display
    settings: Settings
    outdir: Path

    def build(self, project: Path, *, sdist: bool, wheels: bool) -> BuildError | None:
        """Build all files; returns the failure, after showing its log, where there is one."""
        try:
            from build import BuildBackendException, BuildException
            from build.env import DefaultIsolatedEnv
        except ModuleNotFoundError:
            raise RequestError(
                "this command needs build: pip install 'wheelnext-build[cli]'"
            ) from None
        make_folder(self.outdir)
        self.tail: deque[str] = deque(maxlen=_LOG_TAIL)
        try:
            with tempfile.TemporaryDirectory(prefix="wheelnext-build-") as temporary:
                if self.args.no_isolation:
                    self._build_in(None, project, Path(temporary), sdist=sdist, wheels=wheels)
                else:
                    with DefaultIsolatedEnv(installer=self.args.installer) as env:
                        self._build_in(env, project, Path(temporary), sdist=sdist, wheels=wheels)
        except (BuildBackendException, BuildException, subprocess.CalledProcessError) as error:
            return self._failure(error)
        return None

    def _build_in(
        self,
        env: DefaultIsolatedEnv | None,
        project: Path,
        temporary: Path,
        *,
        sdist: bool,
        wheels: bool,
    ) -> None:
        source = project
        if sdist:
            self.tracker.start("sdist", "preparing the environment")
            self.shown.update(self.tracker, changed=True)
            archive = self._dist("sdist", env, project)
            self.tracker.finish(archive.name)
            self.shown.update(self.tracker, changed=True)
            if wheels:
                source = _unpack(archive, temporary)
        if wheels:
            self._dist("wheel", env, source)

    def _dist(self, kind: str, env: DefaultIsolatedEnv | None, source: Path) -> Path:
        from build import ProjectBuilder

        if env is None:
            builder = ProjectBuilder(source, runner=self._run)
        else:
            builder = ProjectBuilder.from_isolated_env(env, source, runner=self._run)
            env.install(builder.build_system_requires)
            env.install(self._requirements(builder, kind))
        path = builder.build(
            "sdist" if kind == "sdist" else "wheel", str(self.outdir), dict(self.settings)
        )
        return Path(path)

    def _requirements(self, builder: ProjectBuilder, kind: str) -> set[str]:
        return builder.get_requires_for_build(
            "sdist" if kind == "sdist" else "wheel", dict(self.settings)
        )

    def _run(
        self,
        cmd: Sequence[str],
        cwd: str | None = None,
        extra_environ: Mapping[str, str] | None = None,
    ) -> None:
        """Run a hook and follow its output (build's SubprocessRunner)."""
        env = {**os.environ, **(extra_environ or {})}
        if self.args.jobs:
            env["CMAKE_BUILD_PARALLEL_LEVEL"] = str(self.args.jobs)
        if self.args.keep_going:
            env[KEEP_GOING_VARIABLE] = "1"
        with subprocess.Popen(
            cmd,
            cwd=cwd,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            for line in process.stdout:
                self.tail.append(line.rstrip())
                changed = self.tracker.feed(line)
                if self.args.verbose:
                    print(line, end="", file=sys.stderr)
                self.shown.update(self.tracker, changed=changed)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, cmd)

    def _failure(self, error: Exception) -> BuildError:
        row = self.tracker.current
        self.tracker.fail()
        self.shown.update(self.tracker, changed=True)
        log = row.log if row is not None and row.log else list(self.tail)
        what = row.title if row is not None else "the build"
        detail = "" if log else f": {error}"
        return BuildError("\n".join([*log, f"{what} failed{detail}"]).lstrip())


def _titles(project: Path, settings: Settings) -> list[str]:
    """The wheels that will be built; every mistake in the project's tables is raised here."""
    request = Request.parse(settings)
    chosen = request.choose(load(project), BuildTarget.detect())
    plain = [PLAIN] if request.all_variants else []
    return [*plain, *(item.variant.label for item in chosen)]


def _settings(args: argparse.Namespace) -> Settings:
    settings: Settings = {}
    for text in args.config_setting:
        key, equals, value = text.partition("=")
        if not equals:
            raise RequestError(f"-C {text}: write it as KEY=VALUE")
        earlier = settings.get(key)
        if earlier is None:
            settings[key] = value
        else:
            settings[key] = [*([earlier] if isinstance(earlier, str) else earlier), value]
    if args.only:
        settings[LABEL_SETTING] = list(args.only)
    elif not {ALL_SETTING, LABEL_SETTING} & settings.keys():
        settings[ALL_SETTING] = "all"
    return settings


def _unpack(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _as_mapping(row: Row, outdir: Path) -> dict[str, object]:
    path = outdir / row.filename
    variant = _variant(path)
    return {
        "file": str(path),
        "label": None if variant is None else variant[0],
        "properties": [] if variant is None else variant[1],
        "size": path.stat().st_size,
        "seconds": round(row.seconds, 3),
    }


def _variant(path: Path) -> tuple[str, list[str]] | None:
    if path.suffix != ".whl":
        return None
    with WheelReader(path) as reader:
        described = variant_of(reader)
    if described is None:
        return None
    return described[1].label, [str(item) for item in described[1].properties]


def _print_result(built: list[Row], outdir: Path) -> None:
    rows = []
    for row in built:
        path = outdir / row.filename
        try:
            variant = _variant(path)
        except WheelError as error:  # what was built a moment ago is gone or changed
            raise BuildError(str(error)) from None
        label, properties = variant or ("", [])
        size = human_size(path.stat().st_size)
        rows.append([row.filename, label, "\n".join(properties), size, f"{row.seconds:.1f} s"])
    count = f"{len(rows)} file{'' if len(rows) == 1 else 's'}"
    table(f"{count} in {outdir}", ["file", "label", "properties", "size", "time"], rows)
