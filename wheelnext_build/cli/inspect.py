"""``wheelnext-build inspect WHEEL...``: describe wheels, and check that they are valid."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..release.index.variants_json import carrier_warning
from ..release.inspection import Inspection, inspect
from ..system.text import human_size
from ..variants.metadata import Provider
from ..wheels.name import WheelName
from . import wheels
from .output import emit_json, say, table

if TYPE_CHECKING:
    from .output import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the main parser."""
    parser = subparsers.add_parser(
        "inspect",
        help="show the tags, label, properties and providers of a wheel",
        description="Shows what each WHEEL is, and checks its structure, RECORD and variant.json; "
        "status 1 if one is not valid.",
    )
    wheels.add_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print a description of the wheels; raise RequestError if one does not exist."""
    wheels.check(args.wheels)
    inspections = [inspect(path) for path in args.wheels]
    if args.json:
        emit_json([_as_json(inspection) for inspection in inspections])
    else:
        for inspection in inspections:
            table(inspection.path.name, ("", ""), _rows(inspection))
            if inspection.kind == "carrier" and inspection.name and inspection.variant:
                say(f"warning: {carrier_warning(inspection.name, inspection.variant.label)}")
    return 1 if any(inspection.problems for inspection in inspections) else 0


def _rows(inspection: Inspection) -> list[tuple[str, str]]:
    rows = [("kind", inspection.kind), ("size", human_size(inspection.path.stat().st_size))]
    if inspection.name is not None:
        rows += [
            ("project", f"{inspection.name.project} {inspection.name.version}"),
            ("build", inspection.name.build),
            ("tags", _tags(inspection.name)),
        ]
    if inspection.variant is not None and inspection.metadata is not None:
        rows += [
            ("label", inspection.variant.label),
            ("properties", "\n".join(map(str, inspection.variant.properties)) or "none"),
            ("priorities", ", ".join(inspection.metadata.namespaces)),
        ]
        rows += [
            (f"provider {name}", _provider(provider))
            for name, provider in inspection.metadata.providers.items()
        ]
    rows += [
        ("bundled", "\n".join(inspection.bundled)),
        ("materials", "\n".join(inspection.sboms)),
    ]
    rows.append(
        ("sound", "\n".join(("no", *inspection.problems)) if inspection.problems else "yes")
    )
    return [(key, value) for key, value in rows if value]


def _tags(name: WheelName) -> str:
    return f"{name.python}-{name.abi}-{name.platform}"


def _provider(provider: Provider) -> str:
    if provider.builtin is not None:
        text = f"builtin {provider.builtin}"
    elif provider.requires:
        api = f", plugin {provider.plugin_api}" if provider.plugin_api else ""
        text = f"requires {', '.join(provider.requires)}{api}"
    else:
        text = "; ".join(
            f"{feature}: {', '.join(provider.static_properties[feature])}"
            for feature in provider.features
        )
    return f"{text} (optional)" if provider.optional else text


def _as_json(inspection: Inspection) -> dict[str, object]:
    """Return the entry of one file; all entries have the same keys, null or empty if unknown."""
    name, variant, metadata = inspection.name, inspection.variant, inspection.metadata
    providers = metadata.providers if metadata else {}
    return {
        "file": str(inspection.path),
        "kind": inspection.kind,
        "size": inspection.path.stat().st_size,
        "project": name.project if name else None,
        "version": name.version if name else None,
        "build": name.build if name else None,
        "tags": sorted(map(str, name.tags())) if name else [],
        "label": variant.label if variant else None,
        "properties": list(map(str, variant.properties)) if variant else [],
        "priorities": list(metadata.namespaces) if metadata else [],
        "providers": {key: provider.as_mapping() for key, provider in providers.items()},
        "bundled": list(inspection.bundled),
        "sboms": list(inspection.sboms),
        "sound": not inspection.problems,
        "problems": list(inspection.problems),
    }
