"""The environment variables of the build of one wheel."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ...config.config import Declared
from ...config.hook_settings import LABEL_VARIABLE
from ...config.skbuild_settings import plain_environment
from . import overlay
from .cuda import Toolkit


def of_variant(declared: Declared | None) -> dict[str, str]:
    """Return the variables that overrides and CMakeLists.txt may test; none for the plain wheel."""
    if declared is None:
        return {}
    variant = declared.variant
    return {
        LABEL_VARIABLE: variant.label,
        **{
            f"WHEELNEXT_{namespace}_{feature}".upper(): ";".join(values)
            for namespace, features in variant.as_mapping().items()
            for feature, values in features.items()
        },
        **declared.effect.environment,
    }


def of_tools(toolkit: Toolkit | None, folder: Path | None) -> dict[str, str]:
    """Return the variables with which a build finds its CUDA compiler and its own requirements.

    ``folder`` is where requirements of this wheel alone are installed.
    """
    found = {} if toolkit is None else toolkit.environment
    return found if folder is None else found | overlay.variables(folder, {**os.environ, **found})


def of_tree(tree: Path) -> dict[str, str]:
    """Return the variable that makes scikit-build-core build in this folder."""
    # scikit-build-core formats build-dir. The environment variable takes priority over all other
    # sources.
    folder = str(tree.absolute())
    return {"SKBUILD_BUILD_DIR": folder.replace("{", "{{").replace("}", "}}")}


def with_process(variables: Mapping[str, str]) -> dict[str, str]:
    """Return this process's variables with these added, and those of another variant removed."""
    return {**plain_environment(), **variables}
