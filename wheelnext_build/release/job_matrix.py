"""List the CI jobs of a release: one for the plain wheel and one for each variant.

This is for variants that need different images or runners, or that take too long one after the
other. Each job makes carriers, which all tools accept; a final job labels them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from ..config.config import Config
from ..config.hook_settings import FILENAME_SETTING, LABEL_SETTING
from ..variants.variant import Variant
from .platforms import Build

CUDA_PLACEHOLDER = "{cuda}"
MACHINE_PLACEHOLDER = "{machine}"


@dataclass(frozen=True)
class Platform:
    """A platform of wheels: its GitHub-hosted runner and its system in build identifiers."""

    runner: str
    system: str

    @property
    def machine(self) -> str:
        return self.system.partition("_")[2]


PLATFORMS: Mapping[str, Platform] = {
    "linux-x86_64": Platform("ubuntu-latest", "manylinux_x86_64"),
    "linux-aarch64": Platform("ubuntu-24.04-arm", "manylinux_aarch64"),
    "macos-arm64": Platform("macos-latest", "macosx_arm64"),
    "macos-x86_64": Platform("macos-15-intel", "macosx_x86_64"),
    "windows-amd64": Platform("windows-latest", "win_amd64"),
    "windows-arm64": Platform("windows-11-arm", "win_arm64"),
}
"""Name -> platform; the runners are those that GitHub offers to public projects in 2026."""


@dataclass(frozen=True)
class CiJob:
    """One job: the wheel to build and the machine to build it on.

    ``label`` is None for the plain wheel. ``image`` is empty if the platform's usual image is good
    enough; ``cuda`` is empty if the job needs no CUDA compiler, or if any version is good enough.
    """

    platform: str
    runner: str
    label: str | None
    properties: tuple[str, ...] = ()
    cuda: str = ""
    image: str = ""

    def as_mapping(self) -> dict[str, object]:
        """Return the job as an entry of ``strategy.matrix.include``."""
        title = self.label or "plain"
        settings = f"{LABEL_SETTING}={self.label} {FILENAME_SETTING}=carrier" if self.label else ""
        return {
            "name": f"{title}-{self.platform}",
            "label": title,
            "platform": self.platform,
            "runner": self.runner,
            "properties": list(self.properties),
            "cuda": self.cuda,
            "image": self.image,
            "config-settings": settings,
        }


def jobs(
    config: Config, platforms: Sequence[str], runners: Mapping[str, str], cuda_image: str = ""
) -> Iterator[CiJob]:
    """Yield the jobs for some of :data:`PLATFORMS`, the plain wheel's job first on each.

    ``runners`` replace the usual ones. ``cuda_image`` names a container image for CUDA on Linux, in
    which ``{cuda}`` and ``{machine}`` are placeholders for the version and the processor.
    """
    for name in platforms:
        platform = PLATFORMS[name]
        runner = runners.get(name, platform.runner)
        yield CiJob(name, runner, None)
        for item in config.for_target(Build("py3", "none", platform.system).target):
            cuda = _cuda_version(item.variant)
            image = ""
            if item.effect.needs_cuda and name.startswith("linux-"):
                image = cuda_image.replace(CUDA_PLACEHOLDER, cuda)
                image = image.replace(MACHINE_PLACEHOLDER, platform.machine)
            properties = tuple(map(str, item.variant.properties))
            yield CiJob(name, runner, item.variant.label, properties, cuda, image)


def _cuda_version(variant: Variant) -> str:
    """Return the lowest CUDA version that a driver must support; the compiler must not be newer."""
    bounds = variant.as_mapping().get("nvidia", {}).get("cuda_version_lower_bound", ())
    return min(bounds, key=Version, default="")
