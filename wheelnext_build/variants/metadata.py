"""The content of variant.json and {name}-{version}-variants.json: created, read and checked.

The format is PEP 825's (v0.1.1) with PEP 850's providers (v0.2.0). uv 0.13.9 and the
JSON schema of PEP 850 accept each file that this module writes. It checks the files that it reads
as strictly as uv does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Self

from ..errors import GrammarError, MetadataError
from . import json_values
from .variant import NULL_LABEL, Variant, is_label, is_name, is_value

SCHEMA_825 = "https://variants-schema.wheelnext.dev/peps/825/v0.1.1.json"
SCHEMA_850 = "https://variants-schema.wheelnext.dev/peps/850/v0.2.0.json"
VARIANT_JSON = "variant.json"
VARIANTS_JSON_SUFFIX = "-variants.json"

PLUGIN_API = re.compile(r"[A-Za-z_][\w.]*(:[A-Za-z_][\w.]*)?")

_MOST_SHOWN = 20
_TOP_LEVEL_KEYS = ("$schema", "default-priorities", "providers", "variants")
PROVIDER_KINDS = ("requires", "static-properties", "builtin")
PROVIDER_KEYS = ("optional", *PROVIDER_KINDS, "plugin-api", "feature-order")


@dataclass(frozen=True)
class Provider:
    """The source of the values of a namespace that a system supports (PEP 850).

    Exactly one of ``requires`` (requirement strings of an install-time plugin),
    ``static_properties`` (feature -> values, most preferred first) and ``builtin`` (a name that
    installers implement themselves) is set.
    """

    requires: tuple[str, ...] = ()
    plugin_api: str | None = None
    static_properties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    feature_order: tuple[str, ...] = ()
    builtin: str | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        if problems := self.problems():
            raise MetadataError("; ".join(problems))

    def problems(self) -> list[str]:
        """Return a message for each mistake in this entry."""
        found: list[str] = []
        kinds = [bool(self.requires), bool(self.static_properties), bool(self.builtin)]
        if sum(kinds) != 1:
            found.append(f"needs exactly one of {', '.join(PROVIDER_KINDS)}")
        if not all(self.requires):
            found.append("requires has an empty requirement")
        if self.plugin_api is not None:
            if not self.requires:
                found.append("plugin-api is allowed only with requires")
            if not PLUGIN_API.fullmatch(self.plugin_api):
                found.append(f"plugin-api {self.plugin_api!r} is not 'module' or 'module:object'")
        return found + self._static_problems()

    def _static_problems(self) -> list[str]:
        found = []
        if self.feature_order and sorted(self.feature_order) != sorted(self.static_properties):
            found.append("feature-order must list each feature of static-properties exactly once")
        elif len(self.static_properties) > 1 and not self.feature_order:
            found.append("feature-order is needed if static-properties has several features")
        for feature, values in self.static_properties.items():
            if not is_name(feature):
                found.append(f"{feature!r} cannot be a feature")
            if not values or len(set(values)) != len(values):
                found.append(f"the values of {feature!r} must be a non-empty list without repeats")
            found += [f"{value!r} cannot be a value" for value in values if not is_value(value)]
        return found

    @property
    def features(self) -> tuple[str, ...]:
        """Return the features of static properties, most preferred first."""
        return self.feature_order or tuple(self.static_properties)

    def as_mapping(self) -> dict[str, object]:
        """Return the entry as in variant.json."""
        entry: dict[str, object] = {}
        if self.optional:
            entry["optional"] = True
        if self.requires:
            entry["requires"] = list(self.requires)
            if self.plugin_api is not None:
                entry["plugin-api"] = self.plugin_api
        elif self.builtin is not None:
            entry["builtin"] = self.builtin
        else:
            entry["static-properties"] = {
                feature: list(self.static_properties[feature]) for feature in self.features
            }
            if self.feature_order:
                entry["feature-order"] = list(self.feature_order)
        return entry

    @classmethod
    def from_mapping(cls, entry: object) -> Self:
        """Read an entry; raises :class:`MetadataError` if it is not valid."""
        table = json_values.mapping(entry, "the entry")
        if unknown := sorted(set(table) - set(PROVIDER_KEYS)):
            raise MetadataError(f"unknown key {unknown[0]!r}")
        for key in (*PROVIDER_KINDS, "feature-order"):
            if table.get(key) in ([], {}, ""):
                raise MetadataError(f"{key} is empty")
        optional = table.get("optional", False)
        if not isinstance(optional, bool):
            raise MetadataError("optional must be true or false")
        static = json_values.mapping(table.get("static-properties", {}), "static-properties")
        return cls(
            requires=json_values.strings(table.get("requires", []), "requires"),
            plugin_api=json_values.string(table.get("plugin-api"), "plugin-api"),
            static_properties={
                feature: json_values.strings(values, f"static-properties.{feature}")
                for feature, values in static.items()
            },
            feature_order=json_values.strings(table.get("feature-order", []), "feature-order"),
            builtin=json_values.string(table.get("builtin"), "builtin"),
            optional=optional,
        )


@dataclass(frozen=True)
class VariantMetadata:
    """The content of one variant.json or variants.json.

    ``namespaces`` are in falling priority; ``providers`` has one entry for each of them;
    ``variants`` are sorted by label. Raises :class:`MetadataError` if they contradict each other.
    """

    namespaces: tuple[str, ...]
    providers: Mapping[str, Provider]
    variants: tuple[Variant, ...]

    def __post_init__(self) -> None:
        if not self.namespaces or len(set(self.namespaces)) != len(self.namespaces):
            raise MetadataError(
                "default-priorities.namespace must be a non-empty list without repeats"
            )
        for name in self.namespaces:
            if not is_name(name):
                raise MetadataError(f"default-priorities.namespace: {name!r} cannot be a namespace")
        if set(self.providers) != set(self.namespaces):
            raise MetadataError(
                "providers must have one entry per namespace of default-priorities.namespace: "
                f"{shown(self.namespaces)}; found {shown(self.providers) or 'none'}"
            )
        for variant in self.variants:
            if missing := sorted(set(variant.namespaces) - set(self.namespaces)):
                raise MetadataError(
                    f"variants.{variant.label}: namespace {missing[0]!r} is not in "
                    "default-priorities.namespace"
                )
        object.__setattr__(
            self, "variants", tuple(sorted(self.variants, key=lambda variant: variant.label))
        )

    def only(self, variant: Variant) -> Self:
        """Return the metadata with only this variant: the content of its wheel's variant.json."""
        return type(self)(self.namespaces, self.providers, (variant,))

    def as_mapping(self) -> dict[str, object]:
        """Return the JSON object, with its keys in the order of the PEP."""
        return {
            "$schema": SCHEMA_850,
            "default-priorities": {"namespace": list(self.namespaces)},
            "providers": {name: self.providers[name].as_mapping() for name in self.namespaces},
            "variants": variants_mapping(self.variants),
        }

    def to_json(self) -> bytes:
        """Return UTF-8 JSON; the same metadata gives the same bytes."""
        return (json.dumps(self.as_mapping(), indent=2, ensure_ascii=False) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read and check variant.json or variants.json; raises :class:`MetadataError`."""
        return cls.from_mapping(json_values.parse(data))

    @classmethod
    def from_mapping(cls, content: object) -> Self:
        """Read and check a parsed JSON object; raises :class:`MetadataError`."""
        table = json_values.mapping(content, "the file")
        if unknown := sorted(set(table) - set(_TOP_LEVEL_KEYS)):
            raise MetadataError(f"unknown key {unknown[0]!r}; known: {', '.join(_TOP_LEVEL_KEYS)}")
        schema = json_values.string(table.get("$schema"), "$schema")
        if schema == SCHEMA_825:
            raise MetadataError(
                f"$schema is {schema}: PEP 825 has no providers, so installers would use "
                "only the null variant; rebuild the wheels with metadata of PEP 850"
            )
        if schema != SCHEMA_850:
            raise MetadataError(f"$schema is {schema!r}; this version knows {SCHEMA_850}")
        for key in _TOP_LEVEL_KEYS:
            if key not in table:
                raise MetadataError(f"{key} is missing")
        priorities = json_values.mapping(table["default-priorities"], "default-priorities")
        if set(priorities) != {"namespace"}:
            raise MetadataError("default-priorities must have the key 'namespace' and no other")
        json_values.check_amount(table)
        return cls(
            json_values.strings(priorities["namespace"], "default-priorities.namespace"),
            {
                name: _provider(name, entry)
                for name, entry in json_values.mapping(table["providers"], "providers").items()
            },
            tuple(
                _variant(label, features)
                for label, features in json_values.mapping(table["variants"], "variants").items()
            ),
        )


def variants_mapping(variants: Iterable[Variant]) -> dict[str, object]:
    """Return ``label -> namespace -> feature -> values``, as in variant.json."""
    return {
        variant.label: {
            namespace: {feature: list(values) for feature, values in features.items()}
            for namespace, features in variant.as_mapping().items()
        }
        for variant in variants
    }


def shown(names: Collection[str]) -> str:
    """Return names for a message, at most 20: a file may have thousands."""
    more = len(names) - _MOST_SHOWN
    shown = ", ".join(islice(names, _MOST_SHOWN))
    return f"{shown}, and {more} more" if more > 0 else shown


def _variant(label: str, features: object) -> Variant:
    where = f"variants.{label}"
    if not is_label(label):
        raise MetadataError(f"variants: {label!r} cannot be a label")
    mapping = {
        namespace: {
            feature: _values(values, f"{where}.{namespace}.{feature}")
            for feature, values in json_values.mapping(entry, f"{where}.{namespace}").items()
        }
        for namespace, entry in json_values.mapping(features, where).items()
    }
    if not mapping and label != NULL_LABEL:
        raise MetadataError(f"{where} has no property; only {NULL_LABEL!r} may have none")
    try:
        return Variant.from_mapping(label, mapping)
    except GrammarError as error:
        raise MetadataError(f"{where}: {error}") from None


def _provider(name: str, entry: object) -> Provider:
    try:
        return Provider.from_mapping(entry)
    except MetadataError as error:
        raise MetadataError(f"providers.{name}: {error}") from None


def _values(value: object, where: str) -> tuple[str, ...]:
    values = json_values.strings(value, where)
    if not values or len(set(values)) != len(values):
        raise MetadataError(f"{where} must be a non-empty list without repeats")
    return values
