"""Names of wheels, as in the binary distribution format, with PEP 825's label at the end."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Self

from ..errors import WheelError
from ..variants.variant import is_label

if TYPE_CHECKING:
    from packaging.tags import Tag

_MOST_TAGS = 1 << 10
"""Most tags that a name may stand for; one with more is an attack on its readers' time."""

_PROJECT = re.compile(r"[^\W-]+(\.[^\W-]+)*", re.ASCII)
_VERSION = re.compile(r"[\w.!+]+", re.ASCII)
_TAG = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_BUILD = re.compile(r"\d[\w.]*", re.ASCII)


@lru_cache(maxsize=512)
def _tags(text: str) -> frozenset[Tag]:
    from packaging.tags import parse_tag

    return parse_tag(text)


@dataclass(frozen=True)
class WheelName:
    """``{project}-{version}(-{build})?-{python}-{abi}-{platform}(-{label})?.whl``, in parts.

    ``build`` is empty and ``label`` is None if the name has none.
    """

    project: str
    version: str
    build: str
    python: str
    abi: str
    platform: str
    label: str | None = None

    @classmethod
    def parse(cls, filename: str) -> Self:
        """Return the parts of a file name; raise :class:`~wheelnext_build.errors.WheelError`."""
        stem, dot, suffix = filename.rpartition(".")
        parts = stem.split("-")
        if not dot or suffix != "whl" or not 5 <= len(parts) <= 7:
            raise WheelError(f"{filename}: not a wheel's file name")
        project, version, *rest = parts
        # No Python tag begins with a digit, so a third part that does is the build tag.
        build = rest.pop(0) if _BUILD.fullmatch(rest[0]) else ""
        label = rest.pop() if len(rest) == 4 else None
        if (
            len(rest) != 3
            or not _PROJECT.fullmatch(project)
            or not _VERSION.fullmatch(version)
            or not all(map(_TAG.fullmatch, rest))
        ):
            raise WheelError(f"{filename}: not a wheel's file name")
        if label is not None and not is_label(label):
            raise WheelError(f"{filename}: {label!r} cannot be a variant's label")
        if math.prod(part.count(".") + 1 for part in rest) > _MOST_TAGS:
            raise WheelError(f"{filename}: has more than {_MOST_TAGS} tags")
        python, abi, platform = rest
        return cls(project, version, build, python, abi, platform, label)

    @property
    def filename(self) -> str:
        parts = [self.project, self.version, self.build, self.python, self.abi, self.platform]
        return "-".join([*filter(None, parts), *([self.label] if self.label else [])]) + ".whl"

    @property
    def release(self) -> str:
        """Return ``{project}-{version}``, with which the names of a release's files begin."""
        return f"{self.project}-{self.version}"

    def tags(self) -> frozenset[Tag]:
        """Return all of the name's compatibility tags."""
        return _tags(f"{self.python}-{self.abi}-{self.platform}")

    def as_variant(self, label: str) -> Self:
        """Return the name with this label."""
        return replace(self, label=label)

    def as_carrier(self, label: str) -> Self:
        """Return the name under which tools that reject labels accept the variant.

        The label is in the build tag: after a digit, because every build tag begins with one, or
        after the wheel's own build tag and an underscore.
        """
        build = f"{self.build}_{label}" if self.build else f"0{label}"
        return replace(self, label=None, build=build)

    def carried(self, label: str) -> Self | None:
        """Return the labelled name if this is a carrier of ``label``, else None."""
        if self.label is not None:
            return None
        if self.build == f"0{label}":
            return replace(self, build="", label=label)
        if self.build.endswith(f"_{label}"):
            return replace(self, build=self.build.removesuffix(f"_{label}"), label=label)
        return None
