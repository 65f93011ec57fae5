"""RECORD's format: a row of path, hash and size for each file of a wheel.

The format is in the specification "Recording installed projects". :mod:`.description` checks that a
wheel agrees with its RECORD.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Iterable


def record_hash(sha256: bytes) -> str:
    """Return a SHA-256 digest in RECORD's format."""
    return f"sha256={base64.urlsafe_b64encode(sha256).rstrip(b'=').decode()}"


def record_row(name: str, data: bytes) -> list[str]:
    """Return the row of a file with this content."""
    return [name, record_hash(hashlib.sha256(data).digest()), str(len(data))]


def record_text(rows: Iterable[Iterable[str]]) -> str:
    """Return rows as text, one line for each."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def record_rows(data: bytes) -> list[list[str]]:
    """Return the rows of a RECORD; raises ValueError if it cannot be read."""
    try:
        return [row for row in csv.reader(io.StringIO(data.decode(), newline="")) if row]
    except csv.Error as error:
        raise ValueError(str(error)) from None


def is_signature(name: str) -> bool:
    """Return whether a member is a signature of RECORD, which no RECORD lists."""
    return name.endswith((".dist-info/RECORD.jws", ".dist-info/RECORD.p7s"))
