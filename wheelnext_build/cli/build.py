"""``wheelnext-build build``: the sdist, the plain wheel and all variants, in isolation."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..building import native
from ..building.request import Request
from ..config.hook_settings import ALL_SETTING, LABEL_SETTING, PLAIN
from ..config.project import Project
from ..errors import BuildError, RequestError, WheelError
from ..frontend.display import display
from ..frontend.progress import DONE, Row, Tracker
from ..frontend.pythons import Interpreter, find
from ..frontend.session import DistKind, Options, Session, Settings
from ..plugins.build_time import asked_while_building
from ..system.publishing import output_folder
from ..system.text import human_size
from ..wheels.description import variant_of
from ..wheels.reader import WheelReader
from .output import emit_json, table

if TYPE_CHECKING:
    from .output import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "build",
        help="build the sdist, the plain wheel and all variants",
        description="Builds the sdist and, from it, the plain wheel and all variants, in one "
        "isolated environment.",
    )
    parser.add_argument(
        "project", nargs="?", type=Path, default=Path(), help="the project's folder; default: here"
    )
    parser.add_argument(
        "-o",
        "--outdir",
        type=Path,
        help="write the files into this folder; default: `PROJECT/dist`",
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="LABEL",
        help="build only these variants, and neither sdist nor plain wheel; may be repeated, and "
        "`*`, `?` and `{a,b}` are allowed; `native` is the best one for this machine",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--wheel", action="store_true", help="build no sdist, and the wheels from the source tree"
    )
    what.add_argument("--sdist", action="store_true", help="build the sdist only")
    parser.add_argument(
        "-j",
        "--jobs",
        type=_positive,
        metavar="N",
        help="compile at most N files at once, all variants together; default: one for each core",
    )
    parser.add_argument(
        "--keep-going", action="store_true", help="build the other wheels after a failure"
    )
    parser.add_argument(
        "--no-isolation",
        action="store_true",
        help="build in this environment; all build requirements must be installed in it",
    )
    parser.add_argument(
        "--installer",
        choices=("pip", "uv"),
        default="pip",
        help="the program that installs into the isolated environment; default: pip",
    )
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="PYTHON",
        help="build for this interpreter, a version (3.12), a command or a path; may be repeated",
    )
    parser.add_argument(
        "--build-dir",
        metavar="DIR",
        help="keep compiled files in DIR: the next build compiles only what changed",
    )
    parser.add_argument(
        "-C",
        "--config-setting",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting for scikit-build-core, as with `python -m build`; may be repeated",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="show all output of the build")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Build, show the progress, and print a table of the files."""
    project = args.project.resolve()
    settings = _settings(args)
    interpreters = _interpreters(args)
    if args.sdist and args.only:
        raise RequestError("--only names wheels and --sdist builds none: give one of the two")
    labels = [] if args.sdist else _labels(project, settings)
    outdir = (args.outdir or project / "dist").resolve()
    kinds: list[DistKind] = []
    if args.sdist or not (args.wheel or args.only):
        kinds.append("sdist")
    if not args.sdist:
        kinds.append("wheel")
    sections = [f"{item.title} " for item in interpreters] if len(interpreters) > 1 else [""]
    titles = [f"{section}{label}" for section in sections for label in labels]
    tracker = Tracker([*(["sdist"] if "sdist" in kinds else []), *titles])
    with output_folder(outdir):
        with display() as shown:
            options = Options(
                args.installer, args.no_isolation, args.keep_going, args.jobs, args.verbose
            )
            session = Session(options, project, interpreters, settings, outdir, tracker, shown)
            failure = session.build(kinds)
        built = [row for row in tracker.rows if row.state == DONE]
        if args.json:
            emit_json([_as_mapping(row, outdir) for row in built])
        elif built:
            _print_result(built, outdir)
    if failure is not None:
        raise failure
    return 0


def _interpreters(args: argparse.Namespace) -> list[Interpreter]:
    """Return the interpreters that ``--python`` names; raise RequestError if two are the same."""
    if args.python and args.no_isolation:
        raise RequestError(
            "--python makes an environment for each interpreter: not with --no-isolation"
        )
    found = [find(name) for name in args.python]
    titles = [item.title for item in found]
    for name, item in zip(args.python, found, strict=True):
        if titles.count(item.title) > 1:
            raise RequestError(f"--python {name}: Python {item.title} is named twice")
    return found


def _labels(project: Path, settings: Settings) -> list[str]:
    """Return the labels of the wheels to build, and raise all mistakes in the project's tables.

    Mistakes that only a plugin can find are raised during the build. The plugins that will be asked
    are printed. In the settings, the label that fits this machine replaces ``native``.
    """
    asked = Request.parse(settings)
    loaded = Project.load(project)
    request = native.resolved(asked, loaded, lambda line: print(line, file=sys.stderr))
    if request is not asked:
        settings.pop(LABEL_SETTING)
        if not request.wants_variants:
            return [PLAIN]
        settings[LABEL_SETTING] = list(request.patterns)
    config = loaded.config
    chosen = request.choose(config, loaded.target(request.settings))
    for text in asked_while_building(config) if chosen else ():
        print(text, file=sys.stderr)
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
    if args.build_dir:
        settings["build-dir"] = f"{Path(args.build_dir).resolve()}/"
    if args.only:
        settings[LABEL_SETTING] = list(args.only)
    elif not {ALL_SETTING, LABEL_SETTING} & settings.keys():
        settings[ALL_SETTING] = "all"
    return settings


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
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
        except WheelError as error:  # the wheel has been deleted or changed since the build
            raise BuildError(str(error)) from None
        label, properties = variant or ("", [])
        size = human_size(path.stat().st_size)
        rows.append([row.filename, label, "\n".join(properties), size, f"{row.seconds:.1f} s"])
    count = f"{len(rows)} file{'' if len(rows) == 1 else 's'}"
    table(f"{count} in {outdir}", ["file", "label", "properties", "size", "time"], rows)
