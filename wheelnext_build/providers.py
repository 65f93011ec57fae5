"""Who tells an installer what a system supports: priorities and providers, as declared or known."""

from __future__ import annotations

from packaging.requirements import InvalidRequirement, Requirement

from .declare import Draft, check_names
from .errors import MetadataError
from .metadata import Provider, VariantMetadata
from .targets import KNOWN, default_priority
from .tomltable import Report, Table, did_you_mean
from .variant import namespaces_of


def metadata(standard: Table, drafts: list[Draft], report: Report) -> VariantMetadata | None:
    """The release's metadata: priorities and providers as written, or filled in where known."""
    priorities = standard.table("default-priorities")
    priorities.only(hints=_DRAFT_PRIORITIES)
    used = namespaces_of(draft.variant for draft in drafts)
    written = priorities.strings("namespace")
    check_names(written, priorities.at("namespace"), report)
    if len(set(written)) != len(written):
        report.add(priorities.at("namespace"), "a namespace stands twice in it", "keep one of them")
    if missing := [name for name in used if name not in written and "namespace" in priorities]:
        report.add(
            priorities.at("namespace"),
            f"misses {', '.join(map(repr, missing))}, which a variant uses",
            f"write all of them, most preferred first: {list(default_priority([*written, *used]))}",
        )
    namespaces = tuple(dict.fromkeys(written)) or default_priority(used)
    providers = _providers(standard.table("providers"), namespaces, drafts)
    if drafts and not namespaces and not report.problems:
        report.add(
            "variant.default-priorities.namespace",
            "is needed where no variant has a property: installers refuse metadata without any",
        )
    if report.problems or not namespaces:
        return None
    return VariantMetadata(namespaces, providers, tuple(draft.variant for draft in drafts))


_DRAFT_PRIORITIES = {
    "feature": "PEP 850 orders features by providers.<namespace>.feature-order instead",
    "property": "PEP 850 orders values by the order of providers.<namespace>.static-properties",
}


def _providers(
    table: Table, namespaces: tuple[str, ...], drafts: list[Draft]
) -> dict[str, Provider]:
    providers = {name: KNOWN[name].provider for name in namespaces if name in KNOWN}
    for name in table:
        provider = _provider(table.table(name))
        if name not in namespaces:
            table.report.add(
                table.at(name),
                "is the provider of a namespace that no variant uses",
                did_you_mean(name, namespaces)
                or "remove it, or list the namespace in variant.default-priorities.namespace",
            )
        elif provider is not None:
            providers[name] = provider
            _check_static(provider, name, drafts, table.report)
    for name in namespaces:
        if name not in providers and name not in table:
            where = next((d.where for d in drafts if name in d.variant.namespaces), table.path)
            table.report.add(
                where,
                f"the namespace {name!r} has no provider: no installer could tell its values",
                did_you_mean(name, KNOWN)
                or f"add [variant.providers.{name}] with requires, static-properties or builtin",
            )
    return providers


def _provider(table: Table) -> Provider | None:
    if "build-requires" in table:
        table.report.add(
            table.at("build-requires"),
            "plugins that are queried while building are not supported yet",
            "write the plugin's answer as static-properties (and feature-order)",
        )
        return None
    table.only()
    mistakes = len(table.report.problems)
    requires = table.strings("requires")
    for text in requires:
        try:
            Requirement(text)
        except InvalidRequirement as error:
            hint = str(error).splitlines()[0]
            table.report.add(table.at("requires"), f"{text!r} is not a requirement", hint)
    static = table.table("static-properties")
    plugin_api, builtin = table.string("plugin-api"), table.string("builtin")
    values = {feature: static.strings(feature) for feature in static}
    order, optional = table.strings("feature-order"), table.boolean("optional") or False
    if table.is_wrong or len(table.report.problems) > mistakes:
        return None
    try:
        return Provider(requires, plugin_api, values, order, builtin, optional)
    except MetadataError as error:
        table.report.add(table.path, str(error))
        return None


def _check_static(provider: Provider, namespace: str, drafts: list[Draft], report: Report) -> None:
    if not provider.static_properties:
        return
    for draft in drafts:
        for item in draft.variant.properties:
            values = provider.static_properties.get(item.feature, ())
            if item.namespace == namespace and item.value not in values:
                where = f"variant.providers.{namespace}.static-properties"
                hint = did_you_mean(item.value, values) or f"add it to {where}.{item.feature}"
                report.add(draft.where, f"{str(item)!r} is not among {where}", hint)
