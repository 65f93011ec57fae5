"""``wheelnext-build test WHEEL -- COMMAND``: run tests with a wheel and its variants."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.hook_settings import LABEL_VARIABLE
from ..errors import RequestError
from ..host.host import Host
from ..release.one_build import VARIANTS_FOLDER, variants_folder, wheels_of_build
from ..release.trial import Trial, run_trials
from .output import emit_json, table

if TYPE_CHECKING:
    from .output import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the main parser."""
    parser = subparsers.add_parser(
        "test",
        help="run a command with a wheel and with each of its variants that this machine can run",
        description="Installs WHEEL, and then each variant of the same build that this machine can "
        "run, into this virtual environment, and runs COMMAND with each. Says which variants could "
        "not be tested.",
        epilog='Example, for cibuildwheel: `test-command = "wheelnext-build test {wheel} -- pytest '
        '{project}/tests"` and `test-requires = ["wheelnext-build", "pytest"]`. The tests find '
        f"the label in `${LABEL_VARIABLE}`.",
    )
    parser.add_argument(
        "wheel", metavar="WHEEL", type=Path, help="one wheel of a build, such as the plain one"
    )
    parser.add_argument(
        "command",
        metavar="COMMAND",
        nargs="+",
        help="after `--`: the command to run with each wheel",
    )
    parser.add_argument(
        "--variants",
        metavar="FOLDER",
        type=Path,
        help=f"the folder of labelled wheels, if not beside WHEEL (default: `${VARIANTS_FOLDER}`; "
        "in cibuildwheel's Linux containers its output folder)",
    )
    parser.add_argument(
        "--anyway",
        metavar="LABEL",
        action="append",
        default=[],
        help="test this variant even if this machine does not fit; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the tests; return 1 if one fails."""
    folder = variants_folder(args.variants, args.wheel.parent)
    # No folder means no variants: if there were any, the earlier repair would have failed.
    wheels = wheels_of_build(args.wheel, *([folder] if folder else []))
    labels = [wheel.title for wheel in wheels]
    if unknown := [label for label in args.anyway if label not in labels]:
        raise RequestError(f"--anyway {unknown[0]}: no such wheel; there are {', '.join(labels)}")
    trials = run_trials(wheels, args.command, Host.detect(), args.anyway)
    if args.json:
        emit_json([_as_json(trial) for trial in trials])
    else:
        rows = [(trial.wheel.path.name, trial.wheel.title, _result(trial)) for trial in trials]
        table("Tested", ("wheel", "label", "result"), rows)
    return 1 if any(trial.status for trial in trials) else 0


def _result(trial: Trial) -> str:
    if trial.status is None:
        return f"not tested: {trial.reason}"
    if trial.status == 0:
        return "passed"
    return f"failed: {trial.reason or f'status {trial.status}'}"


def _as_json(trial: Trial) -> dict[str, object]:
    return {
        "file": str(trial.wheel.path),
        "label": trial.wheel.label,
        "tested": trial.status is not None,
        "status": trial.status,
        "reason": trial.reason or None,
    }
