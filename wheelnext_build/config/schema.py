"""JSON schemas (draft 7) of the tables, made from :mod:`.model`, for editors and linters.

``python -m wheelnext_build.config.schema NAME`` prints one; ``schemas/`` has this output.
"""

from __future__ import annotations

import json
import sys

from .kinds import Boolean, Key, ListOf, MappingOf, OneOrList, Scalar, String, TableOf, ValueKind
from .model import PYPROJECT, TABLES

Schema = dict[str, object]

DRAFT = "http://json-schema.org/draft-07/schema#"

# A name, not an address: all references stay within one file.
_ID = "urn:wheelnext-build:schema:"

_ROOTS: dict[str, tuple[str, Key]] = {
    "pyproject": (
        "pyproject.toml of a project with wheel variants",
        Key(PYPROJECT, "The tables of wheel variants; all others belong to other tools."),
    ),
    "wheelnext-build": ("[tool.wheelnext-build] of pyproject.toml", TABLES["wheelnext-build"]),
    "variant": ("[variant] of pyproject.toml", TABLES["variant"]),
}

# Each of the three keywords limits one type and accepts all others.
_NOT_EMPTY = {"minItems": 1, "minLength": 1, "minProperties": 1}


def names() -> tuple[str, ...]:
    """Return the names of the schemas: the whole file's, and those of its tables."""
    return tuple(_ROOTS)


def schema(name: str) -> Schema:
    """Return the schema with this name; raises KeyError for an unknown one."""
    title, root = _ROOTS[name]
    return {"$schema": DRAFT, "$id": _ID + name, "title": title, **_key(root)}


def tool_schema(name: str) -> Schema:
    """The table of wheelnext-build, a build backend for wheel variants."""
    # validate-pyproject calls this by the entry point's name, and prints the line above.
    return schema(name)


def text(name: str) -> str:
    """Return the schema as the text of its file."""
    return json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"


def of(kind: ValueKind) -> Schema:
    """Return the schema of one kind."""
    match kind:
        case String():
            found = _string(kind)
        case Boolean():
            found = {"type": "boolean"}
        case Scalar():
            found = {"type": ["string", "number", "boolean"]}
        case ListOf():
            found = _list(kind)
        case OneOrList():
            several = ListOf(kind.item, not_empty=True, unique=True)
            found = {"anyOf": [of(kind.item), of(several)]}
        case MappingOf():
            found = _mapping(kind)
        case TableOf():
            found = _table(kind)
    return found


def _string(kind: String) -> Schema:
    found: Schema = {"type": "string"}
    if kind.choices:
        found["enum"] = list(kind.choices)
    if kind.pattern is not None:
        found["pattern"] = f"^{kind.pattern}$"
    if kind.format is not None:
        found["format"] = kind.format
    return found


def _list(kind: ListOf) -> Schema:
    found: Schema = {"type": "array", "items": of(kind.item)}
    if kind.not_empty:
        found["minItems"] = 1
    if kind.unique:
        found["uniqueItems"] = True
    return found


def _mapping(kind: MappingOf) -> Schema:
    found: Schema = {"type": "object"}
    if kind.pattern is None:
        found["additionalProperties"] = of(kind.item)
    else:
        found["patternProperties"] = {f"^{kind.pattern}$": of(kind.item)}
        found["additionalProperties"] = False
    if kind.not_empty:
        found["minProperties"] = 1
    return found


def _table(kind: TableOf) -> Schema:
    found: Schema = {
        "type": "object",
        "properties": {name: _key(key) for name, key in kind.keys.items()},
        "additionalProperties": kind.others,
    }
    if required := [name for name, key in kind.keys.items() if key.required]:
        found["required"] = required
    for word, choices in (("oneOf", kind.exactly_one), ("anyOf", kind.at_least_one)):
        if choices:
            found[word] = [
                {"required": [name], "properties": {name: _NOT_EMPTY}} for name in choices
            ]
    return found


def _key(key: Key) -> Schema:
    found: Schema = {"description": key.text, **of(key.kind)}
    if key.default is not None:
        found["default"] = key.default
    if key.example is not None:
        found["examples"] = [key.example]
    return found


def main(arguments: list[str]) -> str | None:
    """Print the schema that is named; return a usage message if the arguments are wrong."""
    if len(arguments) != 1 or arguments[0] not in _ROOTS:
        return f"usage: python -m wheelnext_build.config.schema {{{','.join(_ROOTS)}}}"
    sys.stdout.write(text(arguments[0]))
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
