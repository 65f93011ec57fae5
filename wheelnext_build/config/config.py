"""Make a frozen Config from pyproject.toml, or report every mistake in it at once.

There are two ways to declare variants: the standard ``[variant]`` table of the building draft and
``[[tool.wheelnext-build.matrix]]``. Both become :class:`Declared` variants in one list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Self, cast

from packaging.markers import Marker

from ..errors import ConfigurationError, RequestError
from ..variants.effects import Effect
from ..variants.known_properties import known_effect, machines_of
from ..variants.metadata import Provider, VariantMetadata
from ..variants.providers import BuildTimeProvider, MetadataSeed
from ..variants.variant import NULL, Property, Variant
from . import (
    audit_settings,
    declarations,
    matrix_rows,
    provider_tables,
    variant_dependencies,
)
from .audit_settings import AuditConfig
from .build_target import BuildTarget
from .model import PYPROJECT, FlagsScope
from .toml_table import Mistakes, Table, did_you_mean, dotted
from .variant_dependencies import VariantDependencies

TOOL_PATH = "tool.wheelnext-build"

NO_VARIANTS = (
    "pyproject.toml declares no variants: add [[tool.wheelnext-build.matrix]] or "
    "[variant.variants.LABEL]"
)


@dataclass(frozen=True)
class Declared:
    """A variant as pyproject.toml declares it.

    It is built if one of the ``conditions`` holds, or if there are none. ``where`` is the dotted
    path of its declaration.
    """

    variant: Variant
    where: str
    conditions: tuple[Marker, ...]
    effect: Effect

    def left_out(self, target: BuildTarget) -> str | None:
        """Explain why this variant is not built for the target, or return None if it is."""
        for machine in machines_of(self.variant):
            if machine != target.machine:
                return f"it is for {machine}, the build is for {target.machine}"
        if self.conditions and not any(map(target.satisfies, self.conditions)):
            conditions = " or ".join(str(condition) for condition in self.conditions)
            return f"its condition does not hold for this build: {conditions}"
        return None


@dataclass(frozen=True)
class Config:
    """A project's variants and the settings for them.

    ``declared`` are all variants in the order of the file, the standard table first. ``seed`` is
    the release's metadata. It covers all of them, also those for other platforms, so that the
    wheels of all platforms agree; it is None if no variant is declared. ``parallel_trees`` allows
    separate build trees to be built at the same time. ``audit`` says how to check built wheels.
    ``requirements`` are those of wheels and builds that may differ by variant.
    """

    declared: tuple[Declared, ...]
    seed: MetadataSeed | None
    flags_scope: FlagsScope
    parallel_trees: bool = True
    audit: AuditConfig = field(default_factory=AuditConfig)
    requirements: VariantDependencies = field(default_factory=VariantDependencies)

    @property
    def metadata(self) -> VariantMetadata | None:
        """The whole release's metadata; raises ProviderError if a plugin has not answered yet."""
        return None if self.seed is None else self.seed.metadata()

    def metadata_of(self, variant: Variant) -> VariantMetadata:
        """Return the content of the variant's variant.json.

        Raises RequestError if the project declares no variants, and ProviderError if a plugin has
        not answered yet.
        """
        if (metadata := self.metadata) is None:
            raise RequestError(NO_VARIANTS)
        return metadata.only(variant)

    @property
    def unasked(self) -> dict[str, BuildTimeProvider]:
        """The providers whose plugins have not answered yet, by namespace."""
        return {} if self.seed is None else self.seed.unasked

    def answered(self, answers: Mapping[str, Provider]) -> Self:
        """Return a copy with the answers of plugins, by namespace."""
        seed = None if self.seed is None else self.seed.answered(answers)
        return replace(self, seed=seed)

    def variant(self, label: str) -> Variant:
        """Return the variant with this label; the null variant need not be declared.

        Raises RequestError if no variant has the label.
        """
        declared = [item.variant for item in self.declared]
        found = [variant for variant in (*declared, NULL) if variant.label == label]
        if not found:
            labels = [variant.label for variant in declared]
            hint = did_you_mean(label, labels)
            raise RequestError(
                f"no variant {label!r} is declared{'; ' + hint if hint else ''}; labels: "
                f"{', '.join(labels) or 'none'}"
            )
        return found[0]

    def for_target(self, target: BuildTarget) -> tuple[Declared, ...]:
        """Return the variants that can be built for the target, in order."""
        return tuple(item for item in self.declared if item.left_out(target) is None)


def of_one_variant(properties: Iterable[Property], label: str | None = None) -> Config:
    """Return the Config of a project with this one variant; ``label`` None is the default label.

    Raises ConfigurationError if the variant needs more settings, such as a provider.
    """
    axes: dict[str, dict[str, list[list[str]]]] = {}
    effects = {}
    for item in properties:
        axes.setdefault(item.namespace, {}).setdefault(item.feature, [[]])[0].append(item.value)
        effects[str(item)] = {"no-flags": True}
    row = {"axes": axes, **({"label": label} if label else {})}
    return parse({"tool": {"wheelnext-build": {"matrix": [row], "properties": effects}}})


