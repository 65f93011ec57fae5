"""The words of a release's report, the same on every kind of page."""

from __future__ import annotations

from ...system.text import human_size
from ...variants.variant import NULL_LABEL
from ..choices import Choice, Taken
from ..machines import Machine
from .audited import Remark
from .contents import ReportedRelease, ReportedWheel

PLAIN_TITLE = "plain"
TIMES = "\N{MULTIPLICATION SIGN}"
NOTHING = "\N{EN DASH}"

_INDEX = {
    "missing": "There is no variants.json yet, and without it installers ignore the labelled "
    "wheels. wheelnext-build index writes it; what is said here holds from then on.",
    "stale": "The variants.json is out of date. wheelnext-build index writes it anew; what is said "
    "here holds from then on.",
}


def title_of(label: str | None) -> str:
    """What to call a column."""
    return PLAIN_TITLE if label is None else label


def counted(count: int, noun: str) -> str:
    """``1 wheel``, ``2 wheels``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def headline(release: ReportedRelease) -> str:
    """What the release consists of."""
    total = human_size(sum(wheel.size for wheel in release.wheels))
    variants = sum(label is not None for label in release.labels)
    systems = len({build.system for build in release.builds})
    parts = [
        f"{counted(len(release.wheels), 'wheel')} ({total})",
        counted(variants, "variant"),
        counted(len({build.interpreter for build in release.builds}), "interpreter"),
        counted(systems, "platform"),
    ]
    times = [wheel.seconds for wheel in release.wheels if wheel.seconds is not None]
    if times:
        parts.append(f"{sum(times):.1f} s to build")
    return ", ".join(parts)


def verdict(release: ReportedRelease, *, is_audited: bool) -> str:
    """Whether all is well, in a few words."""
    failing = sum(wheel.audit is not None and not wheel.audit.holds for wheel in release.wheels)
    parts = [counted(len(release.problems), "problem")] if release.problems else []
    if failing:
        promise = "does not hold what it promises" if failing == 1 else "do not hold their promises"
        parts.append(f"{counted(failing, 'wheel')} {promise}")
    if parts:
        return ", ".join(parts)
    return "Sound, and all promises hold" if is_audited else "Sound, but not audited"


def preferred(release: ReportedRelease) -> list[str | None]:
    """The labels as installers prefer them, the plain wheel last."""
    variants = release.labels[1:]
    return [*sorted(variants, key=lambda label: label == NULL_LABEL), None]


def group_of(machine: Machine) -> str:
    """The kind of machine: its system, and whether it has a GPU."""
    return f"{machine.system.name}{', NVIDIA GPU' if machine.driver else ''}"


def needs(wheel: ReportedWheel) -> str:
    """What the code of a wheel was found to need."""
    audit = wheel.audit
    return ", ".join((*audit.needs, *audit.architectures)) if audit else ""


def state(wheel: ReportedWheel) -> str:
    """The state of a wheel in a word or two; empty where nobody looked further."""
    if wheel.damage:
        return "damaged"
    if wheel.is_carrier:
        return "carrier"
    if wheel.audit is None:
        return ""
    return "holds" if wheel.audit.holds else "does not hold"


def times_plain(release: ReportedRelease, wheel: ReportedWheel) -> str:
    """Its size beside the plain wheel's; empty for the plain wheel, and where there is none."""
    ratio = release.ratio(wheel)
    return "" if ratio is None or wheel.label is None else f"{TIMES}{ratio:.2f}"


def seconds(wheel: ReportedWheel) -> str:
    """How long its build took."""
    return "" if wheel.seconds is None else f"{wheel.seconds:.1f} s"


def notices(release: ReportedRelease) -> list[str]:
    """What is no problem, and yet to be seen to."""
    found = [_INDEX[release.index]] if release.index in _INDEX else []
    missing = {build: release.missing(build) for build in release.builds}
    return found + [
        f"{build} has no wheel of: {', '.join(map(title_of, labels))}"
        for build, labels in missing.items()
        if labels
    ]


def properties(release: ReportedRelease, label: str | None) -> tuple[str, ...]:
    """The properties of a label, or what stands in for them."""
    if label is None:
        return ("where no variant fits, and for installers that know none",)
    return release.properties.get(label) or ("none: fits every machine",)


def taken_title(taken: Taken) -> str:
    """What a machine gets."""
    return title_of(taken.label) if taken.file else "no wheel fits"


def taken_reasons(taken: Taken) -> tuple[str, ...]:
    """Why it gets that."""
    if not taken.file:
        return ("no variant fits, and there is no plain wheel",)
    nothing = () if taken.missed else ("no variant for it",)
    return taken.because or nothing


def missed(choice: Choice) -> list[str]:
    """Why a machine gets nothing better."""
    return [f"not {label}: needs {' and '.join(lacking)}" for label, lacking in choice.missed]


def taken_where(choice: Choice, taken: Taken) -> str:
    """The interpreters that get it; empty where all do."""
    return ", ".join(taken.interpreters) if len(choice.taken) > 1 else ""


def without_variants(release: ReportedRelease) -> str:
    """What everybody else installs."""
    text = "pip, and uv without its preview of wheel variants, take the plain wheel everywhere"
    lacking = [str(build) for build in release.builds if release.is_missing(build, None)]
    return f"{text}; they find none for {', '.join(lacking)}." if lacking else f"{text}."


def remarks(
    release: ReportedRelease, *, are_errors: bool
) -> list[tuple[tuple[str, ...], list[Remark]]]:
    """What the audit found, errors or all else: remarks by the files that they are about."""
    found: dict[Remark, list[str]] = {}
    for wheel in release.wheels:
        for remark in wheel.audit.remarks if wheel.audit else ():
            if (remark.mark == "error") == are_errors:
                found.setdefault(remark, []).append(wheel.file)
    groups: dict[tuple[str, ...], list[Remark]] = {}
    for remark, files in found.items():
        groups.setdefault(tuple(files), []).append(remark)
    return list(groups.items())


def audit_summary(release: ReportedRelease) -> str:
    """The audit in a sentence."""
    judged = [wheel.audit for wheel in release.wheels if wheel.audit]
    binaries = sum(audit.binaries for audit in judged)
    holding = sum(audit.holds for audit in judged)
    return (
        f"{holding} of {counted(len(judged), 'wheel')} hold what they promise; "
        f"{counted(binaries, 'binary file')} read."
    )
