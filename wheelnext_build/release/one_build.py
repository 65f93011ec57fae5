"""Find the wheels of one build, plain and variants, given any one of them."""

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
"""The environment variable for the folder of labelled wheels."""

CONTAINER_OUTPUT = Path("/output")
"""cibuildwheel's folder in a Linux container; it copies all files in it to the output folder."""


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
        """The name without a label, which all tools accept: a carrier's for a variant."""
        if self.label is None or self.name.label is None:
            return self.name
        return replace(self.name, label=None).as_carrier(self.label)


def wheels_of_build(wheel: Path, *elsewhere: Path) -> list[BuiltWheel]:
    """Return the wheels of a wheel's build in its folder and ``elsewhere``, the plain one first.

    Raises RequestError if there is no such file, or if several wheels have not exactly one plain
    wheel among them.
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
            f"{wheel.parent}: of several wheels of one build exactly one must be plain: {names}"
        )
    return wheels


def read(path: Path) -> BuiltWheel:
    """Read a wheel's name and metadata; raise WheelError if it is damaged."""
    with WheelReader(path) as reader:
        described = checked_variant_of(reader)
    return BuiltWheel(path, reader.name, described[0] if described else None)


def variants_folder(given: Path | None, beside: Path) -> Path | None:
    """Return the folder of labelled wheels: ``given``, cibuildwheel's, or ``beside``.

    None under cibuildwheel outside of a container: it does not pass its output folder there.
    """
    if given is not None:
        return given
    if os.environ.get(VARIANTS_FOLDER):
        return Path(os.environ[VARIANTS_FOLDER])
    if "linux" in os.environ.get("CIBUILDWHEEL_BUILD_IDENTIFIER", ""):
        return CONTAINER_OUTPUT
    return None if os.environ.get("CIBUILDWHEEL") else beside


def check_container_output(folder: Path, build: Build) -> None:
    """Raise RequestError if cibuildwheel no longer collects its wheels in ``folder``.

    cibuildwheel does not document that folder. If it still uses it, then each labelled wheel of an
    earlier build has its plain wheel beside it.
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
                f"{folder} has {filename}, but not its plain wheel, so this version of "
                "cibuildwheel does not collect wheels there and variants would be lost; set "
                f"{VARIANTS_FOLDER} to a folder that outlives the container"
            )
