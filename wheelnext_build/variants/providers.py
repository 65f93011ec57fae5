"""The metadata of a release without the answers of build-time plugins (building draft, "seed").

pyproject.toml alone defines it; the plugins are asked during a build.
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

    ``requires`` are the requirement strings to install. ``plugin_api`` is ``module:object``; None
    if the module has the name of the first requirement.
    """

    namespace: str
    requires: tuple[str, ...]
    plugin_api: str | None = None

    def active(self) -> tuple[Requirement, ...]:
        """Return the requirements whose markers are true in this environment."""
        requirements = map(Requirement, self.requires)
        return tuple(r for r in requirements if r.marker is None or r.marker.evaluate())

    @property
    def endpoint(self) -> str:
        """Return the ``module`` or ``module:object`` of the plugin."""
        if self.plugin_api is not None:
            return self.plugin_api
        return default_api((*self.active(), Requirement(self.requires[0]))[0])

    def __str__(self) -> str:
        return f"{', '.join(self.requires)}; plugin-api {self.endpoint}"


@dataclass(frozen=True)
class BuildTimeProvider:
    """A provider whose plugin is asked during a build; the wheels contain its answer.

    ``optional`` is copied to the wheels' metadata.
    """

    plugin: Plugin
    optional: bool = False

    def as_mapping(self) -> dict[str, object]:
        """Return the entry as in pyproject.toml."""
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
        """Return the providers whose plugins have not been asked, by namespace."""
        return {
            name: provider
            for name in self.namespaces
            if isinstance(provider := self.providers[name], BuildTimeProvider)
        }

    def answered(self, answers: Mapping[str, Provider]) -> Self:
        """Return a copy with answers in place of the providers that were asked."""
        return replace(self, providers={**self.providers, **answers})

    def metadata(self) -> VariantMetadata:
        """Return the metadata; raises ProviderError if a plugin has not been asked."""
        known = {name: p for name, p in self.providers.items() if isinstance(p, Provider)}
        for name, provider in self.unasked.items():
            raise ProviderError(
                f"the metadata of the namespace {name!r} is known only during a build, which asks "
                f"its provider ({provider.plugin}): build the wheels here"
            )
        return VariantMetadata(self.namespaces, known, self.variants)

    def as_mapping(self) -> dict[str, object]:
        """Return the ``[variant]`` table of pyproject.toml."""
        return {
            "$schema": SCHEMA_850,
            "default-priorities": {"namespace": list(self.namespaces)},
            "providers": {name: self.providers[name].as_mapping() for name in self.namespaces},
            "variants": variants_mapping(self.variants),
        }


def default_api(requirement: Requirement) -> str:
    """Return the module of a plugin without plugin-api, from its requirement's name (PEP 850)."""
    return canonicalize_name(requirement.name).replace("-", "_")
