"""The order of preference of PEP 825, if several variants fit."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.tags import Tag, parse_tag

from wheelnext_build.variants.metadata import Provider, VariantMetadata
from wheelnext_build.variants.order import RankedVariant, Supported, rank_variants
from wheelnext_build.variants.variant import Variant
from wheelnext_build.wheels.name import WheelName
from wheelnext_build.wheels.ranking import order_wheels

SUPPORTED: Supported = {
    "gpu": (("driver", ("13", "12", "11")), ("arch", ("90", "80"))),
    "cpu": (("level", ("v3", "v2", "v1")),),
}
"""Properties that the system of these tests supports."""

Features = dict[str, dict[str, list[str]]]


def metadata(
    variants: dict[str, Features],
    namespaces: Sequence[str] = ("gpu", "cpu"),
    providers: dict[str, Provider] | None = None,
) -> VariantMetadata:
    plugins = {name: Provider(requires=(f"{name}-provider",)) for name in namespaces}
    return VariantMetadata(
        tuple(namespaces),
        plugins | (providers or {}),
        tuple(Variant.from_mapping(label, features) for label, features in variants.items()),
    )


def compatible(ranking: Sequence[RankedVariant]) -> list[str]:
    return [item.variant.label for item in ranking if item.compatible]


@pytest.mark.parametrize(
    ("variants", "expected"),
    [
        pytest.param(
            {"a": {"cpu": {"level": ["v3"]}}, "b": {"gpu": {"arch": ["80"]}}},
            ["b", "a"],
            id="the-first-namespace-counts-for-more",
        ),
        pytest.param(
            {"a": {"gpu": {"arch": ["90"]}}, "b": {"gpu": {"driver": ["11"]}}},
            ["b", "a"],
            id="then-the-first-feature",
        ),
        pytest.param(
            {"a": {"cpu": {"level": ["v1"]}}, "b": {"cpu": {"level": ["v2"]}}},
            ["b", "a"],
            id="then-the-better-value",
        ),
        pytest.param(
            {"a": {"cpu": {"level": ["v2"]}}, "b": {"cpu": {"level": ["v1", "v3", "v4"]}}},
            ["b", "a"],
            id="the-best-of-several-values",
        ),
        pytest.param(
            {
                "a": {"gpu": {"driver": ["12"]}},
                "b": {"gpu": {"driver": ["12"]}, "cpu": {"level": ["v1"]}},
            },
            ["b", "a"],
            id="more-properties-where-the-rest-is-equal",
        ),
        pytest.param(
            {
                "a": {"gpu": {"driver": ["12"]}, "cpu": {"level": ["v3"]}},
                "b": {"gpu": {"driver": ["13"]}},
            },
            ["b", "a"],
            id="but-not-more-properties-of-less-weight",
        ),
        pytest.param(
            {
                "b": {"cpu": {"level": ["v2"]}},
                "a": {"cpu": {"level": ["v2", "v1"]}},
                "a.b": {"cpu": {"level": ["v2", "v4"]}},
            },
            ["a", "a.b", "b"],
            id="at-last-the-label",
        ),
        pytest.param(
            {"null": {}, "z": {"cpu": {"level": ["v1"]}}}, ["z", "null"], id="null-comes-last"
        ),
    ],
)
def test_order_of_preference(variants: dict[str, Features], expected: list[str]) -> None:
    assert compatible(rank_variants(metadata(variants), SUPPORTED)) == expected


@pytest.mark.parametrize(
    ("features", "reason"),
    [
        ({"cpu": {"level": ["v4"]}}, "supported here: v3, v2, v1"),
        ({"cpu": {"cache": ["big"]}}, "this system has only level in that namespace"),
        ({"gpu": {"cache": ["big"]}}, "this system has only driver, arch in that namespace"),
        ({"six": {"x": ["y"]}}, "supported here: 1, 2, 3, 4, 5, 6)"),
        ({"seven": {"x": ["y"]}}, "supported here: 1, 2, 3, 4, 5, 6, ... (7 values))"),
        ({"none": {"x": ["y"]}}, "this system has no feature in that namespace"),
        ({"gpu": {"arch": ["90"]}, "cpu": {"level": ["v4"]}}, "supported here: v3, v2, v1"),
        ({"npu": {"type": ["one"]}}, "the properties of this namespace are not known here"),
        ({"lazy": {"x": ["y"]}}, "optional"),
    ],
)
def test_an_unsupported_feature_is_explained(features: Features, reason: str) -> None:
    providers = {"lazy": Provider(requires=("lazy",), optional=True)}
    names = ("gpu", "cpu", "npu", "lazy", "six", "seven", "none")
    release = metadata({"v": features}, names, providers)
    system: Supported = {
        **SUPPORTED,
        "lazy": (("x", ("y",)),),
        "six": (("x", tuple("123456")),),
        "seven": (("x", tuple("1234567")),),
        "none": (),
    }
    (ranked,) = rank_variants(release, system)
    assert not ranked.compatible
    assert reason in str(ranked.unsupported[0])


def test_static_properties_are_supported_in_their_own_order() -> None:
    static = Provider(
        static_properties={"library": ("mkl", "openblas"), "threads": ("omp",)},
        feature_order=("threads", "library"),
    )
    variants: dict[str, Features] = {
        "mkl": {"blas": {"library": ["mkl"]}},
        "open": {"blas": {"library": ["openblas"]}},
        "omp": {"blas": {"threads": ["omp"]}},
        "netlib": {"blas": {"library": ["netlib"]}},
    }
    ranking = rank_variants(metadata(variants, ("blas",), {"blas": static}), {})
    assert compatible(ranking) == ["omp", "mkl", "open"]
    assert ranking[1].matches[0].key == (0, 1, 0)
    assert str(ranking[1].matches[0]) == "blas :: library :: mkl"


def test_static_properties_replace_those_of_the_system() -> None:
    static = Provider(static_properties={"level": ("v1",)})
    variants: dict[str, Features] = {
        "listed": {"cpu": {"level": ["v1"]}},
        "of_the_system": {"cpu": {"level": ["v3"]}},
    }
    ranking = rank_variants(metadata(variants, ("cpu",), {"cpu": static}), SUPPORTED)
    assert compatible(ranking) == ["listed"]


# Wheels of one release

TAGS = [Tag("cp312", "cp312", "linux_x86_64"), Tag("py3", "none", "any")]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(
            ["p-1-py3-none-any.whl", "p-1-py3-none-any-null.whl", "p-1-py3-none-any-v1.whl"],
            ["v1", "null", "p-1-py3-none-any.whl"],
            id="plain-behind-null-behind-variants",
        ),
        pytest.param(
            ["p-1-cp312-cp312-linux_x86_64-v1.whl", "p-1-py3-none-any-v2.whl"],
            ["v2", "v1"],
            id="the-variant-counts-for-more-than-the-tag",
        ),
        pytest.param(
            ["p-1-9-py3-none-any-v1.whl", "p-1-cp312-cp312-linux_x86_64-v1.whl"],
            ["p-1-cp312-cp312-linux_x86_64-v1.whl", "p-1-9-py3-none-any-v1.whl"],
            id="the-tag-for-more-than-the-build",
        ),
        pytest.param(
            [
                "p-1-py3-none-any.whl",
                "p-1-2-py3-none-any.whl",
                "p-1-10-py3-none-any.whl",
                "p-1-10_a-py3-none-any.whl",
            ],
            [
                "p-1-10_a-py3-none-any.whl",
                "p-1-10-py3-none-any.whl",
                "p-1-2-py3-none-any.whl",
                "p-1-py3-none-any.whl",
            ],
            id="the-higher-build-wins",
        ),
    ],
)
def test_order_of_wheels(names: list[str], expected: list[str]) -> None:
    variants: dict[str, Features] = {
        "v1": {"cpu": {"level": ["v1"]}},
        "v2": {"cpu": {"level": ["v2"]}},
        "null": {},
    }
    ranking = rank_variants(metadata(variants), SUPPORTED)
    wheels = order_wheels(map(WheelName.parse, names), ranking, TAGS)
    assert all(wheel.compatible for wheel in wheels)
    for wheel, text in zip(wheels, expected, strict=True):
        assert text in (wheel.name.filename, wheel.name.label)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("p-1-py3-none-any-unlisted.whl", "does not list the label 'unlisted'"),
        ("p-1-py3-none-any-v4.whl", "needs cpu :: level :: v4"),
        ("p-1-cp312-cp312-win32.whl", "no tag of cp312-cp312-win32 fits"),
    ],
)
def test_a_wheel_that_does_not_fit_is_explained(name: str, problem: str) -> None:
    ranking = rank_variants(metadata({"v4": {"cpu": {"level": ["v4"]}}}), SUPPORTED)
    names = [WheelName.parse(name), WheelName.parse("p-1-py3-none-any.whl")]
    plain, refused = order_wheels(names, ranking, TAGS)
    assert plain.compatible
    assert not refused.compatible
    assert problem in refused.problems[0]


def test_without_variants_json_no_variant_fits() -> None:
    (wheel,) = order_wheels([WheelName.parse("p-1-py3-none-any-v1.whl")], None, TAGS)
    assert "no valid variants.json" in wheel.problems[0]


# Properties of the order, and agreement with the reference implementation

NAMESPACES = ("gpu", "cpu", "blas")
FEATURES = ("f1", "f2", "f3")
VALUES = ("a", "b", "c", "d")


def random_release(seed: int) -> tuple[VariantMetadata, Supported]:
    """A release of random variants, and a random system."""
    rng = random.Random(seed)  # noqa: S311

    def some(items: Sequence[str], most: int) -> list[str]:
        return rng.sample(items, k=rng.randint(1, most))

    variants: dict[str, Features] = {
        label: {name: {item: some(VALUES, 3) for item in some(FEATURES, 2)} for name in names}
        for label in some("pqrstuvw", 8)
        for names in [some(NAMESPACES, 3)]
    }
    if rng.random() < 0.5:
        variants["null"] = {}
    supported = {
        name: tuple((feature, tuple(some(VALUES, 4))) for feature in rng.sample(FEATURES, k=3))
        for name in some(NAMESPACES, 3)
    }
    return metadata(variants, rng.sample(NAMESPACES, k=3)), supported


def releases() -> st.SearchStrategy[tuple[VariantMetadata, Supported]]:
    return st.integers(0, 2**32).map(random_release)


@given(releases(), st.randoms(use_true_random=False))
def test_the_order_is_total_and_does_not_depend_on_the_input(
    release: tuple[VariantMetadata, Supported], rng: random.Random
) -> None:
    content, supported = release
    ranking = rank_variants(content, supported)
    keys = [item.sort_key for item in ranking if item.compatible]
    assert keys == sorted(set(keys))
    assert all(item.variant.is_null for item in ranking if item.compatible and not item.matches)
    names = [
        WheelName.parse(f"p-1-py3-none-any-{variant.label}.whl") for variant in content.variants
    ]
    ordered = order_wheels(names, ranking, TAGS)
    rng.shuffle(names)
    assert order_wheels(names, ranking, TAGS) == ordered


@given(releases(), st.data())
def test_wheels_of_one_build_are_ordered_as_if_there_were_no_other(
    release: tuple[VariantMetadata, Supported], data: st.DataObject
) -> None:
    content, supported = release
    ranking = rank_variants(content, supported)
    labels = [None, *(variant.label for variant in content.variants)]
    parts = st.tuples(
        st.sampled_from(["", "1", "2"]), st.sampled_from(TAGS), st.sampled_from(labels)
    )
    names = [
        WheelName("p", "1", build, tag.interpreter, tag.abi, tag.platform, label)
        for build, tag, label in data.draw(st.lists(parts, max_size=8, unique=True))
    ]
    ordered = order_wheels(names, ranking, TAGS)
    for build in ("", "1", "2"):
        alone = order_wheels([name for name in names if name.build == build], ranking, TAGS)
        assert tuple(wheel for wheel in ordered if wheel.name.build == build) == alone


@given(releases())
def test_supporting_more_never_makes_a_variant_unfit(
    release: tuple[VariantMetadata, Supported],
) -> None:
    content, supported = release
    everything = {name: tuple((item, VALUES) for item in FEATURES) for name in NAMESPACES}
    fit = set(compatible(rank_variants(content, supported)))
    assert fit <= set(compatible(rank_variants(content, everything)))
    assert len(compatible(rank_variants(content, everything))) == len(content.variants)


@pytest.mark.generated
@given(releases())
def test_agrees_with_variantlib(release: tuple[VariantMetadata, Supported]) -> None:
    pytest.importorskip("variantlib", reason="variantlib cannot be installed here")
    from variantlib.models.variant import VariantDescription, VariantProperty
    from variantlib.resolver.lib import filter_variants
    from variantlib.resolver.sorting import sort_variant_properties, sort_variants_descriptions

    content, supported = release
    # variantlib 0.2.2 speaks PEP 817's dialect: flat properties, with the orders of namespaces and
    # features beside them. Its one function for all of this also adds the null variant to every
    # release and the installed distributions to the system, so its parts are called here.
    fitting = filter_variants(
        [
            VariantDescription(
                [
                    VariantProperty(item.namespace, item.feature, item.value)
                    for item in variant.properties
                ],
                variant.label,
            )
            for variant in content.variants
        ],
        properties := [
            VariantProperty(namespace, feature, value)
            for namespace, features in supported.items()
            for feature, values in features
            for value in values
        ],
        filter_values=True,
    )
    priorities = sort_variant_properties(
        properties,
        list(content.namespaces),
        {name: [feature for feature, _ in features] for name, features in supported.items()},
    )
    theirs = [item.label for item in sort_variants_descriptions(list(fitting), priorities)]
    assert compatible(rank_variants(content, supported)) == theirs


def test_tags_of_a_compressed_set_count_by_the_best() -> None:
    name = WheelName.parse("p-1-py2.py3-none-any.whl")
    (wheel,) = order_wheels([name], None, [*parse_tag("py3-none-any"), *parse_tag("py2-none-any")])
    assert wheel.tag_priority == 0
