"""Distributions that are installed in this interpreter."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from packaging.requirements import Requirement


def unmet(requirement: Requirement) -> str:
    """Why a requirement is not met in the build environment; empty where it is."""
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        found = None
    if found is not None and requirement.specifier.contains(found, prereleases=True):
        return ""
    return (
        f"needs {requirement}, but the build environment has {requirement.name} "
        f"{found or 'not at all'}: install it, or build with isolation"
    )
