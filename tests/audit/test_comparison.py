"""Wheels of one release beside each other."""

from __future__ import annotations

import json

from wheelnext_build.audit.code.needs import CodePlace, Survey
from wheelnext_build.audit.comparison import Gist, compared
from wheelnext_build.audit.judge import judge
from wheelnext_build.audit.promise import promise_of
from wheelnext_build.audit.verdict import Found, Verdict
from wheelnext_build.variants.variant import Property, Variant
from wheelnext_build.wheels.name import WheelName

PLAIN = WheelName.parse("demo-1.0-cp311-cp311-manylinux_2_28_x86_64.whl")


def verdict(wheel: str, level: str, *extensions: str, content: str = "") -> Verdict:
    """The verdict of a wheel for a level (empty for a plain one) whose code needs extensions."""
    variant = Variant(wheel, (Property("x86_64", "level", level),)) if level else None
    needs = {name: [CodePlace("gemm", 0x41F0)] for name in extensions}
    survey = Survey("x86_64", needs, code_size=4096)
    found = Found("demo/_core.so", "ELF", survey, checksum=content or wheel)
    return judge(wheel, promise_of(PLAIN, variant), [found])


def kinds(*verdicts: Verdict) -> list[list[str]]:
    return [[finding.kind for finding in item.findings] for item in compared(verdicts)]


def test_a_variant_that_needs_no_more_than_another_buys_nothing() -> None:
    plain, v3, v4 = verdict("plain", ""), verdict("v3", "v3", "AVX2"), verdict("v4", "v4", "AVX2")
    assert kinds(plain, v3, v4) == [[], [], ["no-gain"]]
    third = compared([plain, v3, v4])[2]
    assert third.holds
    assert third.findings[0].text == (
        "this variant buys nothing: its code needs no more than v3, which v3 promises, too"
    )


def test_a_variant_alone_is_compared_with_none() -> None:
    assert kinds(verdict("v3", "v3")) == [[]]


def test_extensions_beyond_levels_are_worth_something() -> None:
    plain, v2 = verdict("plain", ""), verdict("v2", "v2", "AES")
    assert kinds(plain, v2)[1] == ["leak"]


def test_two_variants_with_the_same_binaries() -> None:
    found = kinds(
        verdict("plain", "", content="1"),
        verdict("v1", "v1", content="1"),
        verdict("v3", "v3", content="1"),
    )
    assert found == [[], [], ["identical"]]


def test_of_two_alike_the_later_one_is_named() -> None:
    a, b = verdict("a", "v3", "AVX2", content="1"), verdict("b", "v4", "AVX2", content="1")
    assert kinds(b, a) == [["identical"], []]


def test_a_gist_can_be_kept() -> None:
    gist = Gist.of(verdict("v3", "v3", "AVX2", "AES"), "x86_64_v3")
    assert Gist(**json.loads(json.dumps(gist.as_mapping()))) == gist
    assert gist.wheel == "x86_64_v3"
    assert gist.needed == {"x86_64": "v3"}
    assert gist.has_more == {"x86_64": True}
