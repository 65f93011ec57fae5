"""Plan the labelling of one wheel: a carrier gets its label, a plain wheel becomes a variant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import RequestError
from ..variants.metadata import VariantMetadata
from .dependencies import Changes
from .description import checked_variant_of
from .name import WheelName
from .reader import WheelReader
from .stamp import release_carrier, stamp


@dataclass(frozen=True)
class LabelStep:
    """The planned change of one wheel.

    ``target`` is its path afterwards, the same as ``source`` if nothing changes; ``label`` is empty
    for a wheel that stays plain; ``result`` describes the change. ``act`` writes the target.
    """

    source: Path
    target: Path
    label: str
    result: str
    act: Callable[[], object]


def label_step(
    path: Path, outdir: Path | None, metadata: VariantMetadata | None, changes: Changes
) -> LabelStep:
    """Return the step that labels a wheel, without writing anything yet.

    ``metadata`` is the variant that a plain wheel becomes, None if it stays plain; ``outdir`` is
    None to write beside the wheel. Raises RequestError if the wheel cannot get this label.
    """
    folder = outdir or path.parent
    with WheelReader(path) as reader:
        name, described = reader.name, checked_variant_of(reader)
    if described is None:
        return _plain(path, name, folder, metadata, changes)
    label = described[1].label
    if metadata is not None:
        raise RequestError(f"{path.name} is the variant {label!r} already: unlabel it first")
    if name.label is not None:
        if changes:
            raise RequestError(f"{path.name} is labelled already: unlabel it to change it")
        return LabelStep(path, path, label, "is labelled already", lambda: None)
    carried = name.carried(label)
    if carried is None:
        raise RequestError(
            f"{path.name} holds the variant {label!r}, but its build tag is no carrier's; rename "
            f"it to {name.as_variant(label).filename}"
        )
    target = folder / carried.filename

    def release() -> None:
        if outdir is None and not changes:
            path.replace(target)
            return
        release_carrier(path, folder, changes)
        if outdir is None:
            path.unlink()

    return LabelStep(path, target, label, "carrier, labelled", release)


def _plain(
    path: Path,
    name: WheelName,
    folder: Path,
    metadata: VariantMetadata | None,
    changes: Changes,
) -> LabelStep:
    if metadata is None:
        if changes:
            raise RequestError(f"{path.name} is a plain wheel: --property says what it is to be")
        return LabelStep(path, path, "", "plain, stays", lambda: None)
    (variant,) = metadata.variants
    return LabelStep(
        path,
        folder / name.as_variant(variant.label).filename,
        variant.label,
        "plain, stays; the variant",
        lambda: stamp(path, folder, metadata, changes=changes),
    )
