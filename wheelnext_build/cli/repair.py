"""``wheelnext-build repair WHEEL DEST``: run auditwheel or a similar tool on a whole build."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.audit_settings import AuditConfig
from ..config.project import Project
from ..errors import RequestError
from ..release.one_build import VARIANTS_FOLDER, variants_folder
from ..release.repair.repair import FOLDER, TOOLS, WHEEL, Repaired, repair
from .output import emit_json, table

if TYPE_CHECKING:
    from .output import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the main parser."""
    parser = subparsers.add_parser(
        "repair",
        help="run auditwheel, delocate or delvewheel on a wheel and its variants",
        description="Repairs WHEEL, and the other wheels of the same build beside it, with the "
        "platform's tool; audits the results; puts the plain wheel into DEST, as cibuildwheel "
        "expects it, and the labelled wheels into the folder for variants.",
        epilog='Example, for cibuildwheel: `repair-wheel-command = "wheelnext-build repair {wheel} '
        '{dest_dir}"`, or with options for the tool: `"wheelnext-build repair {wheel} {dest_dir} '
        '-- auditwheel repair --exclude libcuda.so.1 -w {dest_dir} {wheel}"`',
    )
    parser.add_argument(
        "wheel", metavar="WHEEL", help="one wheel of a build, such as the plain one"
    )
    parser.add_argument("dest", metavar="DEST", help="the folder for the repaired wheel")
    parser.add_argument(
        "--variants",
        metavar="FOLDER",
        type=Path,
        help=f"the folder for labelled wheels (default: `${VARIANTS_FOLDER}`; in cibuildwheel's "
        "Linux containers its output folder; otherwise DEST)",
    )
    parser.add_argument(
        "--project",
        metavar="FOLDER",
        type=Path,
        help="take the audit's settings from the pyproject.toml in FOLDER (default: the one here)",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument(
        "tool",
        metavar="TOOL",
        nargs="*",
        help="after `--`: a command to run instead of the platform's usual tool, with WHEEL and "
        "DEST among its arguments",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Repair all wheels of the build, or raise WheelnextBuildError and write none."""
    tool = [_placeholder(part, args) for part in args.tool] or list(TOOLS.get(sys.platform, ()))
    for needed in (WHEEL, FOLDER):
        if not any(needed in part for part in tool):
            name = "WHEEL" if needed == WHEEL else "DEST"
            raise RequestError(
                f"the tool's command must have {name}, as given, among its arguments"
            )
    folder = args.project or (Path() if Path("pyproject.toml").is_file() else None)
    audit = Project.load(folder).config.audit if folder else AuditConfig()
    dest = Path(args.dest)
    variants = variants_folder(args.variants, dest)
    results = repair(Path(args.wheel), dest, variants, tool=tool, audit=audit)
    if args.json:
        emit_json([_as_json(item) for item in results])
    else:
        rows = [(item.source.name, str(item.target)) for item in results]
        table("Repaired", ("wheel", "is now"), rows)
    return 0


def _placeholder(part: str, args: argparse.Namespace) -> str:
    for value, placeholder in ((args.wheel, WHEEL), (args.dest, FOLDER)):
        if part in (value, placeholder):
            return placeholder
        if part.endswith(f"={value}"):
            return f"{part.removesuffix(value)}{placeholder}"
    return part


def _as_json(item: Repaired) -> dict[str, object]:
    return {"file": str(item.source), "wheel": str(item.target), "label": item.label}
