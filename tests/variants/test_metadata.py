"""variant.json and {name}-{version}-variants.json: writing, reading and merging."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelnext_build.errors import MetadataError, ReleaseError
from wheelnext_build.variants.known_properties import KNOWN
from wheelnext_build.variants.merging import merge_metadata
from wheelnext_build.variants.metadata import SCHEMA_825, SCHEMA_850, Provider, VariantMetadata
from wheelnext_build.variants.variant import NULL, Property, Variant

SCHEMAS = Path(__file__).parents[1] / "schemas"


def schema(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / name).read_text()))


SCHEMA_OF_850 = schema("variant-850-v0.2.0.json")
SCHEMA_OF_825 = schema("variant-825-v0.1.1.json")

NAMESPACES = st.sampled_from(["x86_64", "nvidia", "blas_lapack", "a", "0"])
FEATURES = st.sampled_from(["level", "sm_arch", "library", "b"])
VALUES = st.sampled_from(["v3", "90_real", "mkl", "2.9", "1"])
LABELS = st.from_regex(r"[0-9a-z_.]{1,6}", fullmatch=True).filter(lambda label: label != "null")
VARIANTS = st.builds(
    lambda label, items: Variant(label, tuple(items)),
    LABELS,
    st.lists(st.builds(Property, NAMESPACES, FEATURES, VALUES), min_size=1, max_size=4),
)


@st.composite
def providers(draw: st.DrawFn) -> Provider:
    optional = draw(st.booleans())
    kind = draw(st.sampled_from(["requires", "static", "builtin"]))
    if kind == "requires":
        api = draw(st.sampled_from([None, "module", "pkg.module:Plugin"]))
        return Provider(requires=("some-provider >=1",), plugin_api=api, optional=optional)
    if kind == "builtin":
        return Provider(builtin="abi_dependency", optional=optional)
    features = draw(st.lists(FEATURES, min_size=1, unique=True))
    static = {
        feature: tuple(draw(st.lists(VALUES, min_size=1, unique=True))) for feature in features
    }
    order = tuple(draw(st.permutations(features)))
    alone = len(features) == 1 and draw(st.booleans())
    return Provider(
        static_properties=static, feature_order=() if alone else order, optional=optional
    )


@st.composite
def metadatas(draw: st.DrawFn) -> VariantMetadata:
    variants = draw(
        st.lists(
            VARIANTS | st.just(NULL),
            max_size=4,
            unique_by=(lambda item: item.label, lambda item: item.properties),
        )
    )
    used = {name for variant in variants for name in variant.namespaces}
    names = draw(st.permutations(sorted(used | {draw(NAMESPACES)})))
    return VariantMetadata(
        tuple(names), {name: draw(providers()) for name in names}, tuple(variants)
    )


def known(*variants: Variant) -> VariantMetadata:
    """The metadata of variants of the known namespaces nvidia and x86_64."""
    names = ("nvidia", "x86_64")
    return VariantMetadata(names, {name: KNOWN[name].provider for name in names}, variants)


V3 = Variant.from_mapping("x86_64_v3", {"x86_64": {"level": ["v3"]}})
CUDA = Variant.from_mapping("cu13", {"nvidia": {"cuda_version_lower_bound": ["13"]}})


@given(metadatas())
def test_written_metadata_follows_the_schemas_and_reads_back(metadata: VariantMetadata) -> None:
    data = metadata.to_json()
    assert VariantMetadata.from_json(data) == metadata
    assert VariantMetadata.from_json(data).to_json() == data
    content = json.loads(data)
    SCHEMA_OF_850.validate(content)
    without_providers = {key: value for key, value in content.items() if key != "providers"}
    SCHEMA_OF_825.validate(without_providers)


@given(metadatas())
def test_variantlib_reads_written_metadata(metadata: VariantMetadata) -> None:
    pytest.importorskip("variantlib", reason="variantlib cannot be installed here")
    from variantlib.variant_dist_info import VariantDistInfo
    from variantlib.variants_json import VariantsJson

    theirs = VariantsJson(json.loads(metadata.to_json()))
    assert theirs.namespace_priorities == list(metadata.namespaces)
    assert {
        label: {(item.namespace, item.feature, item.value) for item in description.properties}
        for label, description in theirs.variants.items()
    } == {
        variant.label: {(item.namespace, item.feature, item.value) for item in variant.properties}
        for variant in metadata.variants
    }
    for variant in metadata.variants:
        wheel = VariantDistInfo(metadata.only(variant).to_json(), variant.label)
        assert wheel.variant_label == variant.label


def test_the_metadata_of_a_wheel_is_this_json() -> None:
    variant = Variant.from_mapping(
        "cu13_v3", {"x86_64": {"level": ["v4", "v3"]}, "nvidia": {"sm_arch": ["90_real"]}}
    )
    assert known(V3, variant).only(variant).to_json() == (
        b"""\
{
  "$schema": "https://variants-schema.wheelnext.dev/peps/850/v0.2.0.json",
  "default-priorities": {
    "namespace": [
      "nvidia",
      "x86_64"
    ]
  },
  "providers": {
    "nvidia": {
      "requires": [
        "nvidia-variant-provider >=0.0.1"
      ],
      "plugin-api": "nvidia_variant_provider.plugin:NvidiaVariantPlugin"
    },
    "x86_64": {
      "requires": [
        "x86-64-variant-provider >=0.2"
      ]
    }
  },
  "variants": {
    "cu13_v3": {
      "nvidia": {
        "sm_arch": [
          "90_real"
        ]
      },
      "x86_64": {
        "level": [
          "v3",
          "v4"
        ]
      }
    }
  }
}
"""
    )


def test_the_order_of_static_values_is_kept_and_features_follow_their_order() -> None:
    provider = Provider(
        static_properties={"b": ("2", "1"), "a": ("x",)}, feature_order=("a", "b"), optional=True
    )
    assert provider.features == ("a", "b")
    assert json.dumps(provider.as_mapping()) == (
        '{"optional": true, "static-properties": {"a": ["x"], "b": ["2", "1"]}, '
        '"feature-order": ["a", "b"]}'
    )


# Reading is as strict as installers are


def valid() -> dict[str, Any]:
    return json.loads(known(V3).to_json())


def at(*path: str, value: object = None) -> Callable[[dict[str, Any]], None]:
    """A change of the JSON: sets the value at a path, or, without one, deletes the key."""

    def change(content: dict[str, Any]) -> None:
        *parents, key = path
        for parent in parents:
            content = content[parent]
        if value is None:
            del content[key]
        else:
            content[key] = value

    return change


LEVEL = ("variants", "x86_64_v3", "x86_64", "level")
STATIC = {"static-properties": {"level": ["v3"]}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (at("extra", value=1), "unknown key 'extra'; known: $schema, default-priorities,"),
        (at("$schema"), "$schema is None; this version knows https://"),
        (at("$schema", value="https://example.org"), "$schema is 'https://example.org'"),
        *(
            (at("$schema", value=SCHEMA_850.replace("0.2.0", version)), f"/v{version}.json'; this")
            for version in ("0.1.0", "0.2.1", "0.3.0", "1.0.0", "2.0.0")
        ),
        (at("$schema", value=3), "$schema must be a string"),
        (at("default-priorities"), "default-priorities is missing"),
        (at("providers"), "providers is missing"),
        (at("variants"), "variants is missing"),
        (at("default-priorities", value=[]), "default-priorities must be an object"),
        (at("default-priorities", "feature", value={}), "the key 'namespace' and no other"),
        (at("default-priorities", "namespace", value=[]), "a non-empty list without repeats"),
        (at("default-priorities", "namespace", value="nvidia"), "must be a list of strings"),
        (at("default-priorities", "namespace", value=["x86_64"] * 2), "list without repeats"),
        (at("default-priorities", "namespace", value=["X"]), "'X' cannot be a namespace"),
        (at("default-priorities", "namespace", value=["x86_64"]), "one entry per namespace"),
        (at("providers", "x86_64"), "one entry per namespace of default-priorities.namespace"),
        (at("providers", "amd", value=STATIC), "one entry per namespace"),
        (at("providers", "x86_64", value=[]), "providers.x86_64: the entry must be an object"),
        (at("providers", "x86_64", value={}), "needs exactly one of requires, static-properties"),
        (at("providers", "x86_64", "builtin", value="x"), "needs exactly one of"),
        (at("providers", "x86_64", "requires", value=[""]), "has an empty requirement"),
        (at("providers", "x86_64", "requires", value=[]), "providers.x86_64: requires is empty"),
        (at("providers", "x86_64", "requires", value="x"), "requires must be a list of strings"),
        (at("providers", "x86_64", "requires", value=[1]), "requires must be a list of strings"),
        (at("providers", "x86_64", "optional", value="no"), "optional must be true or false"),
        (at("providers", "x86_64", "build-requires", value=["x"]), "unknown key 'build-requires'"),
        (
            at("providers", "x86_64", "plugin-api", value="a b"),
            "is not 'module' or 'module:object'",
        ),
        (at("providers", "x86_64", "feature-order", value=["a"]), "feature-order must list each"),
        (at("providers", "x86_64", value={"builtin": ""}), "builtin is empty"),
        (
            at("providers", "x86_64", value={**STATIC, "plugin-api": "a"}),
            "plugin-api is allowed only with requires",
        ),
        (at("providers", "x86_64", value={"static-properties": {}}), "static-properties is empty"),
        (
            at("providers", "x86_64", value={"static-properties": {"level": []}}),
            "the values of 'level' must be a non-empty list without repeats",
        ),
        (
            at("providers", "x86_64", value={"static-properties": {"a": ["1"], "b": ["1"]}}),
            "feature-order is needed if static-properties has several features",
        ),
        (
            at("providers", "x86_64", value={"static-properties": {"A": ["1"]}}),
            "'A' cannot be a feature",
        ),
        (
            at("providers", "x86_64", value={"static-properties": {"a": ["A"]}}),
            "'A' cannot be a value",
        ),
        (at("variants", value=[]), "variants must be an object"),
        (at("variants", "X", value={}), "variants: 'X' cannot be a label"),
        (at("variants", "x", value={}), "variants.x has no property; only 'null' may have none"),
        (at("variants", "null", value={"x86_64": {"level": ["v3"]}}), "'null' is reserved for"),
        (at("variants", "x", value={"amd": {"a": ["b"]}}), "namespace 'amd' is not in default-"),
        (at("variants", "x86_64_v3", "x86_64", value={}), "variants.x86_64_v3"),
        (at(*LEVEL, value=[]), "variants.x86_64_v3.x86_64.level must be a non-empty list"),
        (at(*LEVEL, value=["v3", "v3"]), "must be a non-empty list without repeats"),
        (at(*LEVEL, value="v3"), "must be a list of strings"),
        (at(*LEVEL, value=["V3"]), "variants.x86_64_v3: 'V3' cannot be a value"),
    ],
)
def test_invalid_metadata_is_refused(
    change: Callable[[dict[str, Any]], None], message: str
) -> None:
    content = valid()
    change(content)
    with pytest.raises(MetadataError, match=re.escape(message)):
        VariantMetadata.from_json(json.dumps(content).encode())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not JSON"),
        (b"[]", "the file must be an object"),
        (b'{"a": 1, "a": 2}', "the key 'a' appears twice in one object"),
        (b"\xff{}", "not JSON"),
        (known(V3).to_json().decode().encode("utf-16"), "not JSON"),
        (b"\xef\xbb\xbf" + known(V3).to_json(), "not JSON"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_data_other_than_utf8_json_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(MetadataError, match=re.escape(message)):
        VariantMetadata.from_json(data)


def test_a_file_may_have_65536_entries_and_a_message_20_names() -> None:
    """A hostile file must not take minutes, or fill the terminal."""
    names = [f"n{number}" for number in range(22)]
    priorities = {**valid(), "default-priorities": {"namespace": names[:20]}}
    with pytest.raises(MetadataError, match=r" n19; found x86_64"):
        VariantMetadata.from_mapping({**priorities, "providers": {"x86_64": STATIC}})
    priorities["default-priorities"] = {"namespace": names}
    with pytest.raises(MetadataError, match=r" n19, and 2 more; found"):
        VariantMetadata.from_mapping({**priorities, "providers": {"x86_64": STATIC}})
    # The other entries: 4 keys, "namespace" and one entry for the variant.
    content = {**valid(), "variants": {"null": {}}, "providers": {}}
    for count, message in ((65_536 - 6, "a non-empty list"), (65_536 - 5, "more than 65536")):
        content["default-priorities"] = {"namespace": ["x"] * count}
        with pytest.raises(MetadataError, match=message):
            VariantMetadata.from_mapping(content)


def test_metadata_without_providers_is_explained() -> None:
    content = valid()
    del content["providers"]
    content["$schema"] = SCHEMA_825
    with pytest.raises(MetadataError, match="PEP 825 has no providers, so installers would use"):
        VariantMetadata.from_mapping(content)


def test_all_mistakes_of_a_provider_are_reported() -> None:
    with pytest.raises(MetadataError) as info:
        Provider(builtin="x", plugin_api="a b", feature_order=("c",))
    assert str(info.value) == (
        "plugin-api is allowed only with requires; "
        "plugin-api 'a b' is not 'module' or 'module:object'; "
        "feature-order must list each feature of static-properties exactly once"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(st.data())
def test_no_json_raises_anything_but_a_metadata_error(data: st.DataObject) -> None:
    """If metadata with one replaced value is accepted, it still follows the schema."""
    content = valid()
    place: Any = content
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else [0]))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(JSON)
    try:
        read = VariantMetadata.from_json(json.dumps(content).encode())
    except MetadataError:
        return
    SCHEMA_OF_850.validate(json.loads(read.to_json()))


# Merging: variants.json of a release


@given(metadatas(), st.data())
def test_merging_does_not_depend_on_the_order(
    metadata: VariantMetadata, data: st.DataObject
) -> None:
    parts = [(variant.label, metadata.only(variant)) for variant in metadata.variants]
    parts.append(("empty", VariantMetadata(metadata.namespaces, metadata.providers, ())))
    shuffled = data.draw(st.permutations([*parts, *parts[:1]]))
    assert merge_metadata(shuffled).to_json() == metadata.to_json()


def test_the_longer_list_of_priorities_wins() -> None:
    short = VariantMetadata(("nvidia",), {"nvidia": KNOWN["nvidia"].provider}, (CUDA,))
    for parts in ([("a", short), ("b", known(V3))], [("b", known(V3)), ("a", short)]):
        merged = merge_metadata(parts)
        assert merged == known(V3, CUDA)


def other_provider() -> VariantMetadata:
    entry = Provider(requires=("x86-64-variant-provider >=0.3",))
    return VariantMetadata(("nvidia", "x86_64"), {**known().providers, "x86_64": entry}, ())


def swapped_priorities() -> VariantMetadata:
    return VariantMetadata(("x86_64", "nvidia"), known().providers, ())


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            other_provider(),
            "one.whl and two.whl disagree on the provider of namespace 'x86_64'",
        ),
        (
            swapped_priorities(),
            (
                "one.whl and two.whl disagree on default-priorities.namespace: [nvidia, x86_64] "
                "does not begin with [x86_64, nvidia]"
            ),
        ),
        (
            known(Variant.from_mapping("x86_64_v3", {"x86_64": {"level": ["v4"]}})),
            "one.whl and two.whl disagree on the properties of label 'x86_64_v3'",
        ),
        (
            known(Variant("other", V3.properties)),
            (
                "labels 'other' and 'x86_64_v3' have the same properties "
                "(x86_64 :: level :: v3): rebuild one of them with the label of the other"
            ),
        ),
    ],
)
def test_wheels_that_contradict_each_other_are_named(other: VariantMetadata, message: str) -> None:
    parts: list[tuple[str, VariantMetadata]] = [("one.whl", known(V3)), ("two.whl", other)]
    for order in (parts, parts[::-1]):
        with pytest.raises(ReleaseError) as info:
            merge_metadata(order)
        assert str(info.value) == message


def test_every_contradiction_is_reported() -> None:
    worse = VariantMetadata(("x86_64", "nvidia"), other_provider().providers, ())
    with pytest.raises(ReleaseError) as info:
        merge_metadata([("one.whl", known(V3)), ("two.whl", worse)])
    assert str(info.value).count("one.whl and two.whl disagree") == 2


def test_nothing_cannot_be_merged() -> None:
    with pytest.raises(ReleaseError, match="no variant metadata to merge"):
        merge_metadata([])


def test_the_schemas_refuse_invalid_metadata() -> None:
    """The other tests depend on these schemas."""
    content: Mapping[str, object] = {**valid(), "extra": 1}
    with pytest.raises(jsonschema.ValidationError):
        SCHEMA_OF_850.validate(content)
