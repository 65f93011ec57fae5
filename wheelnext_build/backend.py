"""The hooks: a call becomes a Request, a Request becomes wheels, an error becomes a clean exit."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scikit_build_core import build as skbuild

from .building.request import Request, check_installable, installer
from .config.hook_settings import NATIVE, Settings, WheelKind
from .errors import WheelError
from .system.clean_exit import clean_exit

if TYPE_CHECKING:
    from .building.jobs import Job
    from .config.config import Config


def get_requires_for_build(kind: WheelKind, config_settings: Settings | None) -> list[str]:
    """What the build needs installed beyond ``build-system.requires``."""
    hook: Callable[..., list[str]] = getattr(skbuild, f"get_requires_for_build_{kind}")
    with clean_exit():
        request = _request(config_settings)
        if not request.wants_variants:
            requirements = hook(_begin_plain(config_settings, request))
            return [*requirements, *_plain_requirements()]
        return _variant_requirements(kind, request, hook)


def get_requires_for_build_sdist(config_settings: Settings | None) -> list[str]:
    """What scikit-build-core needs for an sdist, which is the same for all variants."""
    with clean_exit():
        request = Request.parse(config_settings)
        return skbuild.get_requires_for_build_sdist(_begin_plain(config_settings, request))


def build_sdist(sdist_directory: str, config_settings: Settings | None) -> str:
    """scikit-build-core's sdist; settings about variants are for the wheels."""
    with clean_exit():
        request = Request.parse(config_settings)
        settings = _begin_plain(config_settings, request)
        return _published(sdist_directory, lambda folder: skbuild.build_sdist(folder, settings))


def build_wheel(
    wheel_directory: str, config_settings: Settings | None, metadata_directory: str | None
) -> str:
    """The plain wheel, or the wheels of the variants asked for; returns the first one's name."""
    with clean_exit():
        request = _request(config_settings, quiet=False)
        if not request.wants_variants:
            settings = _begin_plain(config_settings, request)
            return _plain_wheel(wheel_directory, settings, metadata_directory)
        return _variant_wheels("wheel", request, wheel_directory, metadata_directory)


def build_editable(
    wheel_directory: str, config_settings: Settings | None, metadata_directory: str | None
) -> str:
    """scikit-build-core's editable wheel, built for one variant where one is asked for."""
    with clean_exit():
        request = _request(config_settings, quiet=False)
        if not request.wants_variants:
            _leave_variant(request)
            settings = _begin_plain(config_settings, request)
            return _published(
                wheel_directory,
                lambda folder: skbuild.build_editable(folder, settings, metadata_directory),
            )
        return _variant_wheels("editable", request, wheel_directory, metadata_directory)


def prepare_metadata_hook(name: str) -> Callable[..., str]:
    """scikit-build-core's hook of that name, with variant.json where a variant is asked for.

    Raises AttributeError where scikit-build-core has no such hook for the project.
    """
    hook = getattr(skbuild, name)

    def prepare(metadata_directory: str, config_settings: Settings | None = None) -> str:
        with clean_exit():
            request = _request(config_settings)
            if not request.wants_variants:
                return str(hook(metadata_directory, _begin_plain(config_settings, request)))
            from .building import prepared

            return prepared.prepare(hook, metadata_directory, request)

    prepare.__name__ = prepare.__qualname__ = name
    return prepare


def _begin_plain(
    config_settings: Settings | None, request: Request
) -> dict[str, str | list[str]] | None:
    """Begin a build of what is not a variant's; returns the settings that are scikit-build-core's.

    Around this build there may be one of a variant of another project: its variables are not for
    this one. Raises ConfigurationError for mistakes in tables that matter here.
    """
    from .config import skbuild_settings

    for name in [name for name in os.environ if name.startswith("WHEELNEXT_")]:
        del os.environ[name]
    if skbuild_settings.has_variant_requirements():
        from .config.config import load

        load(Path())
    # What scikit-build-core would have got: None stays None.
    return None if config_settings is None else request.settings


def _plain_requirements() -> tuple[str, ...]:
    """What the project says that the build of its plain wheel needs."""
    from .config import skbuild_settings

    if not skbuild_settings.has_variant_requirements():
        return ()
    from .config.config import load

    return load(Path()).requirements.of_build(None)


def _request(config_settings: Settings | None, *, quiet: bool = True) -> Request:
    """What is asked for, with ``native`` already replaced by what it stands for here."""
    request = Request.parse(config_settings)
    if NATIVE not in request.patterns:
        return request
    from .building.native import resolved
    from .system.announce import announce

    return resolved(request, Path(), None if quiet else announce)


