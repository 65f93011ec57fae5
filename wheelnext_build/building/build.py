"""Build wheels: stage all of them, judge them together, and publish those that passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import BuildError, WheelError
from ..system.announce import WheelNews, announce
from ..system.locks import wheel_folders
from ..system.publishing import output_folder, publish
from . import prepared
from .plan import Plan
from .schedule import schedule
from .self_check import judged_together
from .worker import Outcome
from .workspace import workspace


def build(plan: Plan, wheel_directory: Path, metadata_directory: Path | None) -> str:
    """Build the wheels of a resolved plan; return the file name of the first one.

    ``metadata_directory`` has the metadata that was prepared for it, if any. Raises BuildError with
    all failures; wheels that passed are published, each of them complete. Raises WheelError if the
    metadata differs; nothing is published then.
    """
    folder = wheel_directory.absolute()
    with output_folder(folder), workspace(plan) as space:
        outcomes = _judged(plan, schedule(plan, space, folder))
        if metadata_directory is not None and outcomes[0].wheel is not None:
            prepared.check(metadata_directory, outcomes[0].wheel.path)
        names = _published(plan, outcomes, folder)
    _raise_failures(outcomes, len(plan.jobs))
    return names[0]


def _published(plan: Plan, outcomes: Sequence[Outcome], folder: Path) -> list[str]:
    """Publish the wheels that passed; return their file names."""
    names: list[str] = []
    staged = [(outcome, outcome.wheel.path) for outcome in outcomes if outcome.wheel is not None]
    with wheel_folders(folder):
        try:
            for _, path in staged:
                names.append(publish(path, folder).name)
        except WheelError:
            for outcome, _ in staged[len(names) :]:
                _announce_failure(plan, outcome)
            raise
    return names


def _judged(plan: Plan, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes in the order of the request, after judging all wheels together."""
    outcomes = sorted(outcomes, key=lambda outcome: outcome.number)
    audited = [outcome.wheel.audited for outcome in outcomes if outcome.wheel is not None]
    errors = judged_together(plan.config.audit, [item for item in audited if item is not None])
    judged = []
    for outcome in outcomes:
        error = errors.get(outcome.title)
        if error is None:
            judged.append(outcome)
            continue
        _announce_failure(plan, outcome)
        judged.append(replace(outcome, wheel=None, error=error))
    return judged


def _announce_failure(plan: Plan, outcome: Outcome) -> None:
    announce(WheelNews(outcome.number, len(plan.jobs), outcome.title, "failed"))


def _raise_failures(outcomes: Sequence[Outcome], total: int) -> None:
    failures = [outcome.error for outcome in outcomes if outcome.error]
    if not failures:
        return
    built = len(outcomes) - len(failures)
    last = f"{built} of {total} wheels were built"
    if left := total - len(outcomes):
        last += f"; {left} more were not tried (--keep-going tries all)"
    raise BuildError("\n".join([*failures, last]))
