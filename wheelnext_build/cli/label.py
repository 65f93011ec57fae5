"""``wheelnext-build label WHEEL...``: make labelled wheels from carriers and plain wheels."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import config
from ..config.project import Project
from ..errors import ConfigurationError, GrammarError, RequestError
from ..variants.metadata import VariantMetadata
from ..variants.variant import Property
from ..wheels.labelling import LabelStep, label_step
from . import wheels
from .output import emit_json, table

if TYPE_CHECKING:
    from .output import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the main parser."""
    parser = subparsers.add_parser(
        "label",
        help="give carriers their labels, and plain wheels a variant",
        description="Renames each carrier (a variant under a name that pip, auditwheel and "
        "cibuildwheel accept) to its labelled name; plain and labelled wheels do not change. With "
        "`--property`, or `--project` and `--label`, makes a variant of each plain wheel, beside "
        "it. Nothing is compressed again.",
    )
    wheels.add_folder_arguments(parser)
    parser.add_argument(
        "--property",
        metavar="'NAMESPACE :: FEATURE :: VALUE'",
        action="append",
        default=[],
        help="a property of the variant to make of plain wheels; may be repeated",
    )
    parser.add_argument(
        "--project",
        metavar="FOLDER",
        type=Path,
        help="take the variant that `--label` names from the pyproject.toml in FOLDER",
    )
    parser.add_argument("--label", help="the variant's label (default: made from the properties)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Label all wheels, or raise WheelnextBuildError and change none of them."""
    changes = wheels.changes(args)
    metadata = _wanted(args)
    with wheels.folders_held(args):
        paths = wheels.expanded(args)
        steps = [label_step(path, args.outdir, metadata, changes) for path in paths]
        busy = [step for step in steps if step.target != step.source]
        wheels.check_free([step.target for step in busy], force=args.force)
        for step in busy:
            step.act()
    if args.json:
        emit_json([_as_json(step) for step in steps])
    else:
        rows = [(step.source.name, step.result, step.target.name) for step in steps]
        table("Labels", ("wheel", "", "is now"), rows)
    return 0


def _wanted(args: argparse.Namespace) -> VariantMetadata | None:
    """Return the variant that plain wheels become; None if they stay plain."""
    if args.project is not None:
        if args.property or not args.label:
            raise RequestError("--project needs --label, the variant there, and no --property")
        return _declared(args.project, args.label)
    if args.property:
        return _made(args.property, args.label)
    if args.label:
        raise RequestError("--label needs --property or --project, which say what it stands for")
    return None


def _declared(folder: Path, label: str) -> VariantMetadata:
    settings = Project.load(folder).config
    return settings.metadata_of(settings.variant(label))


def _made(properties: list[str], label: str | None) -> VariantMetadata:
    try:
        settings = config.of_one_variant(map(Property.parse, properties), label)
    except GrammarError as error:
        raise RequestError(f"--property: {error}") from None
    except ConfigurationError as error:
        lines = "\n".join(f"  {problem}" for problem in error.problems)
        raise RequestError(
            f"--property: a pyproject.toml with this variant would be refused; declare it in one, "
            f"with its provider, and use --project:\n{lines}"
        ) from None
    return settings.metadata_of(settings.declared[0].variant)


def _as_json(step: LabelStep) -> dict[str, object]:
    return {
        "file": str(step.source),
        "wheel": str(step.target),
        "label": step.label or None,
        "written": step.source != step.target,
    }
