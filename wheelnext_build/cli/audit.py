"""``wheelnext-build audit WHEEL...``: whether the binaries of wheels are what these promise."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..audit.isa import levels
from ..errors import RequestError
from .output import emit_json, table

if TYPE_CHECKING:
    from ..audit.verdict import Finding, Verdict
    from .output import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the main parser."""
    parser = subparsers.add_parser(
        "audit",
        help="check that binaries need no more than their wheel promises",
        description="Read the code of all binaries in each WHEEL and compare what it needs with "
        "what the wheel promises; status 1 where a promise does not hold.",
    )
    parser.add_argument("wheels", metavar="WHEEL", type=Path, nargs="+")
    parser.add_argument(
        "--baseline",
        choices=("v1", "v2", "v3", "v4"),
        default="v1",
        help="the x86-64 level that plain wheels may need (default: v1)",
    )
    parser.add_argument(
        "--aarch64-baseline",
        choices=levels("aarch64"),
        default="8a",
        help="the same for aarch64 (default: 8a)",
    )
    parser.add_argument("--jobs", type=int, default=0, help="files read at once")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what was found; raises RequestError where a file does not exist."""
    missing = [str(path) for path in args.wheels if not path.is_file()]
    if missing:
        raise RequestError(f"no such file: {', '.join(missing)}")
    from ..audit.wheels import audit_wheels

    baselines = {"x86_64": args.baseline, "aarch64": args.aarch64_baseline}
    verdicts = audit_wheels(args.wheels, baselines=baselines, jobs=args.jobs)
    if args.json:
        emit_json([_as_json(verdict) for verdict in verdicts])
    else:
        _print(verdicts)
    return 0 if all(verdict.holds for verdict in verdicts) else 1


def _print(verdicts: Sequence[Verdict]) -> None:
    rows = [
        (
            verdict.wheel,
            verdict.promise.described,
            _found(verdict),
            "holds" if verdict.holds else "does not hold",
        )
        for verdict in verdicts
    ]
    table("Audit", ("wheel", "promise", "found", "verdict"), rows)
    for verdict in verdicts:
        for finding in verdict.findings:
            print(f"\n{_mark(finding)}: {verdict.wheel}: {finding}")
            if finding.allowed_by:
                print(f"  allowed: {finding.allowed_by}")


def _mark(finding: Finding) -> str:
    if finding.allowed_by:
        return "allowed"
    return "error" if finding.is_error else "note"


def _found(verdict: Verdict) -> str:
    from ..audit.isa import beyond_levels

    parts = []
    for machine in verdict.machines:
        beyond = beyond_levels(verdict.extensions(machine), machine)
        parts.append(" + ".join([f"{machine} {verdict.level(machine)}", *beyond]))
    architectures = {name for item in verdict.binaries for name in item.architectures}
    if architectures:
        parts.append("GPU " + ", ".join(sorted(architectures)))
    count = len(verdict.binaries)
    return f"{', '.join(parts) or 'nothing'} in {count} binar{'y' if count == 1 else 'ies'}"


def _as_json(verdict: Verdict) -> dict[str, object]:
    return {
        "wheel": verdict.wheel,
        "promise": verdict.promise.described,
        "holds": verdict.holds,
        "levels": {machine: verdict.level(machine) for machine in verdict.machines},
        "extensions": {
            machine: sorted(verdict.extensions(machine)) for machine in verdict.machines
        },
        "binaries": [
            {
                "path": item.path,
                "format": item.format,
                "machine": item.survey.machine,
                "code_size": item.survey.code_size,
                "functions": item.survey.functions,
                **{
                    kind: {
                        name: {
                            "functions": len(places),
                            "places": [
                                {
                                    "function": place.function,
                                    "address": place.address,
                                    "instruction": place.instruction,
                                }
                                for place in places
                                if place.instruction
                            ],
                        }
                        for name, places in sorted(getattr(item.survey, kind).items())
                    }
                    for kind in ("needs", "dispatched", "unsure")
                },
                "architectures": list(item.architectures),
                "needed": list(item.needed),
                "declared": list(item.declared),
                "error": item.error or None,
            }
            for item in verdict.binaries
        ],
        "findings": [
            {
                "kind": finding.kind,
                "path": finding.path,
                "text": finding.text,
                "extension": finding.extension or None,
                "is_error": finding.is_error,
                "allowed_by": finding.allowed_by or None,
            }
            for finding in verdict.findings
        ],
    }
