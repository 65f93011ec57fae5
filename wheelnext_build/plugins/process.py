"""Run a provider plugin in its own process, with a time limit, and read its answer.

Question and answer are JSON; the process runs :mod:`~wheelnext_build.plugins.query`. When it has
answered or its time is over, it is killed together with everything that it started.
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

from ..errors import ProviderError, RequestError
from ..system import processes
from ..system.temporary import scratch_folder
from ..variants.providers import Plugin

TIMEOUT_VARIABLE = "WHEELNEXT_PROVIDER_TIMEOUT"
"""Environment variable with the seconds that a plugin has for one answer."""

NOT_A_PLUGIN = (
    "plugin-api names its object, module:object; without it, the name of the first requirement is "
    "the module"
)
NOT_FOR_USE = "report it to the authors of the plugin, or use another release of it"

_TIMEOUT, _DAY = 60.0, 86_400.0
_GRACE = 1.0
"""Further seconds, in which the plugin's process prints the line where it hangs."""

_SCRIPT = Path(__file__).with_name("query.py")
_LOG_BYTES, _LOG_LINES = 50_000, 20
"""Bytes of a plugin's output to keep, and lines of it that an error message shows."""

_ANSWER_BYTES = 1 << 24
"""Most bytes of an answer, far more than any list of features needs."""


@dataclass(frozen=True)
class PluginInterpreter:
    """The Python that the plugin is installed in; ``variables`` are added to its environment."""

    executable: str = sys.executable
    variables: Mapping[str, str] | None = None


HERE = PluginInterpreter()


@dataclass(frozen=True)
class Answer:
    """A plugin's description of itself and the results of its methods.

    ``namespace`` is None if the plugin names none. ``fixed`` says that all of its properties are
    always compatible. ``missing`` are methods that it does not have. ``valid`` has one item for
    each property that an older plugin was asked about; None for other plugins. ``features`` has
    the names, values and multi_value of the features that each method returned.
    """

    namespace: str | None
    fixed: bool
    missing: list[str]
    valid: list[bool] | None
    features: dict[str, list[tuple[str, list[str], bool | None]]]


def query(plugin: Plugin, question: Mapping[str, object], interpreter: PluginInterpreter) -> Answer:
    """Return the answer of a plugin; raise ProviderError if it gives none."""
    seconds = _timeout()
    with scratch_folder() as scratch:
        path = scratch / "answer.json"
        more = {"answer": str(path), "seconds": seconds}
        text = json.dumps({**question, **more})
        process = subprocess.Popen(
            [interpreter.executable, "-P", str(_SCRIPT), text],
            # A fixed seed fixes the order of sets, so a plugin that lists one gives stable answers.
            env={**os.environ, **(interpreter.variables or {}), "PYTHONHASHSEED": "0"},
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
            processes.end_now(process)  # with the processes that it left running
        if status is None:
            raise plugin_error(
                plugin,
                f"it gave no answer within {seconds:g} s{log.tail()}",
                f"set {TIMEOUT_VARIABLE} to more seconds, if it is only slow",
            )
        if not path.is_file():
            what = f"it ended its process with status {status} and gave no answer{log.tail()}"
            raise plugin_error(plugin, what, NOT_FOR_USE)
        if (size := path.stat().st_size) > _ANSWER_BYTES:
            what = f"its answer has {size} bytes, over the {_ANSWER_BYTES} allowed"
            raise plugin_error(plugin, what, NOT_FOR_USE)
        answer = json.loads(path.read_bytes())
    if "error" in answer:
        trace = f"\n{answer['traceback']}" if answer["traceback"] else ""
        hint = NOT_A_PLUGIN if not trace else NOT_FOR_USE
        raise plugin_error(plugin, f"{answer['error']}{trace}", hint)
    return Answer(**answer)


def _timeout() -> float:
    """Return the seconds that a plugin has for one answer; raise RequestError if not a number."""
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
    """Return the error for a plugin; ``hint`` says what to do."""
    return ProviderError(f"the provider of {plugin.namespace!r} ({plugin}): {what}\n{hint}")


class _Log:
    """The last part of a plugin's output, kept in memory; the rest is dropped."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        self._stream = process.stdout
        self._kept = b""
        # A daemon: a process that the plugin moved to another session may keep the pipe open.
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._stream:
            while block := os.read(self._stream.fileno(), _LOG_BYTES):
                self._kept = (self._kept + block)[-_LOG_BYTES:]

    def tail(self) -> str:
        """Return the last lines for an error message, without the frames of our own script."""
        self._thread.join(_GRACE)
        text = self._kept.decode(errors="replace")
        ours = (str(_SCRIPT), '"<frozen importlib')
        lines = [line for line in text.splitlines() if not any(part in line for part in ours)]
        shown = "\n".join(f"  {line}" for line in lines[-_LOG_LINES:])
        return f"; it printed:\n{shown}" if shown else ""
