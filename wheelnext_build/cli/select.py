"""``wheelnext-build select FOLDER``: show which wheel would be installed here, and why."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.tags import Tag, parse_tag

from ..errors import RequestError
from ..host.host import NO_GPU, Host
from ..release.index.variants_json import find_releases
from ..release.select import Selection, select
from ..variants.instruction_sets import detected_levels
from ..wheels.ranking import RankedWheel
from .output import emit_json, say, table

if TYPE_CHECKING:
    from .output import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the main parser."""
    parser = subparsers.add_parser(
        "select",
        help="show which wheel of a folder would be installed here, and why",
        description="Orders the wheels of each release in FOLDER as an installer with support for "
        "variants does, and says why. Options replace what is detected on this system.",
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="the folder of wheels")
    parser.add_argument("--package", metavar="NAME", help="show this package only")
    processor = parser.add_mutually_exclusive_group()
    processor.add_argument(
        "--x86-64-level",
        choices=detected_levels("x86_64"),
        help="assume an x86-64 CPU of this level",
    )
    processor.add_argument(
        "--aarch64-version",
        choices=detected_levels("aarch64"),
        help="assume an Arm CPU of this version",
    )
    parser.add_argument(
        "--cuda",
        metavar="VERSION",
        help=f"assume a driver for this CUDA version, such as 12.8; `{NO_GPU}`: no NVIDIA GPU",
    )
    parser.add_argument(
        "--sm",
        metavar="CAPABILITY",
        help=f"assume a GPU of this compute capability, such as 9.0; `{NO_GPU}`: unknown",
    )
    parser.add_argument(
        "--tag",
        metavar="TAG",
        action="append",
        help="assume a system with this tag, such as cp312-cp312-manylinux_2_28_x86_64; may be "
        "repeated, most preferred first (default: those of this Python on the assumed CPU)",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the order; return 1 if a package has no wheel that fits, or a file is not valid."""
    host = Host.detect(
        x86_64_level=args.x86_64_level,
        aarch64_version=args.aarch64_version,
        cuda=args.cuda,
        sm=args.sm,
    )
    selections = select(args.folder, host, _tags(args.tag), args.package)
    # A file that is not a wheel belongs to no package.
    strays = () if args.package else find_releases(args.folder)[1]
    if args.json:
        releases = [*map(_as_json, selections)]
        emit_json({"host": _host_as_json(host), "problems": [*strays], "releases": releases})
    else:
        _print(args.folder, host, selections)
        for text in strays:
            say(f"error: {text}")
    if strays or any(selection.problems for selection in selections):
        return 1
    served = {selection.project for selection in selections if selection.chosen}
    return 0 if all(selection.project in served for selection in selections) else 1


def _tags(texts: list[str] | None) -> list[Tag] | None:
    if texts is None:
        return None
    for text in texts:
        if text.count("-") != 2:
            raise RequestError(f"{text!r} is no tag; write it like cp312-cp312-linux_x86_64")
    return [tag for text in texts for tag in sorted(parse_tag(text), key=str)]


def _print(folder: Path, host: Host, selections: tuple[Selection, ...]) -> None:
    say(f"system: {describe(host)}")
    for note in host.notes:
        say(f"note: {note}")
    if not selections:
        say(f"{folder}: no wheel here")
    for selection in selections:
        rows = [
            (_verdict(wheel, selection), wheel.name.filename, "\n".join(_why(wheel)))
            for wheel in selection.wheels
        ]
        print()
        table(f"{selection.project} {selection.version}", ("", "wheel", "why"), rows)
        for text in selection.problems:
            say(f"error: {text}")
        for note in selection.notes:
            say(f"note: {note}")


def describe(host: Host) -> str:
    """Return a description of a system in one line."""
    return ", ".join(f"{key} {value}" for key, value in _host_as_json(host).items() if value)


def _verdict(wheel: RankedWheel, selection: Selection) -> str:
    if wheel is selection.chosen:
        return "chosen"
    return "fits" if wheel.compatible else "no"


def _why(wheel: RankedWheel) -> list[str]:
    if wheel.problems:
        return list(wheel.problems)
    if wheel.variant is None:
        return ["plain: behind every variant that fits"]
    if wheel.variant.variant.is_null:
        return ["null: behind every variant with properties that fits"]
    return [
        f"{match} (priority {'.'.join(str(index + 1) for index in match.key)})"
        for match in wheel.variant.matches
    ]


def _host_as_json(host: Host) -> dict[str, str | None]:
    def dotted(pair: tuple[int, int] | None) -> str | None:
        return None if pair is None else f"{pair[0]}.{pair[1]}"

    return {
        "x86-64": host.x86_64_level,
        "aarch64": host.aarch64_version,
        "cuda": dotted(host.cuda),
        "sm": dotted(host.sm),
        "tpu": "present" if host.tpu else None,
    }


def _as_json(selection: Selection) -> dict[str, object]:
    path = selection.variants_json
    return {
        "project": selection.project,
        "version": str(selection.version),
        "variants-json": None if path is None else str(path),
        "chosen": selection.chosen.name.filename if selection.chosen else None,
        "wheels": [
            {
                "file": wheel.name.filename,
                "label": wheel.name.label,
                "compatible": wheel.compatible,
                "sort-key": wheel.variant and [match.key for match in wheel.variant.matches],
                "best-values": wheel.variant and [str(match) for match in wheel.variant.matches],
                "tag-priority": wheel.tag_priority,
                "problems": list(wheel.problems),
            }
            for wheel in selection.wheels
        ],
        "notes": list(selection.notes),
        "problems": list(selection.problems),
    }
