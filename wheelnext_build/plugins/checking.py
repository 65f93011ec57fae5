"""Compare the declared variants with the answers of their provider plugins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal

from ..config.config import Config
from ..errors import Problem, ProviderError
from ..variants.known_properties import KNOWN
from ..variants.metadata import Provider
from ..variants.providers import BuildTimeProvider, Plugin
from ..variants.variant import Property, Variant
from .asking import Feature, Refused, ask_all, ask_fixed, mistakes
from .process import PluginInterpreter

ProviderState = Literal["holds", "fails", "skipped"]
Environment = Callable[[Plugin], AbstractContextManager[PluginInterpreter]]
"""Makes the environment with a plugin in it; raises NotInstalledError if that is impossible."""


class NotInstalledError(Exception):
    """A plugin's requirements cannot be installed."""


@dataclass(frozen=True)
class Checked:
    """The result for one namespace's provider; ``text`` is the answer, or why there is none."""

    namespace: str
    state: ProviderState
    text: str
    problems: tuple[Problem, ...] = field(default=())


def check_providers(config: Config, environment: Environment) -> list[Checked]:
    """Ask the plugin of each provider, and compare its answer with the declared variants."""
    if config.seed is None:
        return []
    variants = [(item.variant, item.where) for item in config.declared]
    return [
        _check(name, config.seed.providers[name], variants, environment)
        for name in config.seed.namespaces
    ]


def _check(
    namespace: str,
    provider: Provider | BuildTimeProvider,
    variants: Sequence[tuple[Variant, str]],
    environment: Environment,
) -> Checked:
    if isinstance(provider, BuildTimeProvider):
        plugin = provider.plugin
    elif provider.requires:
        plugin = Plugin(namespace, provider.requires, provider.plugin_api)
    else:
        what = f"builtin: {provider.builtin}" if provider.builtin else "static properties"
        return Checked(namespace, "skipped", f"{what}: no plugin to ask")
    try:
        with environment(plugin) as python:
            if isinstance(provider, BuildTimeProvider):
                answer: tuple[Feature, ...] | Refused = ask_fixed(plugin, python)
            else:
                answer = ask_all(plugin, _properties(namespace, variants), python)
    except NotInstalledError as error:
        known = KNOWN.get(namespace)
        if known is not None and provider == known.provider:
            has = "uv has its own copy, and this" if known.in_installers else "This"
            text = f"{error}\n{has} program knows the same properties"
            return Checked(namespace, "skipped", text)
        return Checked(namespace, "fails", str(error))
    except ProviderError as error:
        return Checked(namespace, "fails", str(error))
    return _judged(plugin, answer, variants)


def _judged(
    plugin: Plugin, answer: tuple[Feature, ...] | Refused, variants: Sequence[tuple[Variant, str]]
) -> Checked:
    if isinstance(answer, Refused):
        refused = set(answer.properties)
        problems = [
            Problem(where, f"the provider does not know {str(item)!r}")
            for variant, where in variants
            for item in variant.properties
            if item in refused
        ]
        what = "asked for each property, as it lists none"
    else:
        problems = list(mistakes(plugin.namespace, answer, variants))
        what = "knows " + "; ".join(f"{f.name} ({len(f.values)} values)" for f in answer)
    state: ProviderState = "fails" if problems else "holds"
    return Checked(plugin.namespace, state, f"{plugin}: {what}", tuple(problems))


def _properties(namespace: str, variants: Iterable[tuple[Variant, str]]) -> list[Property]:
    found = (item for variant, _ in variants for item in variant.properties)
    return sorted({item for item in found if item.namespace == namespace})
