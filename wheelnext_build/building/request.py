"""Make a Request from config settings: the wanted wheels and the kind of their names."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from ..config.hook_settings import (
    ALL_SETTING,
    FILENAME_SETTING,
    LABEL_SETTING,
    SETTINGS,
    Settings,
    WheelKind,
)
from ..errors import RequestError

# Modules that a call without variants does not need are imported in functions: such a call should
# be as fast as scikit-build-core's own.
if TYPE_CHECKING:
    from ..config.build_target import BuildTarget
    from ..config.config import Config, Declared


_NOT_OURS = ("variant", "variant-name", "null-variant")
"""Settings of scikit-build-core with names similar to ours."""


Installer = Literal["pip", "uv"]

TRACKER_VARIABLE = "PIP_BUILD_TRACKER"
"""Set only by pip, for the hooks that it calls."""

_UV_CACHE_BUCKET = re.compile(r"(sdists|builds|wheels)-v\d+")


@dataclass(frozen=True)
class Request:
    """The wheels that a hook was asked for.

    ``patterns`` are labels or globs. ``all_variants`` asks for the plain wheel and every variant,
    ``carriers`` for carriers instead of labelled names. ``settings`` are scikit-build-core's.
    """

    patterns: tuple[str, ...]
    all_variants: bool
    carriers: bool
    settings: dict[str, str | list[str]]

    @classmethod
    def parse(cls, config_settings: Settings | None) -> Self:
        """Read config settings as frontends pass them; raises RequestError."""
        given = dict(config_settings or {})
        for key in given:
            _check_spelling(key)
        listed = _values(given.pop(LABEL_SETTING, []))
        patterns = tuple(part for text in listed for part in _parts(text))
        if "" in patterns:
            raise RequestError(f"-C {LABEL_SETTING}= needs a label, or a glob such as 'x86_64_*'")
        everything = _values(given.pop(ALL_SETTING, []))
        if other := set(everything) - {"all"}:
            raise RequestError(
                f"-C {ALL_SETTING}={min(other)}: the only value is 'all'; choose single "
                f"variants with -C {LABEL_SETTING}=LABEL"
            )
        names = _values(given.pop(FILENAME_SETTING, []))
        if set(names) - {"label", "carrier"} or len(set(names)) > 1:
            raise RequestError(
                f"-C {FILENAME_SETTING}={' '.join(names)}: must be 'label' or 'carrier'"
            )
        return cls(patterns, bool(everything), "carrier" in names, given)

    @property
    def wants_variants(self) -> bool:
        return bool(self.patterns) or self.all_variants

    def choose(self, config: Config, target: BuildTarget) -> tuple[Declared, ...]:
        """Return the requested variants, in the order in which they are declared.

        Raises RequestError for a label or a glob that matches no variant that can be built here.
        """
        from ..config.config import NO_VARIANTS, Declared
        from ..config.matrix import select
        from ..variants.effects import Effect
        from ..variants.variant import NULL, NULL_LABEL

        if config.seed is None:
            raise RequestError(NO_VARIANTS)
        available = config.for_target(target)
        if self.all_variants and not self.patterns:
            return available
        declared = list(available)
        if NULL_LABEL in self.patterns and all(not item.variant.is_null for item in declared):
            declared.append(Declared(NULL, "null", (), Effect()))
        labels = [item.variant.label for item in declared]
        chosen: set[str] = set(labels if self.all_variants else ())
        for pattern in self.patterns:
            chosen.update(select(labels, pattern) or _nothing(pattern, labels, config, target))
        return tuple(item for item in declared if item.variant.label in chosen)


def installer(wheel_directory: str | None = None) -> Installer | None:
    """Return the installer that will install the wheel, or None if there is no sign of one.

    Installers reject labelled names. pip sets a variable for the hooks that it calls. uv does not,
    but it builds the wheels that it installs in its cache.
    """
    if TRACKER_VARIABLE in os.environ:
        return "pip"
    if wheel_directory is not None:
        folders = Path(wheel_directory).absolute()
        for folder in (folders, *folders.parents):
            if _UV_CACHE_BUCKET.fullmatch(folder.name) and _is_cache(folder.parent):
                return "uv"
    return None


def _is_cache(folder: Path) -> bool:
    return (folder / "CACHEDIR.TAG").is_file()


def check_count(
    request: Request, chosen: tuple[Declared, ...], kind: WheelKind, wheel_directory: str | None
) -> bool:
    """Return whether an installer asks for the wheel.

    Every frontend that asks for an editable wheel counts as an installer, too, when the number of
    wheels is checked. Raises RequestError if an installer would get more than one wheel.
    """
    client = installer(wheel_directory)
    if client is not None or kind == "editable":
        check_installable(chosen, request, client or "pip")
    return client is not None


def check_installable(chosen: tuple[Declared, ...], request: Request, client: Installer) -> None:
    """Raise RequestError if an installer, which takes one wheel, would get more."""
    if len(chosen) + request.all_variants == 1:
        return
    labels = ", ".join(item.variant.label for item in chosen)
    command = "pip install" if client == "pip" else "uv pip install"
    raise RequestError(
        f"{command} takes one wheel, but {len(chosen) + request.all_variants} are asked for "
        f"({'the plain one, ' if request.all_variants else ''}{labels}): name one of them with "
        f"-C {LABEL_SETTING}=LABEL, or build all of them into a folder with "
        "'python -m build --wheel -C variants=all' or 'wheelnext-build build'"
    )


def _nothing(pattern: str, labels: list[str], config: Config, target: BuildTarget) -> tuple[str]:
    from ..config.matrix import is_glob
    from ..config.toml_table import did_you_mean

    for item in config.declared:
        reason = item.left_out(target)
        if item.variant.label == pattern and reason is not None:
            raise RequestError(f"variant {pattern!r} is not for this build: {reason}")
    known = ", ".join(labels) or "none"
    hint = "" if is_glob(pattern) else did_you_mean(pattern, labels)
    raise RequestError(
        f"-C {LABEL_SETTING}={pattern} matches no variant{'; ' + hint if hint else ''}; "
        f"labels for this build: {known}"
    )


def _check_spelling(key: str) -> None:
    if key in SETTINGS:
        return
    normal = key.replace("_", "-").replace(".", "-").lower()
    if normal in SETTINGS:
        raise RequestError(f"-C {key}: did you mean -C {normal}?")
    if "." in key or normal in _NOT_OURS:
        return
    from ..config.toml_table import did_you_mean

    if hint := did_you_mean(normal, SETTINGS):
        raise RequestError(f"-C {key}: {hint}")


def _parts(text: str) -> list[str]:
    """Return the labels and globs between commas; commas in braces belong to a glob."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "{") - (character == "}" and depth > 0)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _values(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
