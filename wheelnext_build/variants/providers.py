"""The metadata of a release as far as pyproject.toml alone says it (building draft, "seed").

What is missing in it are the answers of plugins that are asked while building.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ..errors import ProviderError
from .metadata import SCHEMA_850, Provider, VariantMetadata, variants_mapping
from .variant import Variant


@dataclass(frozen=True)
class Plugin:
    """A provider plugin as metadata names it (PEP 850, "API endpoint").

    ``requires`` are the requirement strings to install, ``plugin_api`` is ``module:object``; None
    where the first requirement's name gives the module.
    """

    namespace: str
    requires: tuple[str, ...]
    plugin_api: str | None = None

    def active(self) -> tuple[Requirement, ...]:
        """The requirements whose markers hold here."""
        requirements = map(Requirement, self.requires)
        return tuple(r for r in requirements if r.marker is None or r.marker.evaluate())

    @property
    def endpoint(self) -> str:
        """The ``module`` or ``module:object`` to ask."""
        if self.plugin_api is not None:
            return self.plugin_api
        return default_api((*self.active(), Requirement(self.requires[0]))[0])

    def __str__(self) -> str:
        return f"{', '.join(self.requires)}; plugin-api {self.endpoint}"


@dataclass(frozen=True)
class BuildTimeProvider:
    """A provider whose plugin is asked while building; its answer is what the wheels hold.

    ``optional`` is for the wheels too.
    """

    plugin: Plugin
    optional: bool = False

    def as_mapping(self) -> dict[str, object]:
        """The entry as pyproject.toml has it."""
        entry: dict[str, object] = {"optional": True} if self.optional else {}
        entry["build-requires"] = list(self.plugin.requires)
        if self.plugin.plugin_api is not None:
            entry["plugin-api"] = self.plugin.plugin_api
        return entry


@dataclass(frozen=True)
class MetadataSeed:
    """A :class:`~.metadata.VariantMetadata` some of whose providers have not been asked yet."""

    namespaces: tuple[str, ...]
    providers: Mapping[str, Provider | BuildTimeProvider]
    variants: tuple[Variant, ...]

    @property
    def unasked(self) -> dict[str, BuildTimeProvider]:
        """The providers whose plugins are still to be asked, by namespace."""
        return {
            name: provider
            for name in self.namespaces
            if isinstance(provider := self.providers[name], BuildTimeProvider)
        }

    def answered(self, answers: Mapping[str, Provider]) -> Self:
        """The same with answers in the place of the providers that were asked."""
        return replace(self, providers={**self.providers, **answers})

    def metadata(self) -> VariantMetadata:
        """The metadata; raises ProviderError where a plugin is still to be asked."""
        known = {name: p for name, p in self.providers.items() if isinstance(p, Provider)}
        for name, provider in self.unasked.items():
            raise ProviderError(
                f"what wheels hold of the namespace {name!r} is known only while building, when "
                f"its provider is asked ({provider.plugin}): build the wheels here"
            )
        return VariantMetadata(self.namespaces, known, self.variants)

    def as_mapping(self) -> dict[str, object]:
        """The ``[variant]`` table of pyproject.toml."""
        return {
            "$schema": SCHEMA_850,
            "default-priorities": {"namespace": list(self.namespaces)},
            "providers": {name: self.providers[name].as_mapping() for name in self.namespaces},
            "variants": variants_mapping(self.variants),
        }


def default_api(requirement: Requirement) -> str:
    """The module that a requirement's name stands for where no plugin-api is given (PEP 850)."""
    return canonicalize_name(requirement.name).replace("-", "_")
