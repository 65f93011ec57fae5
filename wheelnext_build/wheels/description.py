"""What a variant wheel says of itself, in its name and in variant.json."""

from __future__ import annotations

from ..errors import MetadataError, WheelError
from ..variants.metadata import VARIANT_JSON, VariantMetadata
from ..variants.variant import Variant
from .reader import WheelReader


def variant_of(reader: WheelReader) -> tuple[VariantMetadata, Variant] | None:
    """The metadata of an opened variant wheel or carrier; None for a plain wheel.

    Raises WheelError where variant.json is no wheel's, or disagrees with the label in the name.
    """
    data = reader.variant_json()
    if data is None:
        if reader.name.label is not None:
            raise WheelError(
                f"{reader.path}: the name has the label {reader.name.label!r}, but there is no "
                f"{reader.dist_info}/{VARIANT_JSON} inside"
            )
        return None
    try:
        metadata = VariantMetadata.from_json(data)
    except MetadataError as error:
        raise WheelError(f"{reader.path}: {VARIANT_JSON}: {error}") from None
    if len(metadata.variants) != 1:
        raise WheelError(
            f"{reader.path}: {VARIANT_JSON} must describe one variant; it has "
            f"{len(metadata.variants)}"
        )
    variant = metadata.variants[0]
    if reader.name.label not in (None, variant.label):
        raise WheelError(
            f"{reader.path}: the name has the label {reader.name.label!r}, {VARIANT_JSON} has "
            f"{variant.label!r}"
        )
    return metadata, variant


def checked_variant_of(reader: WheelReader) -> tuple[VariantMetadata, Variant] | None:
    """The same of a wheel whose RECORD agrees with it as far as can be seen without unpacking.

    Raises WheelError also where it does not.
    """
    described = variant_of(reader)
    reader.check_record()
    return described