def _variant_requirements(kind: WheelKind, request: Request, hook: Callable[..., Any]) -> list[str]:
    from .building import jobs, self_check
    from .building import requirements as build_requirements
    from .config import skbuild_settings
    from .config.build_target import BuildTarget
    from .config.config import load
    from .plugins import build_time
    from .wheels import deflate

    config, target = load(Path()), BuildTarget.detect()
    chosen = request.choose(config, target)
    _check_count(kind, request, chosen)
    requirements = dict.fromkeys([] if chosen else hook(request.settings))
    asked: set[str | None] = set()
    for item in chosen:
        # Overrides may ask for more where they see the variant in the environment.
        fixed = skbuild_settings.requirements_are_fixed() and not item.effect.environment
        case = None if fixed else item.variant.label
        if case not in asked:
            asked.add(case)
            with jobs.environment(jobs.pass_environment(jobs.Job(item), None)):
                requirements |= dict.fromkeys(hook(request.settings))
    plain = [jobs.Job(None)] if request.all_variants else []
    planned = build_requirements.assigned([*plain, *map(jobs.Job, chosen)], config)
    variants, is_wheel = [item.variant for item in chosen], kind == "wheel"
    return [
        *dict.fromkeys([*requirements, *build_requirements.common(planned, config)]),
        *build_requirements.installer_requirements(planned),
        *(build_time.requirements(config) if chosen else ()),
        *deflate.requirements(),
        *_ninja_requirement(config, request, planned),
        *jobs.cuda_requirements(chosen, request.settings),
        *(self_check.requirements(config.audit, target.machine, variants) if is_wheel else ()),
    ]


def _ninja_requirement(config: Config, request: Request, planned: list[Job]) -> list[str]:
    """A Ninja with which several trees can be built at once, where there are several."""
    from .building import jobs, jobserver

    trees = {jobs.tree_name(job, planned, config) for job in planned}
    wanted = len(trees) > 1 and jobserver.wants_ninja(request.settings)
    return [jobserver.NINJA] if wanted else []


def _leave_variant(request: Request) -> None:
    """Remove what a variant's build in place has left for the next one in that folder."""
    from .building.cmake_files import VARIANT_FILE
    from .config import skbuild_settings

    folder = skbuild_settings.in_place(request.settings)
    if folder is not None and (folder / VARIANT_FILE).is_file():
        (folder / "CMakeCache.txt").unlink(missing_ok=True)
        (folder / VARIANT_FILE).unlink()


def _plain_wheel(
    wheel_directory: str,
    settings: dict[str, str | list[str]] | None,
    metadata_directory: str | None,
) -> str:
    from .building import path_map
    from .building.trees import path_check
    from .config import skbuild_settings
    from .wheels.packing import fast_packing

    reproducible = skbuild_settings.is_reproducible(settings or {})
    if skbuild_settings.uses_cmake(settings or {}):
        path_check.check_source(Path().absolute(), reproducible=reproducible)
        path_check.check_trees(*skbuild_settings.plain_folders(settings or {}))
    with fast_packing():
        if reproducible:
            settings = path_map.added(settings)
        return _published(
            wheel_directory,
            lambda folder: skbuild.build_wheel(folder, settings, metadata_directory),
        )


def _published(folder: str, build: Callable[[str], str]) -> str:
    """Have a file built in a folder of its own, and put it into ``folder``, whole or not at all."""
    from .system.locks import wheel_folders
    from .system.publishing import output_folder, publish
    from .system.temporary import scratch_folder

    target = Path(folder)
    with output_folder(target), scratch_folder() as staging:
        built = staging / build(str(staging))
        with wheel_folders(target):
            return publish(built, target).name


def _variant_wheels(
    kind: WheelKind, request: Request, wheel_directory: str, metadata_directory: str | None
) -> str:
    from .building import jobs, prepared, requirements, self_check
    from .building.builder import Builder
    from .building.passes import Passes
    from .config import skbuild_settings
    from .config.build_target import BuildTarget
    from .config.config import load
    from .plugins import build_time
    from .system.publishing import output_folder

    config, target = load(Path()), BuildTarget.detect()
    chosen = request.choose(config, target)
    client = installer(wheel_directory)
    _check_count(kind, request, chosen, wheel_directory)
    # An editable wheel never leaves its machine, and every frontend that asks for one is an
    # installer that may reject a label.
    carriers = request.carriers or client is not None or kind == "editable"
    in_place, rebuilds = None, False
    if kind == "editable":
        in_place = skbuild_settings.in_place(request.settings)
        rebuilds = skbuild_settings.rebuilds_itself(request.settings)
    else:
        variants = [item.variant for item in chosen]
        self_check.check_installed(config.audit, target.machine, variants)
    config = build_time.resolved(config) if chosen else config
    folder = Path(wheel_directory)
    planned = jobs.jobs_for(chosen, plain=request.all_variants, settings=request.settings)
    planned = requirements.assigned(planned, config)
    requirements.check_promised(planned)
    with output_folder(folder):
        common = Passes(
            config=config,
            kind=kind,
            settings=request.settings,
            wheel_directory=folder.absolute(),
            carriers=carriers,
            total=len(planned),
        )
        name = Builder(common, in_place, rebuilds).run(planned)[0]
        if metadata_directory is not None:
            try:
                prepared.check(Path(metadata_directory), folder / name)
            except WheelError:
                (folder / name).unlink()
                raise
    return name


def _check_count(
    kind: WheelKind, request: Request, chosen: tuple[Any, ...], wheel_directory: str | None = None
) -> None:
    client = installer(wheel_directory)
    if client is not None:
        check_installable(chosen, request, client)
    elif kind == "editable":
        check_installable(chosen, request, "pip")
