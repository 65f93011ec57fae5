"""``wheelnext-build unlabel WHEEL...``: make plain wheels from labelled ones."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import RequestError
from ..wheels.description import checked_variant_of
from ..wheels.reader import WheelReader
from ..wheels.stamp import plain_name, unstamp
from . import wheels
from .output import emit_json, table

if TYPE_CHECKING:
    from .output import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the main parser."""
    parser = subparsers.add_parser(
        "unlabel",
        help="make plain wheels of labelled ones",
        description="Writes the plain wheel from which each labelled wheel or carrier was made, "
        "beside it. Nothing is compressed again; plain wheels are ignored.",
    )
    wheels.add_folder_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write all plain wheels, or raise WheelnextBuildError and write none."""
    changes = wheels.changes(args)
    with wheels.folders_held(args):
        targets = _targets(args)
        wheels.check_free(list(targets.values()), force=args.force)
        for path, target in targets.items():
            unstamp(path, target.parent, changes)
    if args.json:
        emit_json([{"file": str(key), "wheel": str(value)} for key, value in targets.items()])
    else:
        rows = [(path.name, target.name) for path, target in targets.items()]
        table("Plain wheels", ("variant", "plain wheel"), rows)
    return 0


def _targets(args: argparse.Namespace) -> dict[Path, Path]:
    """Return the path of the plain wheel to write for each wheel of a variant."""
    targets: dict[Path, Path] = {}
    for path in wheels.expanded(args):
        with WheelReader(path) as reader:
            described = checked_variant_of(reader)
            if described is not None:
                folder = args.outdir or path.parent
                targets[path] = folder / plain_name(reader, described[1]).filename
    if not targets:
        raise RequestError("none of these wheels is a variant")
    return targets
