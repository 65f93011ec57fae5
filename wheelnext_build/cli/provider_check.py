"""``wheelnext-build matrix --check-providers``: the plugins are asked about the variants."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from ..config.config import Config
from ..errors import Problem, ProviderError, RequestError
from ..plugins.asking import Feature, Refused, ask_all, ask_fixed, mistakes
from ..plugins.process import PluginInterpreter
from ..system.temporary import all_temporary_files
from ..variants.known_properties import KNOWN
from ..variants.metadata import Provider
from ..variants.providers import BuildTimeProvider, Plugin
from ..variants.variant import Property, Variant

ProviderState = Literal["holds", "fails", "skipped"]


@dataclass(frozen=True)
class Checked:
    """What came of a namespace's provider; ``text`` says what was done or why it was not."""

    namespace: str
    state: ProviderState
    text: str
    problems: tuple[Problem, ...] = field(default=())


def check(config: Config, installer: str) -> list[Checked]:
    """Install and ask each provider that is a plugin, in an environment of its own.

    Raises RequestError where environments cannot be made at all.
    """
    if config.seed is None:
        return []
    variants = [(item.variant, item.where) for item in config.declared]
    return [
        _check(name, config.seed.providers[name], variants, installer)
        for name in config.seed.namespaces
    ]


def _check(
    namespace: str,
    provider: Provider | BuildTimeProvider,
    variants: list[tuple[Variant, str]],
    installer: str,
) -> Checked:
    if isinstance(provider, Provider) and not provider.requires:
        what = f"builtin: {provider.builtin}" if provider.builtin else "static properties"
        return Checked(namespace, "skipped", f"{what}: no plugin to ask")
    if isinstance(provider, BuildTimeProvider):
        plugin = provider.plugin
    else:
        plugin = Plugin(namespace, provider.requires, provider.plugin_api)
    try:
        with _installed(plugin, installer) as python:
            if isinstance(provider, BuildTimeProvider):
                return _judged(plugin, ask_fixed(plugin, python), variants)
            return _judged(
                plugin, ask_all(plugin, _properties(namespace, variants), python), variants
            )
    except _NotInstalledError as error:
        known = KNOWN.get(namespace)
        if known is not None and provider == known.provider:
            has = "uv has its own copy, and this" if known.in_installers else "This"
            text = f"{error}\n{has} program knows the same properties"
            return Checked(namespace, "skipped", text)
        return Checked(namespace, "fails", str(error))
    except ProviderError as error:
        return Checked(namespace, "fails", str(error))


def _judged(
    plugin: Plugin, answer: tuple[Feature, ...] | Refused, variants: list[tuple[Variant, str]]
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


class _NotInstalledError(Exception):
    """A plugin's requirements cannot be installed."""


@contextlib.contextmanager
def _installed(plugin: Plugin, installer: str) -> Iterator[PluginInterpreter]:
    """An isolated environment with the plugin in it."""
    try:
        from ..frontend.environments import installer_output, isolated
    except ModuleNotFoundError:
        raise RequestError(
            "--check-providers needs build: pip install 'wheelnext-build[cli]'"
        ) from None
    print(f"asking the provider of {plugin.namespace!r} ({plugin})", file=sys.stderr)
    with all_temporary_files(), isolated(None, installer) as env:
        try:
            env.install(plugin.requires)
        except subprocess.CalledProcessError as error:
            reason = "\n".join(f"  {line}" for line in installer_output(error))
            raise _NotInstalledError(
                f"{', '.join(plugin.requires)} cannot be installed:\n{reason}"
            ) from None
        yield PluginInterpreter(env.python_executable, env.make_extra_environ())
