"""Checks that a wheel's variant.json, METADATA and RECORD agree with its name and its members."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator

from packaging.version import Version

from ..errors import MetadataError, WheelError
from ..variants.metadata import VARIANT_JSON, VariantMetadata
from ..variants.variant import Variant
from .reader import METADATA_LIMIT, Member, WheelReader, release_key
from .record import is_signature, record_hash

_IDENTITY = re.compile(rb"^(Name|Version):(.*)$", re.IGNORECASE | re.MULTILINE)
"""The fields of METADATA that the file's name repeats."""

_BODY = re.compile(rb"^\r?$", re.MULTILINE)
"""The empty line that ends the fields of METADATA."""

_MOST_PROBLEMS = 100
"""How many problems of one wheel to list; further ones are only counted."""


def variant_of(reader: WheelReader) -> tuple[VariantMetadata, Variant] | None:
    """Return the metadata and the variant of a variant wheel or carrier; None for a plain wheel.

    Raises WheelError if variant.json is invalid or disagrees with the label in the name.
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
    """Return the same as :func:`variant_of`, for a wheel that :func:`check_record` accepts."""
    described = variant_of(reader)
    check_record(reader)
    return described


def check_record(reader: WheelReader, *contents: str) -> None:
    """Raise WheelError if RECORD disagrees with the names or sizes of members.

    The content is compared too for METADATA, WHEEL, variant.json and the members in ``contents``.
    """
    described = (f"{reader.dist_info}/{name}" for name in ("METADATA", "WHEEL", VARIANT_JSON))
    if problems := record_problems(reader, {*described, *contents}):
        more = [f"and {len(problems) - 5} more"] if len(problems) > 5 else []
        raise WheelError(f"{reader.path}: {'; '.join((*problems[:5], *more))}")


def record_problems(reader: WheelReader, contents: Collection[str] | None = None) -> list[str]:
    """Return the points in which METADATA and RECORD disagree with the file's name and members.

    Names and sizes of all members are compared. So is their content, or only that of the members
    in ``contents``.
    """
    problems = [*_metadata_problems(reader), *_record_problems(reader, contents)]
    if len(problems) > _MOST_PROBLEMS:
        more = len(problems) - _MOST_PROBLEMS
        problems[_MOST_PROBLEMS:] = [f"and {more} more disagreements with RECORD"]
    return problems


def _record_problems(reader: WheelReader, contents: Collection[str] | None) -> Iterator[str]:
    record_name = f"{reader.dist_info}/RECORD"
    rows: dict[str, list[str]] = {}
    for row in reader.record():
        if row[0] in rows:
            yield f"{row[0]} is listed twice in RECORD"
        rows[row[0]] = row
    for member in reader.members():
        row = rows.pop(member.name, [])
        if not row:
            if member.name.endswith("/") or is_signature(member.name):
                continue
            yield f"{member.name} is not in RECORD"
        elif member.name == record_name or is_signature(member.name):
            continue
        elif contents is None or member.name in contents:
            if row[1:] != _hash_and_size(reader, member):
                yield f"{member.name} does not have the hash and size in RECORD"
        elif row[2:] != [str(member.info.file_size)]:
            yield f"{member.name} does not have the size in RECORD"
    yield from (f"{name} is in RECORD but not in the wheel" for name in rows)


def _hash_and_size(reader: WheelReader, member: Member) -> list[str]:
    digest = hashlib.sha256()
    for block in reader.blocks(member.name):
        digest.update(block)
    return [record_hash(digest.digest()), str(member.info.file_size)]


def _metadata_problems(reader: WheelReader) -> Iterator[str]:
    """Yield each missing file, and each field of METADATA that contradicts the file's name."""
    names = {member.name for member in reader.members()}
    for name in ("METADATA", "WHEEL"):
        if f"{reader.dist_info}/{name}" not in names:
            yield f"{reader.dist_info}/{name} is missing"
    if f"{reader.dist_info}/METADATA" not in names:
        return
    # The limit applies even if RECORD agrees with a METADATA that is too long.
    fields = reader.read(f"{reader.dist_info}/METADATA", METADATA_LIMIT)
    for match in _IDENTITY.finditer(_BODY.split(fields, 1)[0]):
        field, value = (part.decode(errors="replace").strip() for part in match.groups())
        own = reader.name.project if field.lower() == "name" else reader.name.version
        if release_key(value) != release_key(own) and not _same_version(value, own):
            yield f"METADATA has the {field} {value[:80]!r}, and the file's name has {own!r}"


def _same_version(one: str, other: str) -> bool:
    try:
        return Version(one) == Version(other)
    except ValueError:  # also raised for a number with too many digits
        return False
