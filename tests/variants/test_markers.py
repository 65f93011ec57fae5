"""Requirements whose markers ask for the variant (PEP 825, "Environment markers")."""

from __future__ import annotations

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement

from wheelnext_build.errors import GrammarError
from wheelnext_build.variants.markers import VariantRequirement
from wheelnext_build.variants.variant import NULL, Variant

CUDA = Variant.from_mapping(
    "cu13",
    {"nvidia": {"sm_arch": ["80_real", "90_real"]}, "x86_64": {"level": ["v3"]}},
)


@pytest.mark.parametrize(
    ("marker", "cuda", "null", "plain"),
    [
        ("'nvidia' in variant_namespaces", True, False, False),
        ("'nvidia' not in variant_namespaces", False, True, True),
        ("'nvidia :: sm_arch' in variant_features", True, False, False),
        ("'nvidia::sm_arch' in variant_features", True, False, False),
        ("'nvidia :: sm_arch :: 90_real' in variant_properties", True, False, False),
        ("'nvidia::sm_arch :: 70_real' in variant_properties", False, False, False),
        ("variant_label == 'cu13'", True, False, False),
        ("'cu13' == variant_label", True, False, False),
        ("variant_label != ''", True, True, False),
        ("variant_label == 'null'", False, True, False),
        ("variant_label in 'cu12 cu13'", True, False, True),  # "" is in every string
        ("'cu' in variant_label", True, False, False),
        ('"amd" in variant_namespaces or "nvidia" in variant_namespaces', True, False, False),
        ('"amd" in variant_namespaces and "nvidia" in variant_namespaces', False, False, False),
        (
            (
                "('amd' in variant_namespaces or variant_label == 'null') "
                "and 'x86_64' not in variant_namespaces"
            ),
            False,
            True,
            False,
        ),
    ],
)
def test_what_the_wheel_decides_is_decided(
    marker: str, cuda: bool, null: bool, plain: bool
) -> None:
    requirement = VariantRequirement.parse(f"numpy>=2; {marker}")
    wheels = (CUDA, NULL, None)
    found = [requirement.for_variant(variant) for variant in wheels]
    assert found == ["numpy>=2" if holds else None for holds in (cuda, null, plain)]


@pytest.mark.parametrize(
    ("marker", "left"),
    [
        (
            "'nvidia' in variant_namespaces and sys_platform == 'linux'",
            'sys_platform == "linux"',
        ),
        ("'amd' in variant_namespaces or sys_platform == 'linux'", 'sys_platform == "linux"'),
        (
            "(python_version < '3.12' or sys_platform == 'linux') and variant_label == 'cu13'",
            'python_version < "3.12" or sys_platform == "linux"',
        ),
        (
            "(python_version < '3.12' or variant_label == 'x') and platform_machine not in 'arm64'",
            'python_version < "3.12" and platform_machine not in "arm64"',
        ),
        (
            (
                "sys_platform == 'linux' and (os_name == 'nt' or (python_version < '4' and "
                "variant_label == 'cu13'))"
            ),
            'sys_platform == "linux" and (os_name == "nt" or python_version < "4")',
        ),
    ],
)
def test_what_the_environment_decides_stays_an_ordinary_marker(marker: str, left: str) -> None:
    text = VariantRequirement.parse(f"numpy[dev]>=2; {marker}").for_variant(CUDA)
    assert text is not None
    requirement = Requirement(text)  # as every installer reads it
    assert requirement.marker == Marker(left)
    assert str(requirement).startswith("numpy[dev]>=2;")


def test_without_a_variable_of_ours_a_requirement_stays_as_it_is() -> None:
    for text in ("numpy", "numpy>=2,<3", "numpy; python_version < '3.12'"):
        found = VariantRequirement.parse(text).for_variant(CUDA)
        assert found is not None
        assert Requirement(found) == Requirement(text)


def test_a_url_may_hold_semicolons() -> None:
    url = "numpy @ https://example.org/a;b/numpy.whl"
    requirement = VariantRequirement.parse(f"{url} ; variant_label == 'cu13' and os_name == 'nt'")
    text = requirement.for_variant(CUDA)
    assert text is not None
    assert Requirement(text).url == "https://example.org/a;b/numpy.whl"
    assert Requirement(text).marker == Marker("os_name == 'nt'")
    assert requirement.for_variant(None) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("numpy; variant_label >= 'cu13'", "a label has no order"),
        ("numpy; 'cu13' in variant_namespaces or", "expected a variable or a string in quotes"),
        ("numpy; variant_namespaces == 'nvidia'", "is a set"),
        ("numpy; variant_namespaces in 'nvidia'", "is a set"),
        ("numpy; 'nvidia :: sm_arch' in variant_namespaces", "of the form 'namespace'"),
        ("numpy; 'nvidia' in variant_features", "of the form 'namespace :: feature'"),
        (
            "numpy; 'nvidia' in variant_properties",
            "of the form 'namespace :: feature :: value'",
        ),
        (
            "numpy; variant_label == platform_machine",
            "can be compared only with a string in quotes",
        ),
        (
            "numpy; platform_machine in variant_namespaces",
            "can be compared only with a string in quotes",
        ),
        ("numpy; variant_label == variant_label", "can be compared only with a string in quotes"),
        ("numpy; variant_labels == 'x'", "variant_labels == 'x'"),
        ("numpy; extra == 'cuda'", "optional-dependencies"),
        ("numpy; (os_name == 'nt'", "a closing bracket"),
        ("numpy; os_name = 'nt'", "expected an operator"),
        ("numpy; os_name 'nt'", "expected an operator"),
        ("numpy; os_name not 'nt'", "expected an operator"),
        ("numpy; os_name == 'nt' os_name", "expected and, or, or the end"),
        ("numpy;", "at its end"),
        ("numpy =! 2", "Expected"),
        ("", "name"),
    ],
)
def test_a_marker_that_cannot_be_evaluated_is_refused(text: str, message: str) -> None:
    with pytest.raises(GrammarError) as caught:
        VariantRequirement.parse(text)
    assert message in str(caught.value)


def test_what_a_marker_asks_for_can_be_checked() -> None:
    marker = "variant_label == 'a' or 'nvidia::sm_arch' in variant_features and os_name == 'nt'"
    found = list(VariantRequirement.parse(f"numpy; {marker}").asked_for())
    assert found == [
        ("variant_label", "==", "a"),
        ("variant_features", "in", "nvidia :: sm_arch"),
    ]
