"""``wheelnext-build report FOLDER``: show a release as a page for people."""

from __future__ import annotations

import argparse
import io
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.audit_settings import AuditConfig
from ..config.project import Project
from ..errors import RequestError
from ..release.report import html, markdown
from ..release.report.contents import ReleaseReport, ReportedRelease, ReportedWheel
from ..release.report.gather import gather
from ..release.report.layout import make_page, verdict
from ..system.files import read_input
from ..system.publishing import atomic_file
from .output import emit_json

if TYPE_CHECKING:
    from .output import Subparsers

STDOUT = Path("-")


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the main parser."""
    parser = subparsers.add_parser(
        "report",
        help="show a release as a page: wheels, sizes, audit, and the wheel of each machine",
        description="Reads all wheels in FOLDER and shows each release: its matrix, its problems, "
        "the findings of the audit, and which machines get which wheel. Status 1 if a wheel is "
        "not valid or breaks its promise.",
        epilog="In a job of GitHub Actions: "
        '`wheelnext-build report dist --markdown - >> "$GITHUB_STEP_SUMMARY"`',
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="the folder of wheels")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write an HTML page to FILE")
    parser.add_argument(
        "--markdown",
        metavar="FILE",
        type=Path,
        help="write Markdown to FILE; `-` is standard output, which is the default",
    )
    parser.add_argument("--json", action="store_true", help="print the data as JSON")
    parser.add_argument("--no-audit", action="store_true", help="do not read the binaries")
    parser.add_argument(
        "--project",
        metavar="FOLDER",
        type=Path,
        help="take the audit's rules and baselines from the pyproject.toml in FOLDER",
    )
    parser.add_argument(
        "--times",
        metavar="FILE",
        type=Path,
        help="show the build times of the wheels; FILE is the output of `wheelnext-build build "
        "--json`",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the report; return 1 if a wheel has a problem."""
    if args.json and args.markdown == STDOUT:
        raise RequestError("--json and --markdown - both print: give one of them a file")
    config = Project.load(args.project).config.audit if args.project else AuditConfig()
    seconds = _seconds(args.times) if args.times else {}
    report = gather(args.folder, None if args.no_audit else config, seconds)
    if args.html:
        _write(args.html, html.render(make_page(report)), report)
    if args.json:
        emit_json(_as_json(report))
    elif args.markdown not in (None, STDOUT):
        _write(args.markdown, markdown.render(make_page(report)), report)
    elif args.markdown or not args.html:
        _print(markdown.render(make_page(report)))
    return 0 if report.is_sound else 1


def _seconds(path: Path) -> dict[str, float]:
    """Return build times by file name; raise RequestError unless the file is JSON of build."""
    try:
        entries = json.loads(read_input(path))
        if not isinstance(entries, list):
            raise TypeError
        seconds = {Path(entry["file"]).name: float(entry["seconds"]) for entry in entries}
        if not all(0 <= value < math.inf for value in seconds.values()):
            raise ValueError
        return seconds
    except OSError as error:
        raise RequestError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        raise RequestError(f"{path}: is not what `wheelnext-build build --json` prints") from None


def _write(path: Path, text: str, report: ReleaseReport) -> None:
    with atomic_file(path) as stream:
        stream.write(text.encode())
    for release in report.releases:
        said = verdict(release, is_audited=report.is_audited)
        # Standard output may be needed for the JSON.
        print(f"{path}: {release}: {said}", file=sys.stderr)


def _print(text: str) -> None:
    # Output that is redirected to a file is UTF-8 on every system.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    print(text, end="")


def _as_json(report: ReleaseReport) -> dict[str, object]:
    return {
        "sound": report.is_sound,
        "audited": report.is_audited,
        "problems": list(report.problems),
        "notes": list(report.notes),
        "releases": [_release(release) for release in report.releases],
    }


def _release(release: ReportedRelease) -> dict[str, object]:
    return {
        "project": release.project,
        "version": release.version,
        "sound": release.is_sound,
        "variants-json": release.index,
        "labels": list(release.labels),
        "properties": {label: list(items) for label, items in release.properties.items()},
        "problems": list(release.problems),
        "missing": {
            str(build): list(missing)
            for build in release.builds
            if (missing := release.missing(build))
        },
        "wheels": [_wheel(release, wheel) for wheel in release.wheels],
        "machines": [
            {
                "machine": choice.machine.name,
                "system": choice.machine.system.name,
                "has": choice.machine.described,
                "gets": [
                    {
                        "file": taken.file or None,
                        "label": taken.label,
                        "because": list(taken.because),
                        "interpreters": list(taken.interpreters),
                    }
                    for taken in choice.taken
                ],
                "missed": [
                    {"label": label, "needs": list(needs)} for label, needs in choice.missed
                ],
            }
            for choice in release.choices
        ],
        "systems-without-wheel": list(release.without),
    }


def _wheel(release: ReportedRelease, wheel: ReportedWheel) -> dict[str, object]:
    audit = wheel.audit
    return {
        "file": wheel.file,
        "build": str(wheel.build),
        "label": wheel.label,
        "carrier": wheel.is_carrier,
        "size": wheel.size,
        "beside-plain": release.ratio(wheel),
        "seconds": wheel.seconds,
        "sound": wheel.is_sound,
        "problems": list(wheel.damage),
        "audit": audit
        and {
            "holds": audit.holds,
            "promise": audit.promise,
            "needs": list(audit.needs),
            "architectures": list(audit.architectures),
            "binaries": audit.binaries,
            "findings": [{"mark": item.mark, "text": item.text} for item in audit.remarks],
        },
    }
