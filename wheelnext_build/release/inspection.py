"""Inspect one wheel: its name, variant and problems."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import WheelError
from ..variants.metadata import VariantMetadata
from ..variants.variant import Variant
from ..wheels.description import record_problems, variant_of
from ..wheels.name import WheelName
from ..wheels.reader import WheelReader
from .repair import bundled


@dataclass(frozen=True)
class Inspection:
    """A wheel's name, variant, bundled libraries and problems.

    ``name`` is None if the file name is not a wheel's. ``variant`` and ``metadata`` are None in a
    plain wheel, and if variant.json cannot be read. ``bundled`` are the libraries that a repair
    tool added, ``sboms`` the documents that list them.
    """

    path: Path
    name: WheelName | None
    metadata: VariantMetadata | None
    variant: Variant | None
    problems: tuple[str, ...]
    bundled: tuple[str, ...] = ()
    sboms: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Return plain, variant or carrier; unknown if the file name is not a wheel's."""
        if self.name is None:
            return "unknown"
        if self.name.label is not None:
            return "variant"
        return "plain" if self.variant is None else "carrier"


def inspect(path: Path) -> Inspection:
    """Read a wheel; problems are returned in the result, not raised."""
    name, metadata, variant = None, None, None
    problems: list[str] = []
    parts: list[str] = []
    sboms: list[str] = []
    try:
        name = WheelName.parse(path.name)
        with WheelReader(path) as reader:
            problems += record_problems(reader)
            parts, sboms = bundled.paths(reader), bundled.documents(reader)
            described = variant_of(reader)
        if described is not None:
            metadata, variant = described
    except WheelError as error:
        problems.append(str(error))
    return Inspection(path, name, metadata, variant, tuple(problems), tuple(parts), tuple(sboms))
