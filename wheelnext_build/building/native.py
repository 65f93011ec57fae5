"""``-C variant-label=native``: the variant that an installer would choose on this machine.

Each hook is a separate process and chooses again. The choice depends only on pyproject.toml, the
machine and the environment, so it is the same in all hooks.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from ..config.build_target import HOST_PLATFORM, BuildTarget, family
from ..config.config import Config
from ..config.hook_settings import LABEL_SETTING, NATIVE, PLAIN
from ..config.project import Project
from ..errors import RequestError
from ..host.host import Host
from ..variants.metadata import VariantMetadata
from ..variants.order import RankedVariant, supported_properties
from .request import Request


@dataclass(frozen=True)
class NativeChoice:
    """The meaning of ``native`` on this machine: a label, or None for the plain wheel.

    ``lines`` explain the choice; the first one names it.
    """

    label: str | None
    lines: tuple[str, ...]


def resolved(
    request: Request, project: Project, tell: Callable[[str], None] | None = None
) -> Request:
    """Return the request with ``native`` replaced by a label, or removed for the plain wheel.

    ``tell`` is called with each line about the choice. If the project declares a variant called
    native, that one is built. Raises RequestError if ``native`` is
    requested together with others, or if the build is for another machine.
    """
    if NATIVE not in request.patterns:
        return request
    config = project.config
    if any(item.variant.label == NATIVE for item in config.declared):
        return request
    if request.all_variants or set(request.patterns) != {NATIVE}:
        raise RequestError(
            f"-C {LABEL_SETTING}={NATIVE} chooses one wheel for this machine and stands alone: "
            "leave out the other labels and 'variants=all'"
        )
    choice = choose(config, project.target(request.settings))
    if tell is not None:
        for line in choice.lines:
            tell(line)
    return replace(request, patterns=() if choice.label is None else (choice.label,))


def choose(config: Config, target: BuildTarget, host: Host | None = None) -> NativeChoice:
    """Return the best variant for ``target`` that ``host`` (default: this machine) supports.

    The order is an installer's: variants, the null variant if it is declared, the plain wheel.
    Raises RequestError if the build is for another kind of machine than this one.
    """
    own = _own_machine()
    if target.machine != own:
        raise RequestError(
            f"-C {LABEL_SETTING}={NATIVE} is for the machine that builds, which is {own}, but "
            f"this build is for {target.machine}: name a variant with -C {LABEL_SETTING}=LABEL"
        )
    available = config.for_target(target)
    for namespace in config.unasked:
        raise RequestError(
            f"-C {LABEL_SETTING}={NATIVE} cannot choose: the order of the values of {namespace!r} "
            "is known only when its provider has been asked, while building; name a variant with "
            f"-C {LABEL_SETTING}=LABEL"
        )
    if config.metadata is None or not available:
        none = "the project declares no variants"
        return _line(PLAIN, f"{none} for this build" if config.declared else none)
    host = Host.detect() if host is None else host
    labels = {item.variant.label for item in available}
    ranked = [item for item in host.rank(config.metadata) if item.variant.label in labels]
    notes = [f"{NATIVE}: {note}" for note in host.notes]
    notes += _passed_by(config.metadata, host, ranked)
    fitting = [item.variant.label for item in ranked if item.compatible]
    if not fitting:
        choice = _line(PLAIN, f"no variant fits this machine: {_why_not(ranked)}")
    else:
        choice = _line(fitting[0], f"supported here: {', '.join(fitting)}")
    return replace(choice, lines=(*choice.lines, *notes))


def _own_machine() -> str:
    # If a cross build sets this variable, sysconfig reports the target machine.
    if HOST_PLATFORM in os.environ:
        return family(platform.machine())
    return BuildTarget.detect(env={}).machine


def _line(name: str, reason: str) -> NativeChoice:
    return NativeChoice(None if name == PLAIN else name, (f"{NATIVE}: {name} ({reason})",))


def _why_not(ranked: Collection[RankedVariant]) -> str:
    """Return the first property of each variant that this machine does not support."""
    return "; ".join(f"{item.variant.label} {item.unsupported[0]}" for item in ranked)


def _passed_by(
    metadata: VariantMetadata, host: Host, ranked: Collection[RankedVariant]
) -> list[str]:
    """Return a line for each namespace of these variants that has no supported value here."""
    known = supported_properties(metadata, host.supported(metadata))
    reasons = {
        missing.namespace: missing.reason
        for item in ranked
        for missing in item.unsupported
        if missing.namespace not in known
    }
    return [
        f"{NATIVE}: variants of {name} are passed by: {reason}" for name, reason in reasons.items()
    ]
