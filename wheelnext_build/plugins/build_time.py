"""The providers of a build: their plugins are asked once, before anything is compiled."""

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
    """What to install for the plugins that the build of any variant asks.

    All of them: whatever a wheel's own properties are, its metadata has every provider of the
    release, and must have the same as the other wheels (PEP 825, "Index-level metadata").
    """
    found = (text for item in config.unasked.values() for text in item.plugin.requires)
    return list(dict.fromkeys(found))


def asked_while_building(config: Config) -> list[str]:
    """A line for each provider whose plugin is asked while building."""
    return [
        f"The provider of {name!r} is asked while building: {provider.plugin}."
        for name, provider in config.unasked.items()
    ]


def resolved(config: Config) -> Config:
    """The configuration with the plugins' answers in it (building draft, "Populating static
    properties from provider plugins").

    Raises ProviderError where a plugin is not installed or gives no sound answer, and
    ConfigurationError where a variant has properties that its provider does not know.
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
        answers[namespace] = static(provider, features)
    if problems:
        raise ConfigurationError(problems)
    return config.answered(answers)


def static(provider: BuildTimeProvider, features: tuple[Feature, ...]) -> Provider:
    """The entry that a plugin's answer makes in a wheel."""
    names = tuple(feature.name for feature in features)
    return Provider(
        static_properties={feature.name: feature.values for feature in features},
        feature_order=names if len(names) > 1 else (),
        optional=provider.optional,
    )


def _installed(plugin: Plugin) -> str:
    """The names and versions of a plugin's requirements, as they are installed here."""
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
