"""Prepare the metadata of a variant before its build, and check that the wheel has the same.

PEP 517, ``prepare_metadata_for_build_wheel``; PEP 660 has the same for editable wheels.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..config.hook_settings import WheelKind
from ..config.project import Project
from ..config.skbuild_settings import metadata_state
from ..errors import WheelError
from ..system.processes import replaced_environment
from ..variants.metadata import VARIANT_JSON
from ..wheels.reader import WheelReader
from .environment import variables
from .plan import make_plan
from .request import Request


def prepare(
    hook: Callable[..., Any],
    kind: WheelKind,
    metadata_directory: str,
    request: Request,
    project: Project,
) -> str:
    """Call scikit-build-core's hook, and add variant.json if one variant is requested.

    Returns the name of the ``.dist-info`` folder.
    """
    plan = make_plan(request, project, kind, state=metadata_state(kind))
    if len(plan.jobs) != 1 or not plan.chosen:
        return str(hook(metadata_directory, request.settings))
    plan = plan.with_answers()
    (declared,), (job,) = plan.chosen, plan.jobs
    with replaced_environment(variables.with_process(job.environment)):
        name = str(hook(metadata_directory, request.settings))
    path = Path(metadata_directory, name, VARIANT_JSON)
    path.write_bytes(plan.config.metadata_of(declared.variant).to_json())
    return name


def check(folder: Path, wheel: Path) -> None:
    """Raise WheelError if a wheel's metadata differs from the metadata prepared in the folder."""
    with WheelReader(wheel) as reader:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and path.read_bytes() != reader.read(f"{reader.dist_info}/{name}"):
                raise WheelError(
                    f"{wheel.name}: {name} differs from the one that was prepared before the build"
                )
