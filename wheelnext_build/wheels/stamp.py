"""Convert between plain wheels, variant wheels and carriers.

A plain wheel and a variant make a variant wheel or a carrier; a carrier becomes a labelled wheel;
a variant wheel or a carrier becomes the plain wheel again.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..errors import WheelError
from ..system.publishing import atomic_file, publish
from ..variants.metadata import VARIANT_JSON, VariantMetadata
from ..variants.variant import Variant
from .dependencies import Changes
from .description import variant_of
from .name import WheelName
from .reader import METADATA_LIMIT, WheelReader
from .rewriting import rewrite

NO_CHANGES = Changes()


def stamp(
    source: Path,
    folder: Path,
    metadata: VariantMetadata,
    *,
    carrier: bool = False,
    changes: Changes = NO_CHANGES,
) -> Path:
    """Write ``source`` into ``folder`` as the wheel of the one variant of ``metadata``.

    Returns the new wheel's path. The wheel has variant.json, an updated RECORD, and the label in
    its name (a carrier: in its build tag). Its other members are copied from ``source`` without
    recompressing them, except METADATA if there are ``changes`` to the dependencies. The same input
    gives the same bytes. Raises WheelError if ``source`` is not a plain wheel.
    """
    with WheelReader(source) as reader:
        if reader.name.label is not None or reader.variant_json() is not None:
            raise WheelError(f"{source}: is a variant wheel already; stamp the plain wheel")
        name = reader.name.as_carrier if carrier else reader.name.as_variant
        (variant,) = metadata.variants
        target = folder / name(variant.label).filename
        added = {f"{reader.dist_info}/{VARIANT_JSON}": metadata.to_json()}
        added |= _changed(reader, changes)
        with atomic_file(target) as stream:
            rewrite(reader, stream, add=added)
    return target


def release_carrier(carrier: Path, folder: Path, changes: Changes = NO_CHANGES) -> Path:
    """Write the labelled wheel that ``carrier`` stands for into ``folder``; return its path."""
    with WheelReader(carrier) as reader:
        described = variant_of(reader)
        name = described and reader.name.carried(described[1].label)
        if not name:
            raise WheelError(f"{carrier}: not a carrier of a variant")
        if changes:
            target = folder / name.filename
            with atomic_file(target) as stream:
                rewrite(reader, stream, add=_changed(reader, changes))
            return target
    return publish(carrier, folder, name.filename)


def plain_name(reader: WheelReader, variant: Variant) -> WheelName:
    """Return the name of the plain wheel that a wheel of a variant was made from."""
    labelled = reader.name.carried(variant.label) or reader.name
    return replace(labelled, label=None)


def unstamp(source: Path, folder: Path, changes: Changes = NO_CHANGES) -> Path:
    """Write the plain wheel of a labelled wheel or carrier into ``folder``; return its path.

    Without ``changes`` it is identical to the wheel that was stamped, byte for byte if zlib
    compressed its RECORD or RECORD is stored. Raises WheelError if ``source`` is not a wheel of a
    variant.
    """
    with WheelReader(source) as reader:
        described = variant_of(reader)
        if described is None:
            raise WheelError(f"{source}: is a plain wheel already")
        target = folder / plain_name(reader, described[1]).filename
        dropped = frozenset({f"{reader.dist_info}/{VARIANT_JSON}"})
        with atomic_file(target) as stream:
            rewrite(reader, stream, add=_changed(reader, changes), drop=dropped)
    return target


def _changed(reader: WheelReader, changes: Changes) -> dict[str, bytes]:
    """Return METADATA with the ``changes``, by its name in the wheel; nothing without changes."""
    if not changes:
        return {}
    name = f"{reader.dist_info}/METADATA"
    try:
        return {name: changes.applied(reader.read(name, METADATA_LIMIT))}
    except WheelError as error:
        text = str(error)
        raise WheelError(text if str(reader.path) in text else f"{reader.path}: {text}") from None
