"""Priorities and providers of the metadata: those that the project declares and those known.

Providers tell an installer what a system supports. This module only names the plugins that answer
while building; :mod:`~wheelnext_build.plugins` asks them.
"""

from __future__ import annotations

from collections.abc import Sequence

from packaging.requirements import Requirement

from ..errors import MetadataError
from ..variants.known_properties import KNOWN, default_priority
from ..variants.metadata import PLUGIN_API, PROVIDER_KINDS, Provider
from ..variants.providers import BuildTimeProvider, MetadataSeed, Plugin, default_api
from ..variants.variant import namespaces_of
from .declarations import Draft, check_names
from .toml_table import Mistakes, Table, did_you_mean


def seed(standard: Table, drafts: list[Draft], report: Mistakes) -> MetadataSeed | None:
    """Return the release's priorities and providers: as written, else the known defaults.

    Return None if no namespace is in use, or if there are mistakes.
    """
    priorities = standard.table("default-priorities")
    priorities.only(hints=_DRAFT_PRIORITIES)
    used = namespaces_of(draft.variant for draft in drafts)
    written = priorities.strings("namespace")
    check_names(written, priorities.at("namespace"), report)
    if len(set(written)) != len(written):
        report.add(priorities.at("namespace"), "a namespace is listed twice", "keep one of them")
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
    variants = sorted((draft.variant for draft in drafts), key=lambda variant: variant.label)
    return MetadataSeed(namespaces, providers, tuple(variants))


_DRAFT_PRIORITIES = {
    "feature": "PEP 850 orders features by providers.<namespace>.feature-order instead",
    "property": "PEP 850 orders values by the order of providers.<namespace>.static-properties",
}


def _providers(
    table: Table, namespaces: tuple[str, ...], drafts: list[Draft]
) -> dict[str, Provider | BuildTimeProvider]:
    providers: dict[str, Provider | BuildTimeProvider] = {
        name: KNOWN[name].provider for name in namespaces if name in KNOWN
    }
    for name in table:
        entry = table.table(name)
        entry.only()
        provider: Provider | BuildTimeProvider | None
        if "build-requires" in entry:
            provider = _build_time_provider(name, entry)
        else:
            provider = _provider(entry)
        if name not in namespaces:
            table.report.add(
                table.at(name),
                "is the provider of a namespace that no variant uses",
                did_you_mean(name, namespaces)
                or "remove it, or list the namespace in variant.default-priorities.namespace",
            )
        elif provider is not None:
            providers[name] = provider
            if isinstance(provider, Provider):
                _check_static(provider, name, drafts, table.report)
    for name in namespaces:
        if name not in providers and name not in table:
            where = next((d.where for d in drafts if name in d.variant.namespaces), table.path)
            table.report.add(
                where,
                f"the namespace {name!r} has no provider: no installer could tell its values",
                did_you_mean(name, KNOWN)
                or f"add [variant.providers.{name}] with requires, build-requires, "
                "static-properties or builtin",
            )
    return providers


def _build_time_provider(namespace: str, table: Table) -> BuildTimeProvider | None:
    """Read an entry with ``build-requires`` (building draft, "Extension to provider metadata").

    Return None, after a report, if it is not valid.
    """
    mistakes = len(table.report.problems)
    for key in (*PROVIDER_KINDS, "feature-order"):
        if key in table:
            hint = "the plugin answers for it while building: keep one of the two"
            table.report.add(table.at(key), "stands beside build-requires", hint)
    requires = _requirements(table, "build-requires")
    plugin_api, optional = table.string("plugin-api"), table.boolean("optional") or False
    if len(table.report.problems) > mistakes:
        return None
    where = table.at("build-requires")
    if not requires:
        table.report.add(where, "is empty", "name the package of the plugin")
    elif plugin_api is not None and not PLUGIN_API.fullmatch(plugin_api):
        hint = "write it like an entry point: package.module:Class"
        table.report.add(table.at("plugin-api"), f"{plugin_api!r} is not a module", hint)
    elif plugin_api is None:
        _check_default_api(table, "build-requires", requires)
    if len(table.report.problems) > mistakes:
        return None
    return BuildTimeProvider(Plugin(namespace, requires, plugin_api), optional)


def _check_default_api(table: Table, key: str, requires: Sequence[str]) -> None:
    """Report an entry without plugin-api whose default module depends on the environment."""
    if len(modules := _default_apis(requires)) > 1:
        what = f"which requirement is the first depends on markers: {' or '.join(modules)} is asked"
        table.report.add(table.at(key), what, f"add plugin-api to {table.path}")


def _default_apis(requires: Sequence[str]) -> list[str]:
    """Return the modules that can be the default plugin-api, in this environment or another."""
    found = []
    for requirement in map(Requirement, requires):
        found.append(default_api(requirement))
        if requirement.marker is None:
            break
    return list(dict.fromkeys(found))


def _requirements(table: Table, key: str) -> tuple[str, ...]:
    requires = table.strings(key)
    for text in requires:
        try:
            Requirement(text)
        except (ValueError, RecursionError) as error:
            hint = str(error).splitlines()[0]
            table.report.add(table.at(key), f"{text!r} is not a requirement", hint)
    return requires


def _provider(table: Table) -> Provider | None:
    mistakes = len(table.report.problems)
    requires = _requirements(table, "requires")
    static = table.table("static-properties")
    plugin_api, builtin = table.string("plugin-api"), table.string("builtin")
    values = {feature: static.strings(feature) for feature in static}
    order, optional = table.strings("feature-order"), table.boolean("optional") or False
    if plugin_api is None and len(table.report.problems) == mistakes:
        _check_default_api(table, "requires", requires)
    if table.is_wrong or len(table.report.problems) > mistakes:
        return None
    try:
        return Provider(requires, plugin_api, values, order, builtin, optional)
    except MetadataError as error:
        table.report.add(table.path, str(error))
        return None


def _check_static(
    provider: Provider, namespace: str, drafts: list[Draft], report: Mistakes
) -> None:
    if not provider.static_properties:
        return
    for draft in drafts:
        for item in draft.variant.properties:
            values = provider.static_properties.get(item.feature, ())
            if item.namespace == namespace and item.value not in values:
                where = f"variant.providers.{namespace}.static-properties"
                hint = did_you_mean(item.value, values) or f"add it to {where}.{item.feature}"
                report.add(draft.where, f"{str(item)!r} is not among {where}", hint)
