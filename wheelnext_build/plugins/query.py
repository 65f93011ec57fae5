"""Script that asks one provider plugin, run by the Python that the plugin is installed in.

It imports nothing from this package, which need not be installed there. It writes the answer to a
JSON file because the plugin may print anything. :mod:`wheelnext_build.plugins.process` runs it.
"""

from __future__ import annotations

import faulthandler
import importlib
import inspect
import json
import os
import sys
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any


class _AnswerError(Exception):
    """The object is not a plugin, or a method did not return features."""


@dataclass(frozen=True)
class _Property:
    """Argument for the ``validate_property`` of older plugins."""

    namespace: str
    feature: str
    value: str


def main() -> None:
    """Ask, write the answer, and exit at once, even if the plugin left threads running."""
    order = json.loads(sys.argv[1])
    # If the plugin hangs, this prints the line; the parent kills the process a moment later.
    faulthandler.dump_traceback_later(order["seconds"])
    try:
        answer = _ask(order)
    except _AnswerError as error:
        answer = {"error": str(error), "traceback": ""}
    except BaseException as error:  # noqa: BLE001 - anything that a plugin raises is its failure
        answer = {"error": _last_line(error), "traceback": _traceback(error)}
    path = Path(order["answer"])
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(answer), encoding="utf-8")
    partial.replace(path)
    os._exit(0)


def _ask(order: Mapping[str, Any]) -> dict[str, object]:
    methods = order["methods"]
    plugin = _load(order["plugin-api"], methods)
    namespace = getattr(plugin, "namespace", None)
    missing = [name for name in methods if not hasattr(plugin, name)]
    fixed = _is_fixed(plugin)
    valid, features = None, {}
    if missing and hasattr(plugin, "validate_property"):
        properties = [_Property(*parts) for parts in order["properties"]]
        valid = [bool(plugin.validate_property(item)) for item in properties]
    if not missing and (fixed or not order["only-fixed"]):
        features = {name: _features(getattr(plugin, name)(), name) for name in methods}
    return {
        # PEP 850 has no such attribute, so it may be anything.
        "namespace": namespace if isinstance(namespace, str) else None,
        "fixed": fixed,
        "missing": missing,
        "valid": valid,
        "features": features,
    }


def _is_fixed(plugin: Any) -> bool:
    """Return whether the plugin says that all of its properties are always compatible.

    The draft and PEP 817 have different attributes for it. Any value but True means no.
    """
    words = ("all_properties_compatible", "is_aot_plugin")
    return any(getattr(plugin, word, False) is True for word in words)


def _load(plugin_api: str, methods: Iterable[str]) -> Any:
    module_name, _, path = plugin_api.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise _AnswerError(f"there is no module {module_name!r}") from None
    try:
        plugin: Any = reduce(getattr, path.split(".") if path else [], module)
    except AttributeError:
        raise _AnswerError(f"the module {module_name!r} has no {path!r}") from None
    # The interface has class methods and functions; plugins older than PEP 817 need an instance.
    names = (*methods, "validate_property")
    found = [inspect.getattr_static(plugin, name, None) for name in names]
    if isinstance(plugin, type) and any(map(inspect.isfunction, found)):
        return plugin()
    return plugin


def _features(configs: object, method: str) -> list[tuple[str, list[str], bool | None]]:
    """Return the features that a method returned, with the right types; text is not checked yet."""
    if not isinstance(configs, list):
        raise _AnswerError(f"{method}() gives {_kind(configs)}, not a list")
    return [_feature(config, f"{method}()[{index}]") for index, config in enumerate(configs)]


def _feature(config: Any, where: str) -> tuple[str, list[str], bool | None]:
    try:
        name, values = config.name, config.values
    except AttributeError:
        what = f"{_kind(config)} without name and values"
        raise _AnswerError(f"{where} is {what}: no feature config") from None
    multi_value = getattr(config, "multi_value", None)
    if not isinstance(name, str):
        raise _AnswerError(f"{where}.name is {_kind(name)}, not a string")
    if not isinstance(values, list):
        raise _AnswerError(f"{where}.values is {_kind(values)}, not a list")
    for value in values:
        if not isinstance(value, str):
            raise _AnswerError(f"{where}.values holds {_kind(value)}, not only strings")
    if not isinstance(multi_value, bool | None):
        raise _AnswerError(f"{where}.multi_value is {_kind(multi_value)}, not True or False")
    return name, values, multi_value


def _kind(value: object) -> str:
    name = "None" if value is None else type(value).__name__
    return f"an object of {name}" if value is not None else name


def _last_line(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"it ends the process: sys.exit({error.code!r})"
    return "".join(traceback.format_exception_only(error)).strip()


def _traceback(error: BaseException) -> str:
    """Format the traceback without the frames of this file and of the import system."""
    ours = (__file__, "<frozen importlib")
    frames = traceback.extract_tb(error.__traceback__)
    kept = [frame for frame in frames if not frame.filename.startswith(ours)]
    return "".join(traceback.format_list(kept)).rstrip()


if __name__ == "__main__":
    main()
