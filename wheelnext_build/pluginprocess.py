"""A provider plugin's process: it has some time, and is ended with all that it started.

Order and answer are JSON; what runs in it is :mod:`~wheelnext_build.pluginquery`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import processgroup
from .errors import ProviderError, RequestError
from .scratch import scratch_folder
from .seed import Plugin

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

_SCRIPT = Path(__file__).with_name("pluginquery.py")
_LOG_BYTES, _LOG_LINES = 50_000, 20
"""How much of a plugin's output to read, and to show, where it fails."""


@dataclass(frozen=True)
class Interpreter:
    """The Python into which a plugin is installed, and what its environment has besides ours."""

    executable: str = sys.executable
    variables: Mapping[str, str] | None = None


HERE = Interpreter()


def query(
    plugin: Plugin, order: Mapping[str, object], interpreter: Interpreter, seed: int
) -> dict[str, Any]:
    """The answer to an order, from a process with this hash seed; raises ProviderError."""
    seconds = timeout()
    with scratch_folder() as scratch:
        answer, log = scratch / "answer.json", scratch / "log.txt"
        text = json.dumps({**order, "answer": str(answer), "seconds": seconds})
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
                status = process.wait(seconds + _GRACE)
            except subprocess.TimeoutExpired:
                processgroup.end_now(process)
                raise plugin_error(
                    plugin,
                    f"it gave no answer within {seconds:g} s{_tail(log)}",
                    f"set {TIMEOUT_VARIABLE} to more seconds, if it is only slow",
                ) from None
            except BaseException:
                processgroup.end_now(process)
                raise
        if not answer.is_file():
            what = f"it ended its process with status {status} and gave no answer{_tail(log)}"
            raise plugin_error(plugin, what, NOT_FOR_USE)
        given: dict[str, Any] = json.loads(answer.read_bytes())
    if "error" in given:
        trace = f"\n{given['traceback']}" if given["traceback"] else ""
        hint = NOT_A_PLUGIN if not trace else NOT_FOR_USE
        raise plugin_error(plugin, f"{given['error']}{trace}", hint)
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


def _tail(log: Path) -> str:
    """The end of a plugin's output, without the frames that it did not see."""
    with log.open("rb") as stream:
        stream.seek(-min(_LOG_BYTES, log.stat().st_size), os.SEEK_END)
        text = stream.read().decode(errors="replace")
    ours = (str(_SCRIPT), '"<frozen importlib')
    lines = [line for line in text.splitlines() if not any(part in line for part in ours)]
    shown = "\n".join(f"  {line}" for line in lines[-_LOG_LINES:])
    return f"; it printed:\n{shown}" if shown else ""
