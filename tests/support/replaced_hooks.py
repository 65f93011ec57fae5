"""A plugin of pytest: test modules of scikit-build-core call this project's hooks instead.

It is loaded by name in the environment of those tests (``-p replaced_hooks``).
"""

from __future__ import annotations

from types import FunctionType

import pytest
import scikit_build_core.build as theirs

import wheelnext_build as ours

_KINDS = ("wheel", "editable")
HOOKS = (
    *("build_wheel", "build_sdist", "build_editable"),
    *(f"get_requires_for_build_{kind}" for kind in (*_KINDS, "sdist")),
    *(f"prepare_metadata_for_build_{kind}" for kind in _KINDS),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Replace the hooks that test modules have imported by name."""
    hooks = {getattr(theirs, name): getattr(ours, name) for name in HOOKS}
    replaced = 0
    for module in {item.module for item in items if isinstance(item, pytest.Function)}:
        for name, value in list(vars(module).items()):
            if isinstance(value, FunctionType) and value in hooks:
                setattr(module, name, hooks[value])
                replaced += 1
    print(f"\nreplaced {replaced} hooks")
