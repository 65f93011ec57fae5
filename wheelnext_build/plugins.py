"""Provider plugins, asked in a process of their own (PEP 850 and the building draft, "plugin API").

An answer is taken only where it could stand in metadata, and where a second process, with another
hash seed, gives the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import processgroup
from .errors import Problem, ProviderError, RequestError
from .seed import Plugin
from .tomltable import did_you_mean
from .variant import NAME_RULE, VALUE_RULE, Property, Variant, is_name, is_value

TIMEOUT_VARIABLE = "WHEELNEXT_PROVIDER_TIMEOUT"
"""The environment variable with the seconds that a plugin has for one answer."""

_TIMEOUT = 60.0
_SCRIPT = Path(__file__).with_name("pluginquery.py")
_SUPPORTED, _ALL = "get_supported_configs", "get_all_configs"
_LOG_TAIL = 20
"""Lines of a plugin's output to show of its failure."""


@dataclass(frozen=True)
class Feature:
    """A feature of an answer; ``multi_value`` is whether a variant may list several values."""

    name: str
    values: tuple[str, ...]
    multi_value: bool | None


@dataclass(frozen=True)
class Refused:
    """The answer of a plugin older than PEP 817, which lists nothing: what it calls invalid."""

    properties: tuple[Property, ...]


@dataclass(frozen=True)
class Interpreter:
    """The Python into which a plugin is installed, and what its environment has besides ours."""

    executable: str = sys.executable
    variables: Mapping[str, str] | None = None


HERE = Interpreter()


def ask_fixed(plugin: Plugin, interpreter: Interpreter = HERE) -> tuple[Feature, ...]:
    """Features and values, most preferred first, of a plugin whose answer is the same everywhere.

    Raises ProviderError where the plugin fails, or gives no answer that a wheel may hold.
    """
    answer = _ask(plugin, (_SUPPORTED, _ALL), interpreter, only_fixed=True)
    _check_complete(plugin, answer)
    if not answer["fixed"]:
        raise _error(
            plugin,
            "it does not say that all of its properties are always compatible "
            "(all_properties_compatible = True), so it must be asked where a wheel is installed",
            "write requires in the place of build-requires",
        )
    supported = _features(plugin, answer, _SUPPORTED)
    every = _features(plugin, answer, _ALL)
    if not supported:
        raise _error(plugin, f"{_SUPPORTED}() names no feature", _NOT_FOR_USE)
    if _unordered(supported) != _unordered(every):
        raise _error(
            plugin,
            f"{_SUPPORTED}() and {_ALL}() differ, although it says that all of its properties are "
            f"always compatible:\n  {_text(supported)}\n  {_text(every)}",
            _NOT_FOR_USE,
        )
    for feature in supported:
        if not feature.values:
            raise _error(plugin, f"the feature {feature.name!r} has no value", _NOT_FOR_USE)
        if feature.multi_value is None:
            what = f"the feature {feature.name!r} does not say whether it is multi_value"
            raise _error(plugin, what, _NOT_FOR_USE)
    return supported


def ask_all(
    plugin: Plugin, properties: Sequence[Property], interpreter: Interpreter = HERE
) -> tuple[Feature, ...] | Refused:
    """Features and values that are valid anywhere, in no order.

    An older plugin, which lists nothing, is asked for each of ``properties``. Raises ProviderError.
    """
    answer = _ask(plugin, (_ALL,), interpreter, properties)
    if "valid" in answer:
        judged = zip(properties, answer["valid"], strict=True)
        return Refused(tuple(item for item, is_valid in judged if not is_valid))
    _check_complete(plugin, answer)
    features = _features(plugin, answer, _ALL)
    if not features:
        raise _error(plugin, f"{_ALL}() names no feature", _NOT_FOR_USE)
    return features


def mistakes(
    namespace: str, features: Sequence[Feature], variants: Iterable[tuple[Variant, str]]
) -> Iterator[Problem]:
    """What in the variants a plugin's answer does not allow; pairs of a variant and its place."""
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


def _ask(
    plugin: Plugin,
    methods: Sequence[str],
    interpreter: Interpreter,
    properties: Sequence[Property] = (),
    *,
    only_fixed: bool = False,
) -> dict[str, Any]:
    order = {
        "plugin-api": plugin.endpoint,
        "methods": methods,
        "only-fixed": only_fixed,
        "properties": [[item.namespace, item.feature, item.value] for item in properties],
    }
    # The order of a set's items depends on the seed: one that reached an answer shows.
    first = _query(plugin, order, interpreter, seed=0)
    second = _query(plugin, order, interpreter, seed=1)
    for name, value in first.items():
        if second.get(name) != value:
            raise _error(
                plugin,
                f"it does not give the same answer twice: {name} is first\n  {json.dumps(value)}\n"
                f"and then\n  {json.dumps(second.get(name))}",
                _NOT_FOR_USE,
            )
    if first["namespace"] not in (None, plugin.namespace):
        raise _error(
            plugin,
            f"it is for the namespace {first['namespace']!r}",
            f"name the namespace so in the variants and in [variant.providers], or the plugin of "
            f"{plugin.namespace!r}",
        )
    return first


