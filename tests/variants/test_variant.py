"""The grammar of properties, labels and variants (PEP 825)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelnext_build.errors import GrammarError
from wheelnext_build.variants.variant import NULL, Property, Variant, namespaces_of

TEXTS = st.text(max_size=6) | st.text("abz019_.- A\n", max_size=6)
NAMES = st.text("abz019_", min_size=1, max_size=6)
VALUES = st.text("abz019_.", min_size=1, max_size=6)
PROPERTIES = st.builds(Property, NAMES, NAMES, VALUES)


@given(TEXTS, TEXTS, TEXTS)
def test_a_property_has_exactly_the_peps_grammar(namespace: str, feature: str, value: str) -> None:
    allowed = (
        bool(re.match(r"^[a-z0-9_]+\Z", namespace))
        and bool(re.match(r"^[a-z0-9_]+\Z", feature))
        and bool(re.match(r"^[a-z0-9_.]+\Z", value))
    )
    try:
        Property(namespace, feature, value)
    except GrammarError:
        assert not allowed
    else:
        assert allowed


@given(PROPERTIES, st.text(" ", max_size=2), st.text(" ", max_size=2))
def test_a_property_reads_back_whatever_the_spaces(item: Property, left: str, right: str) -> None:
    assert Property.parse(str(item)) == item
    parts = (item.namespace, item.feature, item.value)
    assert Property.parse(left + f"{right}::{left}".join(parts) + right) == item


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x86_64", "'x86_64' is not a property: write it as 'namespace :: feature :: value'"),
        ("x86_64 :: level", "write it as 'namespace :: feature :: value'"),
        ("a :: b :: c :: d", "write it as 'namespace :: feature :: value'"),
        ("X86 :: level :: v3", "'X86' cannot be a namespace: only lower-case letters, digits and"),
        ("x86_64 :: le-vel :: v3", "'le-vel' cannot be a feature"),
        ("nvidia :: sm_arch :: 90-real", "'90-real' cannot be a value"),
        ("nvidia :: sm_arch :: ", "'' cannot be a value"),
        ("nvidia :: sm_arch :: ٣", "'٣' cannot be a value"),
    ],
)
def test_a_mistaken_property_is_explained(text: str, message: str) -> None:
    with pytest.raises(GrammarError, match=re.escape(message)):
        Property.parse(text)


@given(TEXTS)
def test_a_label_has_exactly_the_peps_grammar(label: str) -> None:
    item = Property("a", "b", "c")
    allowed = bool(re.match(r"^[0-9a-z_.]+\Z", label)) and label != "null"
    try:
        Variant(label, (item,))
    except GrammarError:
        assert not allowed
    else:
        assert allowed


def test_null_is_the_variant_without_properties_and_no_other() -> None:
    assert Variant("null", ()) == NULL
    assert NULL.is_null
    assert NULL.describe() == "(no properties)"
    with pytest.raises(GrammarError, match="'null' is reserved for the variant without properties"):
        Variant("null", (Property("a", "b", "c"),))
    with pytest.raises(GrammarError, match="variant 'x' has no property; only 'null' may have"):
        Variant("x", ())


@given(st.lists(PROPERTIES, min_size=1, max_size=5), st.randoms())
def test_a_variant_is_a_set_of_properties(items: list[Property], random: object) -> None:
    variant = Variant("x", tuple(items))
    shuffled = [*items, *items[:2]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert Variant("x", tuple(shuffled)) == variant
    assert set(variant.properties) == set(items)
    assert Variant.from_mapping("x", variant.as_mapping()) == variant
    assert variant.namespaces == tuple(sorted({item.namespace for item in items}))
    for item in items:
        assert item.value in variant.values(item.namespace, item.feature)


def test_the_values_of_a_feature_are_listed_together() -> None:
    variant = Variant.from_mapping(
        "x", {"nvidia": {"sm_arch": ["90_virtual", "90_real"]}, "x86_64": {"level": ["v3"]}}
    )
    assert variant.values("nvidia", "sm_arch") == ("90_real", "90_virtual")
    assert variant.values("nvidia", "other") == variant.values("amd", "gfx_arch") == ()
    assert not variant.is_null
    assert variant.describe() == (
        "nvidia :: sm_arch :: 90_real, nvidia :: sm_arch :: 90_virtual, x86_64 :: level :: v3"
    )
    assert namespaces_of([variant, NULL]) == ("nvidia", "x86_64")
