"""``wheelnext-build check --rebuild FOLDER [PROJECT]``: build a release again and compare."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from ..errors import RequestError
from ..release.file_diff import DIFFOSCOPE
from ..release.rebuild import BuildOptions, RebuiltRelease, rebuild
from .output import emit_json, say, table

_ONLY_CHECK = ("project", "expect", "max_size")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of a second build to those of ``check``."""
    group = parser.add_argument_group("a second build")
    group.add_argument(
        "source",
        metavar="PROJECT",
        nargs="?",
        type=Path,
        help="with --rebuild: the project, as it was when FOLDER was built (default: here)",
    )
    group.add_argument(
        "--rebuild",
        action="store_true",
        help="build PROJECT again in another folder, and name the files that differ from those in "
        "FOLDER by any byte; diffoscope, if installed, shows how; nothing else is checked",
    )
    group.add_argument(
        "-C",
        "--config-setting",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a config setting of the build of FOLDER (variants=all is known from the labels)",
    )
    group.add_argument(
        "--no-isolation", action="store_true", help="FOLDER was built in this environment"
    )
    group.add_argument("--installer", choices=("pip", "uv"), help="as with wheelnext-build build")


def is_asked_for(args: argparse.Namespace) -> bool:
    """Return whether a second build is requested; raise RequestError for conflicting options."""
    if args.rebuild:
        for name in _ONLY_CHECK:
            if getattr(args, name):
                option = name.replace("_", "-")
                raise RequestError(f"--{option} is for check without --rebuild")
        return True
    if args.source or args.config_setting or args.no_isolation or args.installer:
        raise RequestError("PROJECT, -C, --no-isolation and --installer need --rebuild")
    return False


def run(args: argparse.Namespace) -> int:
    """Build again and print what differs; return 1 if a file does."""
    for text in args.config_setting:
        if "=" not in text:
            raise RequestError(f"-C {text}: write it as KEY=VALUE")
    options = ["--no-isolation"] if args.no_isolation else []
    if args.installer:
        options.append(f"--installer={args.installer}")
    built = BuildOptions(options, args.config_setting)
    done = rebuild(args.folder, args.source or Path(), built)
    if args.json:
        emit_json(_as_json(done))
    else:
        _print(done)
    return 0 if done.holds else 1


def _print(done: RebuiltRelease) -> None:
    count = f"{len(done.files)} file{'' if len(done.files) == 1 else 's'}"
    table(f"{count}, built again", ("file", "verdict"), [(f.name, f.state) for f in done.files])
    for item in done.files:
        kind = "note" if item.state == "not compared" else "differs"
        for line in item.lines:
            say(f"{kind}: {item.name}: {line}")
    for text in done.assumed:
        say(f"assumed: {text}")
    if any(item.state == "different" for item in done.files) and not shutil.which(DIFFOSCOPE):
        say(f"hint: install {DIFFOSCOPE} to see the differences inside these files")


def _as_json(done: RebuiltRelease) -> dict[str, object]:
    return {
        "holds": done.holds,
        "source-date-epoch": done.epoch,
        "assumed": list(done.assumed),
        "files": [
            {"file": item.name, "state": item.state, "lines": list(item.lines)}
            for item in done.files
        ],
    }
