"""Write SBOMs for the libraries that repair tools bundle (PEP 770), as CycloneDX 1.6 JSON.

auditwheel 6.5 and later list libraries that system packages own. delocate, delvewheel and older
releases write no SBOM, and no tool lists libraries that belong to no package.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from packaging.utils import canonicalize_name

from ... import __version__
from ...system import source_date
from ...system.publishing import atomic_file
from ...wheels.name import WheelName
from ...wheels.reader import WheelReader
from ...wheels.rewriting import rewrite
from . import bundled
from .bundled import SBOMS, Part

DOCUMENT = "wheelnext-build.cdx.json"

_LIMIT = 1 << 24
"""The largest SBOM to read, in bytes; those of repair tools are far smaller."""


def complete(made: Path, source: Path) -> None:
    """Add an SBOM to a repaired wheel if the tool wrote none, or one that lacks libraries.

    ``source`` is the wheel before the repair. Nothing changes if nothing was bundled. Raises
    WheelError if one of the wheels cannot be read.
    """
    with WheelReader(source) as reader:
        before = {*bundled.documents(reader)}
        own = {*bundled.paths(reader)}
    with WheelReader(made) as reader:
        parts = bundled.parts(reader)
        written = [name for name in bundled.documents(reader) if name not in before]
        listed = sum(_count(reader.read(name, _LIMIT)) for name in written)
        if len({part.path for part in parts} - own) <= listed:
            return
        text = document(reader.name, parts)
        target = made.with_suffix(".described")
        with atomic_file(target) as stream:
            rewrite(reader, stream, add={f"{reader.dist_info}/{SBOMS}/{DOCUMENT}": text})
    target.replace(made)


def document(wheel: WheelName, parts: Sequence[Part]) -> bytes:
    """Return the SBOM. It is reproducible: it has a date only if SOURCE_DATE_EPOCH is set."""
    name = canonicalize_name(wheel.project)
    project = {"type": "library", **_identity(name, wheel.version, f"pkg:pypi/{name}")}
    components = [_component(part) for part in parts]
    references = [str(component["bom-ref"]) for component in components]
    tool = {"type": "application", "name": "wheelnext-build", "version": __version__}
    metadata: dict[str, object] = {"tools": {"components": [tool]}, "component": project}
    if (epoch := source_date.epoch()) is not None:
        metadata["timestamp"] = f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%dT%H:%M:%SZ}"
    content = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": components,
        "dependencies": [
            {"ref": project["bom-ref"], "dependsOn": references},
            *({"ref": reference} for reference in references),
        ],
    }
    return f"{json.dumps(content, indent=2)}\n".encode()


def _identity(name: str, version: str, base: str) -> dict[str, str]:
    purl = f"{base}@{version.replace('+', '%2B')}"
    return {"bom-ref": purl, "name": name, "version": version, "purl": purl}


def _component(part: Part) -> dict[str, object]:
    component: dict[str, object] = {"type": "library", "bom-ref": part.path}
    component["name"] = part.package.name if part.package else part.name
    if part.version:
        component["version"] = part.version
    component["hashes"] = [{"alg": "SHA-256", "content": part.sha256}]
    if part.package:
        component["purl"] = part.package.purl
    component["evidence"] = {"occurrences": [{"location": part.path}]}
    return component


def _count(data: bytes) -> int:
    """Count the components in a tool's CycloneDX document, without the project itself."""
    try:
        content = json.loads(data)
        main = content.get("metadata", {}).get("component", {}).get("bom-ref")
        return sum(part.get("bom-ref") != main for part in content.get("components", ()))
    except (ValueError, AttributeError, TypeError, RecursionError):
        return 0
