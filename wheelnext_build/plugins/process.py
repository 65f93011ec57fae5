"""A provider plugin's process: it has some time, and is ended with all that it started.

Order and answer are JSON; what runs in it is :mod:`~wheelnext_build.plugins.query`.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ProviderError, RequestError
from ..system import processes
from ..system.temporary import scratch_folder
from ..variants.providers import Plugin

TIMEOUT_VARIABLE = "WHEELNEXT_PROVIDER_TIMEOUT"
"""The environment variable with the seconds that a plugin has for one answer."""

NOT_A_PLUGIN = (
    "plugin-api names its object, module:object; without it, the name of the first requirement is "
    "the module"
)
NOT_FOR_USE = "report it to the authors of the plugin, or use another release of it"

_TIMEOUT, _DAY = 60.0, 86_400.0
_GRACE = 1.0
"""Further seconds, in which the plugin's process says where it hangs."""

_SCRIPT = Path(__file__).with_name("query.py")
_LOG_BYTES, _LOG_LINES = 50_000, 20
"""How much of a plugin's output to keep, and to show, where it fails."""

_ANSWER_BYTES = 1 << 24
"""No list of features comes near this many."""


@dataclass(frozen=True)
class PluginInterpreter:
    """The Python into which a plugin is installed, and what its environment has besides ours."""

    executable: str = sys.executable
    variables: Mapping[str, str] | None = None


HERE = PluginInterpreter()


def query(
    plugin: Plugin, order: Mapping[str, object], interpreter: PluginInterpreter, seed: int
) -> dict[str, Any]:
    """The answer to an order, from a process with this hash seed; raises ProviderError."""
    seconds = timeout()
    with scratch_folder() as scratch:
        answer = scratch / "answer.json"
        more = {"answer": str(answer), "seconds": seconds, "parent": os.getpid()}
        text = json.dumps({**order, **more})
        process = subprocess.Popen(
            [interpreter.executable, "-P", str(_SCRIPT), text],
            env={**os.environ, **(interpreter.variables or {}), "PYTHONHASHSEED": str(seed)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        log = _Log(process)
        status = None
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = process.wait(seconds + _GRACE)
        finally:
            processes.end_now(process)  # also what it has left running
        if status is None:
            raise plugin_error(
                plugin,
                f"it gave no answer within {seconds:g} s{log.tail()}",
                f"set {TIMEOUT_VARIABLE} to more seconds, if it is only slow",
            )
        if not answer.is_file():
            what = f"it ended its process with status {status} and gave no answer{log.tail()}"
            raise plugin_error(plugin, what, NOT_FOR_USE)
        if (size := answer.stat().st_size) > _ANSWER_BYTES:
            what = f"its answer has {size} bytes, over the {_ANSWER_BYTES} allowed"
            raise plugin_error(plugin, what, NOT_FOR_USE)
        try:
            given = _checked(json.loads(answer.read_bytes()), order)
        except (ValueError, RecursionError):
            what = f"it wrote an answer that is not one{log.tail()}"
            raise plugin_error(plugin, what, NOT_FOR_USE) from None
    if "error" in given:
        trace = f"\n{given['traceback']}" if given["traceback"] else ""
        hint = NOT_A_PLUGIN if not trace else NOT_FOR_USE
        raise plugin_error(plugin, f"{given['error']}{trace}", hint)
    return given


def _checked(given: Any, order: Mapping[str, Any]) -> dict[str, Any]:
    """What :mod:`pluginquery` writes; raises ValueError for what a plugin has put in its place."""
    kinds: dict[str, object] = {"error": str, "traceback": str}
    if not (isinstance(given, dict) and "error" in given):
        kinds = {"namespace": str | None, "fixed": bool, "missing": list}
    if not isinstance(given, dict) or any(
        key not in given or not isinstance(given[key], kind)  # type: ignore[arg-type]
        for key, kind in kinds.items()
    ):
        raise ValueError
    for key in {*order["methods"], "valid", "missing"} & given.keys():
        if not isinstance(given[key], list):
            raise ValueError
    for item in (item for method in order["methods"] for item in given.get(method, ())):
        if not (
            isinstance(item, dict)
            and isinstance(item.get("name"), str)
            and isinstance(item.get("values"), list)
            and all(isinstance(value, str) for value in item["values"])
            and isinstance(item.get("multi_value", ""), bool | None)
        ):
            raise ValueError
    return given


def timeout() -> float:
    """The seconds that a plugin has for one answer; raises RequestError for what is no number."""
    text = os.environ.get(TIMEOUT_VARIABLE, "")
    try:
        seconds = float(text) if text else _TIMEOUT
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _DAY:
        raise RequestError(
            f"{TIMEOUT_VARIABLE}={text}: must be a number of seconds above 0, and at most a day"
        )
    return seconds


def plugin_error(plugin: Plugin, what: str, hint: str) -> ProviderError:
    """What is wrong with a plugin, and what to do about it."""
    return ProviderError(f"the provider of {plugin.namespace!r} ({plugin}): {what}\n{hint}")


class _Log:
    """The end of a plugin's output: however much it prints, no more is kept, nor on a disk."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        self._stream = process.stdout
        self._kept = b""
        # A daemon: what a plugin has moved to a session of its own may hold the pipe for long.
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._stream:
            while block := os.read(self._stream.fileno(), _LOG_BYTES):
                self._kept = (self._kept + block)[-_LOG_BYTES:]

    def tail(self) -> str:
        """Its last lines, without the frames that the plugin did not see."""
        self._thread.join(_GRACE)
        text = self._kept.decode(errors="replace")
        ours = (str(_SCRIPT), '"<frozen importlib')
        lines = [line for line in text.splitlines() if not any(part in line for part in ours)]
        shown = "\n".join(f"  {line}" for line in lines[-_LOG_LINES:])
        return f"; it printed:\n{shown}" if shown else ""
