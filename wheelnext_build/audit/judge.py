"""The judgement: compare the content of a wheel with its promise."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from ..variants.allowance import Allowance
from ..variants.instruction_sets import sorted_by_level
from .code.needs import CodePlace
from .cuda_libraries import missing_package, too_new_for
from .formats.gpu_files import FORMATS
from .formats.hipbundle import UNKNOWN
from .promise import BASELINES, Promise
from .verdict import Finding, Found, Verdict

LEAKS = "Built with -march=native? See docs/audit.md#leaks"
_MAX_SHOWN = 3
_SUFFIX = re.compile(r"[af]_real$")


def judge(
    wheel: str,
    promise: Promise,
    binaries: Sequence[Found],
    rules: Sequence[Allowance] = (),
    requires: Collection[str] = (),
) -> Verdict:
    """Return the verdict on a wheel: its binaries compared with its promise.

    ``requires`` are the normalized names of the wheel's dependencies.
    """
    findings: list[Finding] = []
    for found in binaries:
        if found.error:
            findings.append(Finding("unread", found.path, found.error))
            continue
        findings += _leaks(found, promise, rules)
        findings += _declared(found, promise, rules)
        findings += _libraries(found, promise, rules)
    findings += _machines(binaries, promise, rules)
    findings += _architectures(binaries, promise, rules)
    findings += _dependencies(binaries, requires)
    has_code = any(item.survey.machine in BASELINES and item.survey.code_size for item in binaries)
    if not promise.is_baseline and not has_code:
        text = (
            f"no machine code in it that could be read, so nothing that needs {promise.described}"
        )
        findings.append(Finding("nothing-read", "", text))
    return Verdict(wheel, promise, tuple(binaries), tuple(findings))


def _leaks(found: Found, promise: Promise, rules: Sequence[Allowance]) -> Iterable[Finding]:
    allowed = promise.extensions.get(found.survey.machine, frozenset())
    for extension in sorted_by_level(found.survey.needs.keys() - allowed):
        places = found.survey.needs[extension]
        for rule in rules:
            covered = [item for item in places if rule.covers(found.path, extension, item.function)]
            if covered:
                yield _leak(found, promise, extension, covered, rule)
                places = [item for item in places if item not in covered]
        if places:
            yield _leak(found, promise, extension, places)
    for extension in sorted_by_level(found.survey.unsure.keys() - allowed):
        places = found.survey.unsure[extension]
        text = (
            f"{_count(places)} between functions read like {extension}, but nothing leads there: "
            f"data, most likely ({_shown(places)})"
        )
        yield Finding("leak", found.path, text, extension, is_error=False)


def _leak(
    found: Found,
    promise: Promise,
    extension: str,
    places: Sequence[CodePlace],
    rule: Allowance | None = None,
) -> Finding:
    text = (
        f"{_count(places)} need{'s' if len(places) == 1 else ''} {extension}, beyond "
        f"{promise.described}: {_shown(places)}. {LEAKS}"
    )
    symbols = tuple(item.function for item in places)
    return Finding("leak", found.path, text, extension, symbols, allowed=rule)


def _declared(found: Found, promise: Promise, rules: Sequence[Allowance]) -> Iterable[Finding]:
    for level in found.declared:
        if level > promise.levels["x86_64"]:
            text = (
                f"an ELF note says that it needs x86-64-{level}, beyond {promise.described}; the "
                "loader refuses it on other processors (-z x86-64-...)"
            )
            yield Finding("declared", found.path, text, allowed=_rule_for(found, rules))


def _machines(
    binaries: Sequence[Found], promise: Promise, rules: Sequence[Allowance]
) -> Iterable[Finding]:
    """Yield a finding for each file that runs on none of the wheel's processors.

    For a fat file, one suitable part is enough.
    """
    files: dict[str, list[Found]] = {}
    for found in binaries:
        if found.survey.machine in BASELINES:
            files.setdefault(found.checksum or found.path, []).append(found)
    for parts in files.values():
        there = {part.survey.machine for part in parts}
        if promise.machines and promise.machines.isdisjoint(there):
            text = (
                f"is code for {' and '.join(sorted(there))}; the wheel's platform tag is for "
                f"{' and '.join(sorted(promise.machines))}"
            )
            yield Finding("machine", parts[0].path, text, allowed=_rule_for(parts[0], rules))


def _architectures(
    binaries: Sequence[Found], promise: Promise, rules: Sequence[Allowance]
) -> Iterable[Finding]:
    """Yield a finding for GPU code that is missing, or is for other architectures than promised.

    Each binary must have code for all architectures. Files that hold only GPU code are judged
    together. A cubin does not record the suffix ``a`` or ``f`` of its architecture, so it counts
    for the architecture with its number.
    """
    packed = [found for found in binaries if UNKNOWN in found.architectures]
    for found in packed:
        text = "its GPU code is packed by zstd; to read it, install wheelnext-build[audit]"
        is_promised = any(name.startswith("gfx") for name in promise.architectures or ())
        yield Finding("unread", found.path, text, is_error=is_promised)
    if promise.architectures is None or packed:
        return
    alone: dict[str, str] = {}
    for found in binaries:
        if found.format in FORMATS:
            alone |= dict.fromkeys(found.architectures, found.path)
        elif found.architectures:
            there = dict.fromkeys(found.architectures, found.path)
            yield from _compared(there, promise.architectures, _rule_for(found, rules), found.path)
    if alone:
        for name in promise.architectures - alone.keys():
            bare = _SUFFIX.sub("_real", name)
            if bare != name and bare in alone:
                alone[name] = alone.pop(bare)
        path = min(alone.values())
        rule = next((rule for rule in rules if rule.covers_file(path)), None)
        yield from _compared(alone, promise.architectures, rule, path)
    if not alone and not any(item.architectures for item in binaries):
        wanted = ", ".join(sorted(promise.architectures))
        yield Finding("architectures", "", f"no GPU code in it; it promises {wanted}")


def _compared(
    there: Mapping[str, str], promised: frozenset[str], rule: Allowance | None, path: str
) -> Iterable[Finding]:
    missing, extra = promised - there.keys(), there.keys() - promised
    if not missing and not extra:
        return
    parts = [f"has no {', '.join(sorted(missing))}"] if missing else []
    parts += [f"has {', '.join(sorted(extra))} beyond it"] if extra else []
    wanted = ", ".join(sorted(promised))
    is_amd = any(name.startswith("gfx") for name in promised)
    feature = "amd :: gfx_arch" if is_amd else "nvidia :: sm_arch"
    text = f"GPU code {' and '.join(parts)}; {feature} promises {wanted}"
    yield Finding("architectures", path, text, allowed=rule)


def _libraries(found: Found, promise: Promise, rules: Sequence[Allowance]) -> Iterable[Finding]:
    """Yield a finding for each CUDA library that needs a newer driver than the wheel promises."""
    for library in found.needed:
        version = too_new_for(library, promise.cuda)
        if version:
            text = (
                f"loads {library}, which needs a driver for CUDA {version}; nvidia :: "
                f"cuda_version_lower_bound promises {promise.cuda}"
            )
            yield Finding("driver", found.path, text, allowed=_rule_for(found, rules))


def _dependencies(binaries: Sequence[Found], requires: Collection[str]) -> Iterable[Finding]:
    """Yield a note for each CUDA library that no dependency installs; the system may have it."""
    bundled = {PurePosixPath(found.path).name for found in binaries}
    for found in binaries:
        for library in found.needed:
            package = missing_package(library, bundled, requires)
            if package:
                text = (
                    f"loads {library}, which the wheel neither bundles nor requires: it is in "
                    f"{package}"
                )
                yield Finding("dependency", found.path, text, is_error=False)


def _rule_for(found: Found, rules: Sequence[Allowance]) -> Allowance | None:
    """Return the rule for a whole file, if there is one."""
    return next((rule for rule in rules if rule.covers_file(found.path)), None)


def _count(places: Sequence[CodePlace]) -> str:
    return f"{len(places)} function{'s' if len(places) != 1 else ''}"


def _shown(places: Sequence[CodePlace]) -> str:
    more = len(places) - _MAX_SHOWN
    shown = ", ".join(map(str, places[:_MAX_SHOWN]))
    return f"{shown}, and {more} more" if more > 0 else shown