def parse(pyproject: Mapping[str, object]) -> Config:
    """Make a Config from a parsed pyproject.toml; raises ConfigurationError for mistakes."""
    report = Mistakes()
    root = Table(pyproject, "", report, PYPROJECT)
    _check_spelling(root, "variant")
    _check_spelling(root.table("tool"), "wheelnext-build")
    tool = root.table("tool").table("wheelnext-build")
    tool.only()
    scope = cast(FlagsScope, tool.string("flags-scope"))
    effects = _property_effects(tool.table("properties"))
    share_tree = tool.boolean("share-tree")
    parallel_trees = tool.boolean("parallel-trees")
    audit = audit_settings.parse(tool.table("audit"))
    requirements = variant_dependencies.parse(tool)

    standard = root.table("variant")
    drafts = [*declarations.standard_variants(standard), *matrix_rows.matrix_variants(tool)]
    drafts = declarations.merged(drafts, report)
    possible = declarations.check_properties(drafts, report)
    seed = provider_tables.seed(standard, drafts, report)
    _check_effects_are_used(effects, drafts, tool.table("properties"))

    variant_dependencies.check(requirements, [d.variant for d in drafts], report)
    variant_dependencies.check_written(
        requirements, [d.variant for d in possible], pyproject, report
    )

    reads_variant = overrides_read_variant(pyproject)
    declared = tuple(_declared(draft, effects) for draft in possible)
    if share_tree is False or (reads_variant and not share_tree):
        # Overrides may set any define for any variant. CMake's cache of one variant could then be
        # wrong for the next.
        own = Effect(share_tree=False)
        declared = tuple(replace(item, effect=item.effect | own) for item in declared)
    for item in declared:
        is_special = requirements.of_build(item.variant) != requirements.of_build(None)
        if not (item.variant.is_null or reads_variant or is_special):
            _check_changes_build(item, report)
    if report.problems:
        raise ConfigurationError(report.problems)
    return Config(declared, seed, scope, parallel_trees is not False, audit, requirements)


def _check_spelling(table: Table, name: str) -> None:
    """Report misspelled names of this program's table; all other tables belong to other tools."""

    def plain(key: str) -> str:
        return key.lower().replace("_", "").replace("-", "").removesuffix("s")

    for key in table:
        if key != name and plain(key) == plain(name):
            table.report.add(table.at(key), "nothing reads this table", f"did you mean {name!r}?")


def overrides_read_variant(pyproject: Mapping[str, object]) -> bool:
    """Return whether an override of scikit-build-core tests the variant's environment variables."""
    skbuild = Table(pyproject, "", Mistakes()).table("tool").table("scikit-build")
    conditions = (override.table("if") for override in skbuild.tables("overrides"))
    return any(
        name.startswith("WHEELNEXT_")
        for condition in conditions
        for part in (condition, condition.table("any"), condition.table("not"))
        for name in part.table("env")
    )


def _declared(draft: declarations.Draft, effects: Mapping[Property, Effect]) -> Declared:
    chosen = [effects[item] for item in draft.variant.properties if item in effects]
    effect = reduce(Effect.__or__, chosen, known_effect(draft.variant))
    return Declared(draft.variant, draft.where, draft.conditions, effect)


_FLAG_KEYS = {
    "c-flags": "C",
    "cxx-flags": "CXX",
    "fortran-flags": "Fortran",
    "cuda-flags": "CUDA",
    "hip-flags": "HIP",
}


def _property_effects(table: Table) -> dict[Property, Effect]:
    effects: dict[Property, Effect] = {}
    for text in table:
        item = declarations.parse_property(text, table.at(text), table.report)
        entry = table.table(text)
        entry.only()
        if item in effects:
            table.report.add(table.at(text), f"{str(item)!r} has two tables", "merge them")
        if item is not None:
            effects[item] = Effect(
                flags={
                    language: flags
                    for key, language in _FLAG_KEYS.items()
                    if (flags := entry.strings(key))
                },
                link_flags=entry.strings("link-flags"),
                define=_scalars(entry.table("define")),
                environment=_scalars(entry.table("environment")),
                no_flags=entry.boolean("no-flags") or False,
                share_tree=_shares_tree(entry),
            )
    return effects


def _shares_tree(entry: Table) -> bool:
    # Defines and variables change CMake's cache, which may then be wrong for the next variant. The
    # author can say that it is not.
    return entry.boolean("share-tree") or not ("define" in entry or "environment" in entry)


def _scalars(table: Table) -> dict[str, str]:
    values: dict[str, str] = {}
    for key in table:
        value = table.get(key)
        if isinstance(value, bool):
            values[key] = "ON" if value else "OFF"
        elif isinstance(value, str | int | float):
            values[key] = str(value)
        else:
            table.report.add(table.at(key), "must be a string, a number, or true or false")
    return values


_UNUSED = "give a variant the property, or remove the table"


def _check_effects_are_used(
    effects: Mapping[Property, Effect], drafts: list[declarations.Draft], table: Table
) -> None:
    used = {item for draft in drafts for item in draft.variant.properties}
    for item in effects:
        if item not in used:
            hint = did_you_mean(str(item), map(str, used))
            where = dotted(f"{TOOL_PATH}.properties", str(item))
            table.report.add(where, "no variant has this property", hint or _UNUSED)


def _check_changes_build(item: Declared, report: Mistakes) -> None:
    if item.effect.changes_build or item.effect.no_flags:
        return
    names = " or ".join(
        dotted(f"{TOOL_PATH}.properties", str(property_)) for property_ in item.variant.properties
    )
    report.add(
        item.where,
        f"variant {item.variant.label!r} changes nothing about the build: its wheel would be a "
        "copy of the plain one",
        f"say what its properties mean in [{names}] (define, cxx-flags ...), or set no-flags = "
        "true there where the project reads them for itself",
    )
