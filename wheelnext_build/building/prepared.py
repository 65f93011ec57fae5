"""The metadata of a variant before its build, which the wheel then keeps.

PEP 517, ``prepare_metadata_for_build_wheel``; PEP 660 has the same for editable wheels.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..config.build_target import BuildTarget
from ..config.config import load
from ..errors import WheelError
from ..plugins import build_time
from ..variants.metadata import VARIANT_JSON
from ..wheels.reader import WheelReader
from . import jobs
from .request import Request


def prepare(hook: Callable[..., Any], metadata_directory: str, request: Request) -> str:
    """Call scikit-build-core's hook, and add variant.json where one variant is asked for.

    Returns the name of the ``.dist-info`` folder.
    """
    config = load(Path())
    chosen = request.choose(config, BuildTarget.detect())
    if request.all_variants or not chosen:
        return str(hook(metadata_directory, request.settings))
    config = build_time.resolved(config)
    with jobs.environment(jobs.pass_environment(jobs.Job(chosen[0]), None)):
        name = str(hook(metadata_directory, request.settings))
    path = Path(metadata_directory, name, VARIANT_JSON)
    path.write_bytes(config.metadata_of(chosen[0].variant).to_json())
    return name


def check(folder: Path, wheel: Path) -> None:
    """Raise WheelError where a wheel's metadata is not what was handed out in the folder."""
    with WheelReader(wheel) as reader:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and path.read_bytes() != reader.read(f"{reader.dist_info}/{name}"):
                raise WheelError(
                    f"{wheel}: {name} differs from the one that was prepared before the build"
                )
