"""``wheelnext-build audit WHEEL...``: compare the binaries of wheels with their promises."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..audit import REQUIREMENT, is_available
from ..config.audit_settings import AuditConfig
from ..config.project import Project
from ..errors import RequestError
from ..release.index.variants_json import carried_label, carrier_warning
from ..variants.instruction_sets import levels
from ..wheels.name import WheelName
from . import wheels
from .output import emit_json, say, table

if TYPE_CHECKING:
    from ..audit.code.needs import CodePlace
    from ..audit.verdict import Found, Verdict
    from ..variants.allowance import Allowance
    from .output import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the main parser."""
    parser = subparsers.add_parser(
        "audit",
        help="check that binaries need no more than their wheel promises",
        description="Reads the code of all binaries in each WHEEL and compares the instruction "
        "sets and GPU architectures that it needs with the promise of the wheel; status 1 if a "
        "wheel breaks its promise.",
    )
    wheels.add_arguments(parser)
    parser.add_argument(
        "--baseline",
        choices=levels("x86_64"),
        help="the x86-64 level that plain wheels may need (default: the project's, or v1)",
    )
    parser.add_argument(
        "--aarch64-baseline",
        choices=levels("aarch64"),
        help="the aarch64 version that plain wheels may need (default: the project's, or 8a)",
    )
    parser.add_argument(
        "--project",
        metavar="FOLDER",
        type=Path,
        help="take rules and baselines from the pyproject.toml in FOLDER",
    )
    parser.add_argument(
        "--suggest",
        action="store_true",
        help="print rules for pyproject.toml that would allow the errors found",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=0,
        metavar="N",
        help="read at most N files at once; default: one for each processor",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the verdicts; raise RequestError if a file does not exist."""
    wheels.check(args.wheels)
    verdicts, rules = _audit(args)
    if args.json:
        emit_json([_as_json(verdict) for verdict in verdicts])
    elif args.suggest:
        from ..audit.suggestion import suggestion

        print(suggestion(verdicts), end="")
    else:
        _print(verdicts)
        for path in args.wheels:
            if label := carried_label(path):
                say(f"\nwarning: {carrier_warning(WheelName.parse(path.name), label)}")
        for rule in rules:
            say(f"\nnote: the rule for {rule.path!r} allows nothing in these wheels: remove it?")
    return 0 if all(verdict.holds for verdict in verdicts) else 1


def _audit(args: argparse.Namespace) -> tuple[list[Verdict], list[Allowance]]:
    """Return the verdicts, and the project's rules that apply to no wheel."""
    if not is_available():
        raise RequestError(f"the audit needs lief: python -m pip install '{REQUIREMENT}'")
    from ..audit.comparison import compared_by_build
    from ..audit.verdict import unused
    from ..audit.wheels import audit_wheels

    config = Project.load(args.project).config.audit if args.project else AuditConfig()
    baselines = dict(config.baselines)
    if args.baseline:
        baselines["x86_64"] = args.baseline
    if args.aarch64_baseline:
        baselines["aarch64"] = args.aarch64_baseline
    found = audit_wheels(args.wheels, baselines=baselines, rules=config.rules, jobs=args.jobs)
    verdicts = compared_by_build(found)
    return verdicts, unused(config.rules, verdicts)


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
            say(f"\n{finding.mark}: {verdict.wheel}: {finding}")
            if finding.allowed:
                say(f"  allowed: {finding.allowed.reason}")


def _found(verdict: Verdict) -> str:
    parts = [*verdict.needs]
    if verdict.architectures:
        parts.append("GPU " + ", ".join(verdict.architectures))
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
        "binaries": [_binary(item) for item in verdict.binaries],
        "findings": [
            {
                "kind": finding.kind,
                "path": finding.path,
                "text": finding.text,
                "extension": finding.extension or None,
                "is_error": finding.is_error,
                "allowed_by": finding.allowed.reason if finding.allowed else None,
            }
            for finding in verdict.findings
        ],
    }


def _binary(item: Found) -> dict[str, object]:
    survey = item.survey
    return {
        "path": item.path,
        "format": item.format,
        "machine": survey.machine,
        "code_size": survey.code_size,
        "functions": survey.functions,
        "needs": _places(survey.needs),
        "dispatched": _places(survey.dispatched),
        "unsure": _places(survey.unsure),
        "architectures": list(item.architectures),
        "needed": list(item.needed),
        "declared": list(item.declared),
        "error": item.error or None,
    }


def _places(found: Mapping[str, Sequence[CodePlace]]) -> dict[str, object]:
    """Return the functions that need each extension; places only if the instruction is known."""
    return {
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
        for name, places in sorted(found.items())
    }
