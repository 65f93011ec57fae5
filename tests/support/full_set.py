"""Tests that not every change needs: breadth of builds and clients that others show already.

``nox -s full`` runs them, and with it ``nox -s torture`` and a scheduled workflow.
"""

from __future__ import annotations

import re

FULL = {
    # Four packages show that wheels of one call are those of clean builds; here are the others.
    "test_shared_trees.py": r"(?!.*\[(targets_scope|project_scope|cache_traps|unnamed_inputs)\])",
    # Five groups of scikit-build-core's settings stay, which most of the others are like.
    "test_drop_in.py": r"test_nothing_of_a_setting_is_lost\[(?!overrides|generate|wheel\]|pins)",
    # By pip one case stays; uv has all of them.
    "test_editable.py": r"(?!test_one_variant_after_the_other_and_back_to_plain\[redirect).*pip\]",
    "test_installers.py": r"TestInstall::test_editable\[(kept|temporary-inplace).*pip\]",
    # One small disk of three, one odd date of two.
    "test_faults.py": r".*\[(size=300k|nr_inodes=60|4294967295)\]",
    # Four of scikit-build-core's own packages stay: C, generated, a fallback, editable.
    "test_same_as_scikit_build_core.py": (
        r"test_same_answers_and_files\[(?!simplest_c\]|cmake_generated|broken_fallback-retries"
        r"|importlib_editable)"
    ),
    "test_scikit_build_core_tests.py": r".*",
    "test_at_once.py": r"test_one_after_the_other_where_there_can_be_no_pool\[settings[1-3]",
    "test_packing.py": r"test_a_file_of_more_than_4_gib",
    "test_sdist.py": r"test_its_wheels_are_those_of_the_tree\[wheel.reproducible",
    "test_failures.py": r"test_a_requirement_that_cannot_be_installed_is_shown\[this-pip",
    # One project of four from PyPI, and none of scikit-build-core's samples as a whole.
    "test_real_projects.py": r".*\[(spglib|mapbox-earcut|phik)\]",
    "test_scikit_build_core_samples.py": r".*",
    "test_source_installs.py": (
        r"(test_native_is_what_uv_would_take_of_the_release\[pip|test_native_from_an_unpacked"
        r"|test_an_editable_variant.*-pip\])"
    ),
    "test_build_time_providers.py": (
        r"(test_plugins_are_asked_in_environments_of_their_own|test_the_build_command_installs"
        r"|test_a_plugin_that_is_not_on_the_index).*pip\]"
    ),
    "test_trials.py": r"test_(what_was_installed|whatever_the_machine|all_are_tried).*pip",
    "test_asked_of_the_index.py": r".*\[pip\]",
}
"""Module -> pattern of its tests' names."""


def has(module: str, name: str) -> bool:
    """Return whether a test is one of the full set alone; ``name`` has the class before it."""
    pattern = FULL.get(module)
    return pattern is not None and re.match(pattern, name) is not None
