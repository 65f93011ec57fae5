"""``dependencies`` and ``build-requires``: what is read, what is refused, and what pins say."""

from __future__ import annotations

import tomllib

import pytest
from packaging.specifiers import SpecifierSet

from wheelnext_build.config.config import Config, parse
from wheelnext_build.config.dynamic_metadata import dynamic_metadata, dynamic_wheel
from wheelnext_build.config.variant_dependencies import abi_pins
from wheelnext_build.errors import ConfigurationError
from wheelnext_build.variants.variant import Variant

STANDING = """
[project]
name = "x"
dynamic = ["dependencies"]
[[tool.dynamic-metadata]]
provider = "wheelnext-build"
"""
MATRIX = """
[[tool.wheelnext-build.matrix]]
axes.x86_64.level = ["v3"]
"""


def load(text: str) -> Config:
    return parse(tomllib.loads(text))


def mistakes(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(text)
    return str(caught.value)


def test_each_wheel_has_the_dependencies_that_are_its_own() -> None:
    tables = f"""{STANDING}
    [tool.wheelnext-build]
    dependencies = ["numpy", "idna; 'x86_64' in variant_namespaces", "certifi; variant_label == ''"]
    build-requires = ["cython; variant_label != ''"]
    {MATRIX}"""
    config = load(tables)
    v3 = config.variant("x86_64_v3")
    assert config.requirements.of_wheel(None) == ("numpy", "certifi")
    assert config.requirements.of_wheel(v3) == ("numpy", "idna")
    assert config.requirements.of_build(None) == ()
    assert config.requirements.of_build(v3) == ("cython",)


def test_project_must_say_that_its_dependencies_are_dynamic() -> None:
    key = "[tool.wheelnext-build]\ndependencies = ['idna']\n"
    text = mistakes(f'[project]\nname = "x"\n{key}')
    assert (
        'tool.wheelnext-build.dependencies: needs dynamic = ["dependencies"] in [project]' in text
    )
    assert '[[tool.dynamic-metadata]] with provider = "wheelnext-build"' in text
    text = mistakes(f'[project]\ndynamic = ["dependencies"]\n{key}')
    assert "in [project]" not in text
    assert load(f"{STANDING}{key}").requirements.of_wheel(None) == ("idna",)


def test_a_variant_for_one_release_must_be_able_to_say_so() -> None:
    text = mistakes(
        '[project]\nname = "x"\n[[tool.wheelnext-build.matrix]]\n'
        'axes.abi_dependency.numpy = ["2.3"]\n'
    )
    assert "variant 'numpy2.3' is built against numpy==2.3.*" in text
    assert "[[tool.dynamic-metadata]]" in text


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("dependencies", "['idna ==']", "tool.wheelnext-build.dependencies[0]: 'idna =='"),
        ("build-requires", "['a', 'b; extra == \"c\"']", "tool.wheelnext-build.build-requires[1]"),
        ("dependencies", "'idna'", "must be a list of strings"),
        (
            "dependencies",
            "['idna; \"x86_46\" in variant_namespaces']",
            (
                "'idna' asks for 'x86_46' in variant_namespaces, which no variant has\n"
                "    did you mean 'x86_64'?"
            ),
        ),
        (
            "build-requires",
            "['idna; \"x86_64 :: level :: v4\" in variant_properties']",
            "did you mean 'x86_64 :: level :: v3'?",
        ),
        ("dependencies", "['idna; variant_label == \"v3\"']", "which no variant has"),
        ("dependencies", "['idna; \"v3\" in variant_label']", ""),
        ("dependencies", "['idna; variant_label == \"x86_64_v4\"']", "did you mean 'x86_64_v3'?"),
    ],
)
def test_mistakes_are_found_before_anything_is_built(key: str, value: str, message: str) -> None:
    text = f"{STANDING}[tool.wheelnext-build]\n{key} = {value}\n{MATRIX}"
    if message:
        assert message in mistakes(text)
    else:
        load(text)


@pytest.mark.parametrize(
    ("values", "inside", "outside"),
    [
        (["2.3"], ["2.3", "2.3.5"], ["2.2.9", "2.4", "2.4.0rc1"]),
        (["2"], ["2.0", "2.99"], ["1.9", "3.0"]),
        (["2.3", "2.4"], ["2.3.0", "2.4.9"], ["2.2", "2.5.0rc1", "2.5"]),
        (["2.10", "2.9"], ["2.9", "2.10.1"], ["2.8", "2.11"]),
        (["2.3", "2.5"], ["2.3.1", "2.5.1"], ["2.4.0", "2.4.9", "2.6"]),
        (["2", "3.1"], ["2.0", "3.1.4"], ["1.9", "3.2"]),
    ],
)
def test_a_pin_has_the_releases_of_its_prefixes(
    values: list[str], inside: list[str], outside: list[str]
) -> None:
    variant = Variant.from_mapping("x", {"abi_dependency": {"c_blosc2": values}})
    (pin,) = abi_pins(variant)
    assert pin.startswith("c-blosc2")
    specifier = SpecifierSet(pin.removeprefix("c-blosc2"))
    assert all(specifier.contains(version, prereleases=True) for version in inside)
    assert not any(specifier.contains(version, prereleases=True) for version in outside)


def test_the_provider_has_no_settings_of_its_own() -> None:
    with pytest.raises(ConfigurationError, match="has no settings"):
        dynamic_metadata({"label": "x"}, {})
    assert dynamic_wheel({}) == {"dependencies": True}
