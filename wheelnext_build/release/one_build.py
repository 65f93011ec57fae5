"""The wheels of one build, plain and variants, found by one of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import RequestError, WheelError
from ..variants.metadata import VariantMetadata
from ..variants.variant import Variant
from ..wheels.description import checked_variant_of
from ..wheels.name import WheelName
from ..wheels.reader import WheelReader
from .platforms import Build

VARIANTS_FOLDER = "WHEELNEXT_BUILD_VARIANTS_FOLDER"
"""The environment variable that says where labelled wheels go."""

CONTAINER_OUTPUT = Path("/output")
"""cibuildwheel's folder in a container of Linux, all of which reaches the user's output folder."""


@dataclass(frozen=True)
class BuiltWheel:
    """A wheel; ``metadata`` is None for the plain one."""

    path: Path
    name: WheelName
    metadata: VariantMetadata | None

    @property
    def variant(self) -> Variant | None:
        return self.metadata.variants[0] if self.metadata else None

    @property
    def label(self) -> str | None:
        return self.variant.label if self.variant else None

    @property
    def title(self) -> str:
        return self.label or "plain"

    @property
    def accepted_name(self) -> WheelName:
        """A name without a label, which all tools accept."""
        if self.label is None or self.name.label is None:
            return self.name
        return replace(self.name, label=None).as_carrier(self.label)


def wheels_of_build(wheel: Path, *elsewhere: Path) -> list[BuiltWheel]:
    """A wheel and those of the same build in its folder and ``elsewhere``, the plain one first.

    Raises RequestError where there is no such file, or several wheels and not one plain among them.
    """
    if not wheel.is_file():
        what = "not a regular file" if wheel.exists() else "no such file"
        raise RequestError(f"{what}: {wheel}")
    own = WheelName.parse(wheel.name)
    found: dict[str, BuiltWheel] = {}
    for folder in (wheel.parent, *elsewhere):
        for path in sorted(folder.glob("*.whl")):
            name = WheelName.parse(path.name)
            if (name.release, Build.of(name)) == (own.release, Build.of(own)):
                found.setdefault(path.name, read(path))
    wheels = sorted(found.values(), key=lambda item: item.metadata is not None)
    plain = [item for item in wheels if item.metadata is None]
    if len(wheels) > 1 and len(plain) != 1:
        names = ", ".join(item.path.name for item in wheels)
        raise RequestError(
            f"{wheel.parent}: among several wheels of one build one must be plain, and only one: "
            f"{names}"
        )
    return wheels


def read(path: Path) -> BuiltWheel:
    """What a wheel says that it is; raises WheelError."""
    with WheelReader(path) as reader:
        described = checked_variant_of(reader)
    return BuiltWheel(path, reader.name, described[0] if described else None)


def variants_folder(given: Path | None, beside: Path) -> Path | None:
    """Where labelled wheels go: as asked for, as cibuildwheel has it, else beside the plain wheel.

    None under cibuildwheel outside of a container, whose output folder it does not tell.
    """
    if given is not None:
        return given
    if os.environ.get(VARIANTS_FOLDER):
        return Path(os.environ[VARIANTS_FOLDER])
    if "linux" in os.environ.get("CIBUILDWHEEL_BUILD_IDENTIFIER", ""):
        return CONTAINER_OUTPUT
    return None if os.environ.get("CIBUILDWHEEL") else beside


def check_container_output(folder: Path, build: Build) -> None:
    """Raise RequestError where cibuildwheel does not collect its wheels in ``folder`` any more.

    That it does is nowhere promised. It shows by the plain wheels of the builds before this one:
    each labelled wheel of those must have its plain one beside it.
    """
    if folder != CONTAINER_OUTPUT or not folder.is_dir():
        return
    plain, labelled = set(), {}
    for path in folder.glob("*.whl"):
        try:
            name = WheelName.parse(path.name)
        except WheelError:
            continue
        if name.label is None:
            plain.add((name.release, Build.of(name)))
        else:
            labelled[name.release, Build.of(name)] = path.name
    for key, filename in labelled.items():
        if key not in plain and key[1] != build:
            raise RequestError(
                f"{folder} has {filename}, but not the plain wheel that cibuildwheel made before "
                f"this one: its wheels go elsewhere now, and variants left here would be lost; set "
                f"{VARIANTS_FOLDER} to a folder that outlives the container"
            )
