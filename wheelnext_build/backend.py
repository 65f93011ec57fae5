"""The hooks: make a Request from a call, build its wheels, and exit cleanly after an error."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from scikit_build_core import build as skbuild

from .building.request import Request
from .config.hook_settings import NATIVE, Settings, WheelKind
from .config.project import Project
from .config.skbuild_settings import plain_environment
from .system.clean_exit import clean_exit

if TYPE_CHECKING:
    from .config.skbuild_settings import SkbuildSettings


def get_requires_for_build(kind: WheelKind, config_settings: Settings | None) -> list[str]:
    """Return the requirements of the build beyond ``build-system.requires``."""
    hook: Callable[..., list[str]] = getattr(skbuild, f"get_requires_for_build_{kind}")
    with clean_exit():
        project = Project.load()
        request = _request(config_settings, project)
        if not request.wants_variants:
            requirements = hook(_begin_plain(config_settings, request, project))
            if not project.has_variant_requirements:
                return requirements
            return [*requirements, *project.config.requirements.of_build(None)]
        from .building.plan import make_plan
        from .building.requirements import of_plan

        return of_plan(make_plan(request, project, kind), hook)


def get_requires_for_build_sdist(config_settings: Settings | None) -> list[str]:
    """Return scikit-build-core's requirements for an sdist, the same for all variants."""
    with clean_exit():
        request = Request.parse(config_settings)
        settings = _begin_plain(config_settings, request, Project.load())
        return skbuild.get_requires_for_build_sdist(settings)


def build_sdist(sdist_directory: str, config_settings: Settings | None) -> str:
    """Build scikit-build-core's sdist; settings for variants only affect wheels."""
    with clean_exit():
        request = Request.parse(config_settings)
        settings = _begin_plain(config_settings, request, Project.load())
        return _published(sdist_directory, lambda folder: skbuild.build_sdist(folder, settings))


def build_wheel(
    wheel_directory: str, config_settings: Settings | None, metadata_directory: str | None
) -> str:
    """Build the plain wheel, or those of the requested variants; return the first one's name."""
    with clean_exit():
        project = Project.load()
        request = _request(config_settings, project, quiet=False)
        if request.wants_variants:
            return _variant_wheels(request, project, "wheel", wheel_directory, metadata_directory)
        return _plain_wheel(request, project, wheel_directory, config_settings, metadata_directory)


def build_editable(
    wheel_directory: str, config_settings: Settings | None, metadata_directory: str | None
) -> str:
    """Build scikit-build-core's editable wheel, of a variant if one is requested."""
    with clean_exit():
        project = Project.load()
        request = _request(config_settings, project, quiet=False)
        if request.wants_variants:
            return _variant_wheels(
                request, project, "editable", wheel_directory, metadata_directory
            )
        settings = _begin_plain(config_settings, request, project)
        _leave_variant(_plain_settings(request, project, "editable"))
        return _published(
            wheel_directory,
            lambda folder: skbuild.build_editable(folder, settings, metadata_directory),
        )


def prepare_metadata_hook(kind: WheelKind) -> Callable[..., str]:
    """Return scikit-build-core's hook for metadata, with variant.json if a variant is requested.

    Raises AttributeError if scikit-build-core has no such hook for the project.
    """
    name = f"prepare_metadata_for_build_{kind}"
    hook = getattr(skbuild, name)

    def prepare(metadata_directory: str, config_settings: Settings | None = None) -> str:
        with clean_exit():
            project = Project.load()
            request = _request(config_settings, project)
            if not request.wants_variants:
                settings = _begin_plain(config_settings, request, project)
                return str(hook(metadata_directory, settings))
            from .building import prepared

            return prepared.prepare(hook, kind, metadata_directory, request, project)

    prepare.__name__ = prepare.__qualname__ = name
    return prepare


def _begin_plain(
    config_settings: Settings | None, request: Request, project: Project
) -> dict[str, str | list[str]] | None:
    """Begin a build without variants; return the settings for scikit-build-core.

    Raises ConfigurationError for mistakes in tables that this build needs.
    """
    # This build may run within the build of another project's variant.
    for name in os.environ.keys() - plain_environment().keys():
        del os.environ[name]
    if project.has_variant_requirements:
        _ = project.config
    # scikit-build-core gets the same settings as without this package: None stays None.
    return None if config_settings is None else request.settings


def _request(config_settings: Settings | None, project: Project, *, quiet: bool = True) -> Request:
    """Return the request, with ``native`` replaced by the label that fits this machine."""
    request = Request.parse(config_settings)
    if NATIVE not in request.patterns:
        return request
    from .building.native import resolved
    from .system.announce import announce

    return resolved(request, project, None if quiet else announce)


def _plain_settings(request: Request, project: Project, kind: WheelKind) -> SkbuildSettings | None:
    """Return scikit-build-core's settings; None if it refuses them: its hook reports the error."""
    from .config.skbuild_settings import SkbuildSettingsError

    try:
        return project.skbuild_settings(request.settings, kind, os.environ)
    except SkbuildSettingsError:
        return None


def _leave_variant(settings: SkbuildSettings | None) -> None:
    """Remove the files of a variant's build in place that would affect the next build there."""
    from .building.trees.cmake_files import VARIANT_FILE

    folder = None if settings is None else settings.in_place
    if folder is not None and (folder / VARIANT_FILE).is_file():
        (folder / "CMakeCache.txt").unlink(missing_ok=True)
        (folder / VARIANT_FILE).unlink()


def _plain_wheel(
    request: Request,
    project: Project,
    wheel_directory: str,
    config_settings: Settings | None,
    metadata_directory: str | None,
) -> str:
    from .building.trees import path_check, path_map
    from .wheels.packing import fast_packing

    settings = _begin_plain(config_settings, request, project)
    found = _plain_settings(request, project, "wheel")
    if found is not None and found.uses_cmake:
        path_check.check_source(Path().absolute(), reproducible=found.is_reproducible)
        path_check.check_trees(*found.plain_folders())
    if found is not None and found.is_reproducible:
        settings = path_map.added(settings or {}, found)
    with fast_packing():
        return _published(
            wheel_directory,
            lambda folder: skbuild.build_wheel(folder, settings, metadata_directory),
        )


def _published(folder: str, build: Callable[[str], str]) -> str:
    """Build a file in a folder of its own, and move it into ``folder`` only when it is complete."""
    from .system.locks import wheel_folders
    from .system.publishing import output_folder, publish
    from .system.temporary import scratch_folder

    target = Path(folder)
    with output_folder(target), scratch_folder() as staging:
        built = staging / build(str(staging))
        with wheel_folders(target):
            return publish(built, target).name


def _variant_wheels(
    request: Request,
    project: Project,
    kind: WheelKind,
    wheel_directory: str,
    metadata_directory: str | None,
) -> str:
    from .building.build import build
    from .building.plan import make_plan
    from .building.self_check import check_installed

    plan = make_plan(request, project, kind, wheel_directory=wheel_directory)
    if kind == "wheel":
        variants = [item.variant for item in plan.chosen]
        check_installed(plan.config.audit, plan.target, variants)
    prepared = None if metadata_directory is None else Path(metadata_directory)
    return build(plan.resolve(), Path(wheel_directory), prepared)
