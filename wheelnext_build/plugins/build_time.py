"""Ask the plugins of a build's providers, once, before anything is compiled."""

from __future__ import annotations

from importlib.metadata import version

from ..config.config import Config
from ..errors import ConfigurationError, Problem, ProviderError
from ..system.announce import announce
from ..system.installed import unmet
from ..system.signals import ending_when_asked
from ..variants.metadata import Provider
from ..variants.providers import BuildTimeProvider, Plugin
from .asking import Feature, ask_fixed, mistakes, text_of


def requirements(config: Config) -> list[str]:
    """Return the requirements of all plugins that are asked while building.

    Every variant needs all of them: the metadata of each wheel has every provider of the release,
    the same as in the other wheels (PEP 825, "Index-level metadata").
    """
    found = (text for item in config.unasked.values() for text in item.plugin.requires)
    return list(dict.fromkeys(found))


def asked_while_building(config: Config) -> list[str]:
    """Return a line for each provider whose plugin is asked while building."""
    return [
        f"The provider of {name!r} is asked while building: {provider.plugin}."
        for name, provider in config.unasked.items()
    ]


def resolved(config: Config) -> Config:
    """Return the configuration with the answers of the plugins in it.

    See the building draft, "Populating static properties from provider plugins". Raises
    ProviderError if a plugin is not installed or fails, and ConfigurationError if a variant has
    properties that its provider does not know.
    """
    answers: dict[str, Provider] = {}
    problems: list[Problem] = []
    variants = [(item.variant, item.where) for item in config.declared]
    for namespace, provider in config.unasked.items():
        plugin = provider.plugin
        found = _installed(plugin)
        announce(f"asking the provider of {namespace!r}: {found}, plugin-api {plugin.endpoint}")
        with ending_when_asked():
            features = ask_fixed(plugin)
        announce(f"it answers: {text_of(features)}")
        problems += mistakes(namespace, features, variants)
        answers[namespace] = _static(provider, features)
    if problems:
        raise ConfigurationError(problems)
    return config.answered(answers)


def _static(provider: BuildTimeProvider, features: tuple[Feature, ...]) -> Provider:
    """Return the provider entry of wheels that is made from the answer of a plugin."""
    names = tuple(feature.name for feature in features)
    return Provider(
        static_properties={feature.name: feature.values for feature in features},
        feature_order=names if len(names) > 1 else (),
        optional=provider.optional,
    )


def _installed(plugin: Plugin) -> str:
    """Return the names and installed versions of a plugin's requirements."""
    found = []
    if not plugin.active():
        raise ProviderError(
            f"the provider of {plugin.namespace!r} has no requirement for this environment, as no "
            f"marker holds: {', '.join(plugin.requires)}"
        )
    for requirement in plugin.active():
        if reason := unmet(requirement):
            raise ProviderError(f"the provider of {plugin.namespace!r} {reason}")
        found.append(f"{requirement.name} {version(requirement.name)}")
    return ", ".join(found)