def _check_complete(plugin: Plugin, answer: Mapping[str, Any]) -> None:
    for method in answer["missing"]:
        raise _error(plugin, f"it has no {method}()", _NOT_A_PLUGIN)


def _query(
    plugin: Plugin, order: Mapping[str, object], interpreter: Interpreter, seed: int
) -> dict[str, Any]:
    seconds = timeout()
    with tempfile.TemporaryDirectory(prefix="wheelnext-build-") as scratch:
        answer, log = Path(scratch, "answer.json"), Path(scratch, "log.txt")
        text = json.dumps({**order, "answer": str(answer)})
        with (
            log.open("wb") as output,
            subprocess.Popen(
                [interpreter.executable, "-P", str(_SCRIPT), text],
                env={**os.environ, **(interpreter.variables or {}), "PYTHONHASHSEED": str(seed)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as process,
        ):
            try:
                status = process.wait(seconds)
            except subprocess.TimeoutExpired:
                processgroup.end_now(process)
                raise _error(
                    plugin,
                    f"it gave no answer within {seconds:g} s{_tail(log)}",
                    f"set {TIMEOUT_VARIABLE} to more seconds, if it is only slow",
                ) from None
            except BaseException:
                processgroup.end_now(process)
                raise
        if not answer.is_file():
            what = f"it ended its process with status {status} and gave no answer{_tail(log)}"
            raise _error(plugin, what, _NOT_FOR_USE)
        given: dict[str, Any] = json.loads(answer.read_bytes())
    if "error" in given:
        trace = f"\n{given['traceback']}" if given["traceback"] else ""
        hint = _NOT_A_PLUGIN if not trace else _NOT_FOR_USE
        raise _error(plugin, f"{given['error']}{trace}", hint)
    return given


_NOT_A_PLUGIN = (
    "plugin-api names its object, module:object; without it, the name of the first requirement is "
    "the module"
)
_NOT_FOR_USE = "report it to the authors of the plugin, or use another release of it"


def timeout() -> float:
    """The seconds that a plugin has for one answer; raises RequestError for what is no number."""
    text = os.environ.get(TIMEOUT_VARIABLE, "")
    try:
        seconds = float(text) if text else _TIMEOUT
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise RequestError(f"{TIMEOUT_VARIABLE}={text}: must be a number of seconds above 0")
    return seconds


def _error(plugin: Plugin, what: str, hint: str) -> ProviderError:
    return ProviderError(f"the provider of {plugin.namespace!r} ({plugin}): {what}\n{hint}")


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_TAIL:]
    return "; it printed:\n" + "\n".join(f"  {line}" for line in lines) if lines else ""


def _features(plugin: Plugin, answer: Mapping[str, Any], method: str) -> tuple[Feature, ...]:
    """The features that a method gave back; their names and values are what metadata may hold."""
    found = [
        Feature(item["name"], tuple(item["values"]), item["multi_value"]) for item in answer[method]
    ]
    if twice := _twice([feature.name for feature in found]):
        raise _error(plugin, f"{method}() lists the feature {twice!r} twice", _NOT_FOR_USE)
    for feature in found:
        if not is_name(feature.name):
            what = f"{method}(): {feature.name!r} cannot be a feature: only {NAME_RULE} are allowed"
            raise _error(plugin, what, _NOT_FOR_USE)
        for value in feature.values:
            if not is_value(value):
                what = (
                    f"{value!r} cannot be a value of {feature.name}: only {VALUE_RULE} are allowed"
                )
                raise _error(plugin, f"{method}(): {what}", _NOT_FOR_USE)
        if twice := _twice(feature.values):
            what = f"{method}() lists the value {twice!r} of {feature.name} twice"
            raise _error(plugin, what, _NOT_FOR_USE)
    return tuple(found)


def _twice(names: Collection[str]) -> str:
    return next((name for name in names if list(names).count(name) > 1), "")


def _unordered(features: Iterable[Feature]) -> dict[str, tuple[frozenset[str], bool | None]]:
    return {f.name: (frozenset(f.values), f.multi_value) for f in features}


def _text(features: Iterable[Feature]) -> str:
    return "; ".join(f"{feature.name} = {', '.join(feature.values)}" for feature in features)
