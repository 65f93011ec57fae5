"""Distributions that are installed in this interpreter."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from packaging.requirements import Requirement


def unmet(requirement: Requirement) -> str:
    """Explain why the build environment does not meet a requirement, or return ''."""
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        found = None
    if found is not None and requirement.specifier.contains(found, prereleases=True):
        return ""
    has = f"has {requirement.name} {found}" if found else f"does not have {requirement.name}"
    return (
        f"needs {requirement}, but the build environment {has}: install it, or build with isolation"
    )
