"""The provider ``wheelnext-build`` of ``[[tool.dynamic-metadata]]``: dependencies by variant.

scikit-build-core asks it for the dependencies of each wheel, editable wheel and sdist, and marks
the sdist's Requires-Dist as dynamic (PEP 643). No other code adds dependencies by variant.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from ..errors import ConfigurationError, Problem
from .hook_settings import LABEL_VARIABLE


def dynamic_metadata(
    settings: Mapping[str, object], _project: Mapping[str, object]
) -> dict[str, list[str]]:
    """Return the dependencies of the wheel that is being built, beyond those of [project].

    An environment variable names the variant. If it is not set, this is the plain wheel or the
    sdist. Raises ConfigurationError for mistakes in pyproject.toml.
    """
    from .project import Project

    if settings:
        where = f"tool.dynamic-metadata.{min(settings)}"
        raise ConfigurationError([Problem(where, "the provider wheelnext-build has no settings")])
    config = Project.load().config
    label = os.environ.get(LABEL_VARIABLE)
    variant = config.variant(label) if label else None
    return {"dependencies": list(config.requirements.of_wheel(variant))}


def dynamic_wheel(_settings: Mapping[str, object]) -> dict[str, bool]:
    """Return that a wheel's dependencies may differ from its sdist's."""
    return {"dependencies": True}


def get_requires_for_dynamic_metadata(_settings: Mapping[str, object]) -> list[str]:
    """Return no requirements: this package is the build backend and is there already."""
    return []
