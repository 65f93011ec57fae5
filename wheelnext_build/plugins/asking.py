"""Ask provider plugins for their features (PEP 850 and the building draft, "plugin API").

A plugin runs in its own process (:mod:`.process`). Its answer is accepted only if wheel metadata
may contain it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..config.toml_table import did_you_mean
from ..errors import Problem
from ..variants.providers import Plugin
from ..variants.variant import NAME_RULE, VALUE_RULE, Property, Variant, is_name, is_value
from .process import (
    HERE,
    NOT_A_PLUGIN,
    NOT_FOR_USE,
    Answer,
    PluginInterpreter,
    plugin_error,
    query,
)

_SUPPORTED, _ALL = "get_supported_configs", "get_all_configs"


@dataclass(frozen=True)
class Feature:
    """A feature of an answer; ``multi_value`` says whether a variant may list several values."""

    name: str
    values: tuple[str, ...]
    multi_value: bool | None


@dataclass(frozen=True)
class Refused:
    """The properties that a plugin older than PEP 817 calls invalid; it cannot list valid ones."""

    properties: tuple[Property, ...]


def ask_fixed(plugin: Plugin, interpreter: PluginInterpreter = HERE) -> tuple[Feature, ...]:
    """Return the features and values, most preferred first, of a plugin for build time.

    Such a plugin gives the same answer on every machine. Raises ProviderError if the plugin fails
    or if wheel metadata may not contain its answer.
    """
    answer = _ask(plugin, (_SUPPORTED, _ALL), interpreter, only_fixed=True)
    _check_complete(plugin, answer)
    if not answer.fixed:
        raise plugin_error(
            plugin,
            "it does not say that all of its properties are always compatible "
            "(all_properties_compatible = True), so it must be asked where a wheel is installed",
            "write requires in the place of build-requires",
        )
    supported = _features(plugin, answer, _SUPPORTED)
    every = _features(plugin, answer, _ALL)
    if not supported:
        raise plugin_error(plugin, f"{_SUPPORTED}() names no feature", NOT_FOR_USE)
    if _unordered(supported) != _unordered(every):
        raise plugin_error(
            plugin,
            f"{_SUPPORTED}() and {_ALL}() differ, although it says that all of its properties are "
            f"always compatible:\n  {text_of(supported)}\n  {text_of(every)}",
            NOT_FOR_USE,
        )
    for feature in supported:
        if not feature.values:
            raise plugin_error(plugin, f"the feature {feature.name!r} has no value", NOT_FOR_USE)
        if feature.multi_value is None:
            what = f"the feature {feature.name!r} does not say whether it is multi_value"
            raise plugin_error(plugin, what, NOT_FOR_USE)
    return supported


def ask_all(
    plugin: Plugin, properties: Sequence[Property], interpreter: PluginInterpreter = HERE
) -> tuple[Feature, ...] | Refused:
    """Return the features and values that are valid on any machine, in no order.

    A plugin older than PEP 817 cannot list them; it is asked about each of ``properties`` instead.
    Raises ProviderError if the plugin fails.
    """
    answer = _ask(plugin, (_ALL,), interpreter, properties)
    if answer.valid is not None:
        judged = zip(properties, answer.valid, strict=True)
        return Refused(tuple(item for item, is_valid in judged if not is_valid))
    _check_complete(plugin, answer)
    features = _features(plugin, answer, _ALL)
    if not features:
        raise plugin_error(plugin, f"{_ALL}() names no feature", NOT_FOR_USE)
    return features


def mistakes(
    namespace: str, features: Sequence[Feature], variants: Iterable[tuple[Variant, str]]
) -> Iterator[Problem]:
    """Yield a problem for each use of a property that the answer of the plugin does not allow.

    ``variants`` are pairs of a variant and the dotted path of its declaration.
    """
    by_name = {feature.name: feature for feature in features}
    for variant, where in variants:
        for name, values in variant.as_mapping().get(namespace, {}).items():
            feature = by_name.get(name)
            if feature is None:
                yield Problem(
                    where,
                    f"the provider of {namespace!r} has no feature {name!r}",
                    did_you_mean(name, by_name) or f"it has {', '.join(by_name)}",
                )
                continue
            for value in values:
                if value not in feature.values:
                    known = ", ".join(feature.values) or "none at all here"
                    hint = did_you_mean(value, feature.values) or f"it knows {known}"
                    item = Property(namespace, name, value)
                    yield Problem(where, f"the provider does not know {str(item)!r}", hint)
            if len(values) > 1 and feature.multi_value is False:
                yield Problem(
                    where,
                    f"variant {variant.label!r} lists {len(values)} values of {namespace}.{name}, "
                    "and its provider allows one in a variant",
                    "make a variant for each",
                )


def text_of(features: Iterable[Feature]) -> str:
    """Return features and their values as one line for people."""
    return "; ".join(f"{feature.name} = {', '.join(feature.values)}" for feature in features)


def _ask(
    plugin: Plugin,
    methods: Sequence[str],
    interpreter: PluginInterpreter,
    properties: Sequence[Property] = (),
    *,
    only_fixed: bool = False,
) -> Answer:
    question = {
        "plugin-api": plugin.endpoint,
        "methods": methods,
        "only-fixed": only_fixed,
        "properties": [[item.namespace, item.feature, item.value] for item in properties],
    }
    answer = query(plugin, question, interpreter)
    if answer.namespace not in (None, plugin.namespace):
        raise plugin_error(
            plugin,
            f"it is for the namespace {answer.namespace!r}",
            f"name the namespace so in the variants and in [variant.providers], or the plugin of "
            f"{plugin.namespace!r}",
        )
    return answer


def _check_complete(plugin: Plugin, answer: Answer) -> None:
    for method in answer.missing:
        raise plugin_error(plugin, f"it has no {method}()", NOT_A_PLUGIN)


def _features(plugin: Plugin, answer: Answer, method: str) -> tuple[Feature, ...]:
    """Return one method's features; raise ProviderError if metadata may not contain them."""
    found = [
        Feature(name, tuple(values), multi_value)
        for name, values, multi_value in answer.features[method]
    ]
    if twice := _twice([feature.name for feature in found]):
        raise plugin_error(plugin, f"{method}() lists the feature {twice!r} twice", NOT_FOR_USE)
    for feature in found:
        if not is_name(feature.name):
            what = f"{feature.name!r} cannot be a feature: only {NAME_RULE} are allowed"
            raise plugin_error(plugin, f"{method}(): {what}", NOT_FOR_USE)
        for value in feature.values:
            if not is_value(value):
                what = (
                    f"{value!r} cannot be a value of {feature.name}: only {VALUE_RULE} are allowed"
                )
                raise plugin_error(plugin, f"{method}(): {what}", NOT_FOR_USE)
        if twice := _twice(feature.values):
            what = f"{method}() lists the value {twice!r} of {feature.name} twice"
            raise plugin_error(plugin, what, NOT_FOR_USE)
    return tuple(found)


def _twice(names: Collection[str]) -> str:
    return next((name for name, count in Counter(names).items() if count > 1), "")


def _unordered(features: Iterable[Feature]) -> dict[str, tuple[frozenset[str], bool | None]]:
    return {f.name: (frozenset(f.values), f.multi_value) for f in features}
