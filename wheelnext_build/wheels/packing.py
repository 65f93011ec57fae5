"""Fast packing in scikit-build-core's hooks: its WheelWriter is replaced while a hook runs.

scikit-build-core has no setting, entry point or plugin for how a wheel is written. Its hooks look
the class up in a module's globals. This module puts our writer there if everything that it relies
on exists. If not, scikit-build-core writes its wheels itself, slowly, and a message says so.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from dataclasses import fields
from importlib.metadata import version
from types import ModuleType
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from ..system.announce import announce

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

KNOWN_VERSIONS = SpecifierSet(">=1.1,<1.2")
"""The versions of scikit-build-core that our writer was tested with."""

_PARAMETERS = {
    "__enter__": ["self"],
    "__exit__": ["self", "args"],
    "write": ["self", "filename", "arcname"],
    "writestr": ["self", "zinfo_or_arcname", "data"],
    "timestamp": ["self", "mtime"],
    "dist_info_contents": ["self"],
}
_FIELDS = {"reproducible", "metadata_dir", "_zipfile"}
_PROPERTIES = {"wheelpath", "dist_info"}


class _UnknownWriterError(Exception):
    """This scikit-build-core does not have the parts that our writer needs."""


@contextlib.contextmanager
def fast_packing(threads: int | None = None) -> Iterator[bool]:
    """Make all hooks of scikit-build-core that are called in the block pack wheels fast.

    Yields False if scikit-build-core's own writer must be used. The replacement affects the whole
    process: blocks may follow each other, but must not be open in two threads.
    """
    try:
        module, writer = _replacement(threads)
    except _UnknownWriterError as reason:
        announce(f"wheels are packed by scikit-build-core itself, which is slower: {reason}")
        yield False
        return
    names = vars(module)
    original = names["WheelWriter"]
    names["WheelWriter"] = writer
    try:
        yield True
    finally:
        names["WheelWriter"] = original


def _replacement(threads: int | None) -> tuple[ModuleType, type]:
    """Return the module where scikit-build-core looks up its writer, and the writer to put there.

    Raises _UnknownWriterError if that would not work.
    """
    found = version("scikit-build-core")
    if not KNOWN_VERSIONS.contains(found, prereleases=True):
        raise _UnknownWriterError(f"{found} is not one of the known versions, {KNOWN_VERSIONS}")
    try:
        from scikit_build_core.build import wheel
        from scikit_build_core.build._wheelfile import WheelWriter

        from .fast_writer import FastWheelWriter
    except ImportError as error:
        raise _UnknownWriterError(f"{found} has no {error.name}") from error
    _check(wheel, WheelWriter)

    return wheel, type("Writer", (FastWheelWriter,), {"threads": threads})


def _check(module: ModuleType, writer: type[DataclassInstance]) -> None:
    """Raise _UnknownWriterError if anything that FastWheelWriter relies on is missing."""
    if vars(module).get("WheelWriter") is not writer:
        raise _UnknownWriterError("its hooks use another WheelWriter")
    build = vars(module).get("_build_wheel_impl_impl")
    if not inspect.isfunction(build) or "WheelWriter" not in build.__code__.co_names:
        raise _UnknownWriterError("its hooks do not look WheelWriter up")
    for name, expected in _PARAMETERS.items():
        method = vars(writer).get(name)
        if not inspect.isfunction(method) or list(inspect.signature(method).parameters) != expected:
            raise _UnknownWriterError(f"WheelWriter.{name} is another")
    if not {field.name for field in fields(writer)} >= _FIELDS:
        raise _UnknownWriterError("WheelWriter has other fields")
    if not all(isinstance(vars(writer).get(name), property) for name in _PROPERTIES):
        raise _UnknownWriterError("WheelWriter has other properties")
