"""pyproject.toml: every mistake is reported, all in one go, once, with what to write instead."""

from __future__ import annotations

import re
import tomllib

import pytest

from wheelnext_build.config.config import parse
from wheelnext_build.errors import ConfigurationError, Problem

ROW = "tool.wheelnext-build.matrix[0]"


def row(text: str) -> str:
    return f"[[tool.wheelnext-build.matrix]]\n{text}"


def problems(text: str) -> list[str]:
    """The report of a mistaken pyproject.toml: ``path: what is wrong | what to write``."""
    with pytest.raises(ConfigurationError) as info:
        parse(tomllib.loads(text))
    return [
        f"{problem.where}: {problem.what}" + (f" | {problem.hint}" if problem.hint else "")
        for problem in info.value.problems
    ]


MISTAKES = [
    pytest.param(
        row("axes.x86_64.level = ['v3']") + "\n[variant.variants.fast]\nx86_64.level = ['v3']",
        f"{ROW}: 'x86_64_v3' and 'fast' (in variant.variants.fast) have the same properties: "
        "x86_64 :: level :: v3 | keep one of the two labels",
        id="two labels for the same properties",
    ),
    pytest.param(
        row("label = 'x'\naxes.x86_64.level = ['v3', 'v4']"),
        f"{ROW}: the label 'x' stands for two sets of properties: x86_64 :: level :: v4 here, "
        f"x86_64 :: level :: v3 in {ROW} | the label must name each axis with several choices",
        id="one label for two property sets, in a row",
    ),
    pytest.param(
        row("axes.x86_64.level = ['v3']") + "\n[variant.variants.x86_64_v3]\nx86_64.level = ['v4']",
        f"{ROW}: the label 'x86_64_v3' stands for two sets of properties: x86_64 :: level :: "
        "v3 here, x86_64 :: level :: v4 in variant.variants.x86_64_v3 | give one of them "
        "another label",
        id="one label for two property sets, in two tables",
    ),
    pytest.param(
        row("axes.x86_64.levle = ['v3']"),
        f"{ROW}: 'x86_64' has no feature 'levle' | did you mean 'level'?",
        id="an unknown feature of a known namespace",
    ),
    pytest.param(
        row("axes.x86_64.level = ['v3_']"),
        f"{ROW}: x86_64.level cannot be 'v3_': it is one of v1, v2, v3, v4 | did you mean 'v3'?",
        id="an unknown value",
    ),
    pytest.param(
        row("axes.nvidia.sm_arch = ['90']"),
        f"{ROW}: nvidia.sm_arch cannot be '90': it is written like 90_real",
        id="a value that is written otherwise",
    ),
    pytest.param(
        row("axes.x86_64.level = ['v3']\naxes.aarch64.version = ['8a']"),
        f"{ROW}: variant 'x86_64_v3_aarch64_8a' needs aarch64 and x86_64: no machine is both "
        "| make a variant for each",
        id="two processors at once",
    ),
    pytest.param(
        row("axes.x86_64.level = ['v3']\nexclud = []"),
        f"{ROW}.exclud: unknown key | did you mean 'exclude'?",
        id="an unknown key of a row",
    ),
    pytest.param(
        "[tool.wheelnext-build]\nflag-scope = 'targets'",
        "tool.wheelnext-build.flag-scope: unknown key | did you mean 'flags-scope'?",
        id="an unknown key of the tool",
    ),
    pytest.param(
        "[tool.wheelnext_build]\nflags-scope = 'targets'",
        "tool.wheelnext_build: nothing reads this table | did you mean 'wheelnext-build'?",
        id="the tool under the module's name",
    ),
    pytest.param(
        "[variants.default-priorities]",
        "variants: nothing reads this table | did you mean 'variant'?",
        id="the standard table in the plural",
    ),
    pytest.param(
        "[variant]\nvariant = {}",
        "variant.variant: unknown key | did you mean 'variants'?",
        id="an unknown key of the standard table",
    ),
    pytest.param(
        "[variant.default-priorities]\nproperty.x86_64.level = ['v3']",
        "variant.default-priorities.property: unknown key | PEP 850 orders values by the order "
        "of providers.<namespace>.static-properties",
        id="a key of an older draft",
    ),
    pytest.param(
        "[tool.wheelnext-build]\nflags-scope = 'target'",
        "tool.wheelnext-build.flags-scope: 'target' is none of 'project', 'targets'",
        id="an unknown scope",
    ),
    pytest.param(
        "[tool.wheelnext-build]\nshare-tree = 1",
        "tool.wheelnext-build.share-tree: must be true or false, not an integer",
        id="a wrong type: not a boolean",
    ),
    pytest.param(
        "[tool.wheelnext-build]\nmatrix = {}",
        "tool.wheelnext-build.matrix: must be an array of tables, not a table",
        id="a wrong type: [matrix] instead of [[matrix]]",
    ),
    pytest.param(
        row("axes.x86_64 = ['v3']"),
        f"{ROW}.axes.x86_64: must be a table, not a list",
        id="a wrong type: the feature is left out",
    ),
    pytest.param(
        row("axes.x86_64.level = 'v3'"),
        f'{ROW}.axes.x86_64.level: must be a list, not a string | write ["v3"]',
        id="a wrong type: an axis without brackets",
    ),
    pytest.param(
        row("axes.nvidia.cuda_version_lower_bound = [13.0]"),
        f"{ROW}.axes.nvidia.cuda_version_lower_bound[0]: must be a value or a list of values, "
        'not a number | write "13.0"',
        id="a wrong type: a version without quotes",
    ),
    pytest.param(
        row("axes.tpu.present = [['true', true]]"),
        f"{ROW}.axes.tpu.present[0]: must be a value or a list of values, not a list with true "
        'or false in it | write ["true", "true"]',
        id="a wrong type: a truth value without quotes",
    ),
    pytest.param(
        row("axes.nvidia.sm_arch = [[['90_real']]]"),
        f"{ROW}.axes.nvidia.sm_arch[0]: must be a value or a list of values, not a list with a "
        "list in it | values are strings in quotes",
        id="a wrong type: too many brackets",
    ),
    pytest.param(
        "[variant.variants.x]\nx86_64.level = 3",
        "variant.variants.x.x86_64.level: must be a value or a list of values, not an integer "
        '| write "3"',
        id="a wrong type: in the standard table",
    ),
    pytest.param(
        "[variant.variants]\nx = 'v3'",
        "variant.variants.x: must be a table, not a string",
        id="a wrong type: a variant that is none",
    ),
    pytest.param(
        row("axes.x86_64.level = []"),
        f"{ROW}.axes.x86_64.level: is an empty axis: it makes no variant | list at least one "
        "value, or leave the axis out",
        id="an empty axis",
    ),
    pytest.param(
        row("axes.nvidia.sm_arch = ['90_real', []]"),
        f"{ROW}.axes.nvidia.sm_arch[1]: is empty | list at least one value, or leave the "
        "feature out",
        id="an empty inner list",
    ),
    pytest.param(
        row("axes.x86_64 = {}"),
        f"{ROW}.axes.x86_64: is empty: it makes no variant | name a feature and its values, or "
        "leave the namespace out",
        id="an empty namespace",
    ),
    *(
        pytest.param(
            row(text),
            f"{ROW}: has neither axes nor include: it makes no variant | "
            'axes.<namespace>.<feature> = ["..."] makes one for each value',
            id=f"an empty row: {text}",
        )
        for text in ("", "axes = {}", "include = []", "when = \"sys_platform == 'linux'\"")
    ),
    pytest.param(
        "[variant.variants.x]",
        "variant.variants.x: variant 'x' has no property; only 'null' may have none",
        id="a variant without properties",
    ),
    pytest.param(
        "[variant.variants.x]\nx86_64 = {}",
        "variant.variants.x.x86_64: is empty | name a feature and its values, or leave the "
        "namespace out",
        id="a namespace without features",
    ),
    pytest.param(
        "[variant.variants.null]\nx86_64.level = ['v1']",
        "variant.variants.null: the label 'null' is reserved for the variant without properties",
        id="null with a property",
    ),
    pytest.param(
        row("axes.x86_64.level = ['v3', 'v3']"),
        f"{ROW}.axes.x86_64.level: the same choice is listed twice | keep one of them",
        id="a choice that is listed twice",
    ),
    pytest.param(
        row("axes.nvidia.sm_arch = [['90_real', '90_real']]"),
        f"{ROW}.axes.nvidia.sm_arch[0]: '90_real' is listed twice | keep one of them",
        id="a value that is listed twice",
    ),
    pytest.param(
        row("axes.x86_64.level = ['V3']"),
        f"{ROW}.axes.x86_64.level[0]: 'V3' cannot be a value | allowed: lower-case letters, "
        "digits, underscores and dots",
        id="a value outside the grammar",
    ),
    pytest.param(
        row("axes.x86-64.level = ['v3']"),
        f"{ROW}.axes.x86-64: 'x86-64' cannot be a namespace or feature | allowed: lower-case "
        "letters, digits and underscores",
        id="a namespace outside the grammar",
    ),
    pytest.param(
        "[variant.variants.X86]\nx86_64.level = ['v3']",
        "variant.variants.X86: 'X86' cannot be a label | allowed: lower-case letters, digits, "
        "underscores and dots",
        id="a label outside the grammar",
    ),
    pytest.param(
        row("label = 'SM{sm_arch}'\naxes.nvidia.sm_arch = ['80_real', '90_real']"),
        f"{ROW}.label: 'SM' cannot be in a label | allowed: lower-case letters, digits, "
        "underscores and dots",
        id="a template outside the grammar",
    ),
    pytest.param(
        row("label = ''\naxes.x86_64.level = ['v3']"),
        f"{ROW}.label: '' cannot be in a label | allowed: lower-case letters, digits, "
        "underscores and dots",
        id="an empty label",
    ),
    pytest.param(
        row("label = 'null'\naxes.x86_64.level = ['v3']"),
        f"{ROW}: the label 'null' is reserved for the variant without properties",
        id="a template that says null",
    ),
    pytest.param(
        row("label = 'v{levle}'\naxes.x86_64.level = ['v3']"),
        f"{ROW}.label: there is no axis 'levle' | did you mean 'level'?",
        id="a template with a mistyped field",
    ),
    pytest.param(
        row("label = 'v{}'\naxes.x86_64.level = ['v3']"),
        f"{ROW}.label: there is no axis '' | fields here: {{level}}, {{x86_64.level}}",
        id="a template with a nameless field",
    ),
    pytest.param(
        row("label = 'v{level'\naxes.x86_64.level = ['v3']"),
        f"{ROW}.label: not a template: expected '}}' before end of string | fields here: "
        "{level}, {x86_64.level}",
        id="a template with an odd brace",
    ),
    pytest.param(
        row(
            "label = '{level}'\naxes.x86_64.level = ['v3']\n"
            "include = [{ nvidia.sm_arch = '90_real' }]"
        ),
        f"{ROW}.label: {{level}} has no value where a combination is of nvidia.sm_arch | name "
        "only {sm_arch}, {nvidia.sm_arch}, or make it a matrix of its own",
        id="a template that an included combination cannot fill in",
    ),
    pytest.param(
        row("label = '{level}'\naxes.x86_64.level = ['v3', 'v4']\naxes.other.level = ['1']\n")
        + "[variant.providers.other]\nstatic-properties.level = ['1']",
        f"{ROW}.label: {{level}} can be x86_64.level and other.level | write one of "
        "{x86_64.level}, {other.level}",
        id="a template with a field of two namespaces",
    ),
    pytest.param(
        row("axes.x86_64.level = ['v3']\ninclude = [{ x86_64.level = 'v3' }]"),
        f"{ROW}.include[0]: adds nothing: this combination is there already | remove it, or "
        "name another combination",
        id="an include that adds nothing: an axis makes it",
    ),
    pytest.param(
        row("include = [{ x86_64.level = 'v3' }, { x86_64.level = ['v3'] }]"),
        f"{ROW}.include[1]: adds nothing: this combination is there already | remove it, or "
        "name another combination",
        id="an include that adds nothing: another one does",
    ),
    pytest.param(
        row("axes.x86_64.level = ['v3']\ninclude = [{}]"),
        f"{ROW}.include[0]: adds nothing: it names no property | remove it, or name another "
        "combination",
        id="an include that adds nothing: it is empty",
    ),
    pytest.param(
        row("axes.x86_64.level = ['v3', 'v4']\nexclude = [{ x86_64.level = 'v2' }]"),
        f"{ROW}.exclude[0]: removes nothing | it must repeat choices of the axes: "
        "x86_64.level: 'v3', 'v4'",
        id="an exclude that removes nothing: no such value",
    ),
    pytest.param(
        row(
            "axes.nvidia.sm_arch = ['80_real', ['90_real', '90_virtual']]\n"
            "exclude = [{ nvidia.sm_arch = '90_real' }]"
        ),
        f"{ROW}.exclude[0]: removes nothing | it must repeat choices of the axes: "
        "nvidia.sm_arch: '80_real', ['90_real', '90_virtual']",
        id="an exclude that removes nothing: only a part of a choice",
    ),
    pytest.param(
        row("axes.x86_64.level = ['v3', 'v4']\nexclude = [{}]"),
        f"{ROW}.exclude[0]: removes nothing | it must repeat choices of the axes: "
        "x86_64.level: 'v3', 'v4'",
        id="an exclude that removes nothing: it is empty",
    ),
    pytest.param(
        row("include = [{ x86_64.level = 'v3' }]\nexclude = [{ x86_64.level = 'v3' }]"),
        f"{ROW}.exclude[0]: removes nothing: there are no axes | remove it: what is not wanted "
        "need not be included",
        id="an exclude that removes nothing: there are no axes",
    ),
    pytest.param(
        row(
            "axes.x86_64.level = ['v3', 'v4']\n"
            "exclude = [{ x86_64.level = 'v3' }, { x86_64.level = 'v4' }]"
        ),
        f"{ROW}.exclude: removes every combination | exclude fewer of them",
        id="an exclude that removes everything",
    ),
    pytest.param(
        "[variant.default-priorities]\nnamespace = ['nvidia']\n"
        + row("axes.x86_64.level = ['v3']"),
        "variant.default-priorities.namespace: misses 'x86_64', which a variant uses | write "
        "all of them, most preferred first: ['nvidia', 'x86_64']",
        id="a namespace without a priority",
    ),
    pytest.param(
        "[variant.default-priorities]\nnamespace = ['x86_64', 'x86_64']\n"
        + row("axes.x86_64.level = ['v3']"),
        "variant.default-priorities.namespace: a namespace is listed twice | keep one of them",
        id="a namespace with two priorities",
    ),
    pytest.param(
        row("axes.x86_46.level = ['v3']")
        + "\n[tool.wheelnext-build.properties.'x86_46::level::v3']\nno-flags = true",
        f"{ROW}: the namespace 'x86_46' has no provider: no installer could tell its values | "
        "did you mean 'x86_64'?",
        id="a mistyped namespace",
    ),
    pytest.param(
        "[variant.default-priorities]\nnamespace = ['x86_64', 'openmp']\n"
        + row("axes.x86_64.level = ['v3']"),
        "variant.providers: the namespace 'openmp' has no provider: no installer could tell "
        "its values | add [variant.providers.openmp] with requires, build-requires, "
        "static-properties or builtin",
        id="a priority without a provider",
    ),
    pytest.param(
        row("axes.x86_64.level = ['v3']") + "\n[variant.providers.x68_64]\nbuiltin = 'x'",
        "variant.providers.x68_64: is the provider of a namespace that no variant uses | did "
        "you mean 'x86_64'?",
        id="a provider without a namespace",
    ),
]


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
def test_each_mistake_is_reported_once_with_what_to_write(text: str, expected: str) -> None:
    assert problems(text) == [expected]


@pytest.mark.parametrize(
    "when",
    ["linux", "sys_platform = 'linux'", "", "'v3' in variant_properties", "'x' in extras"],
)
def test_a_condition_that_is_no_marker_is_reported(when: str) -> None:
    (problem,) = problems(row(f'axes.x86_64.level = ["v3"]\nwhen = "{when}"'))
    assert re.match(rf"{re.escape(ROW)}\.when: (not a marker|cannot be evaluated): .+ \| ", problem)
    assert problem.endswith("write it like a dependency's marker: sys_platform == 'linux'")


NO_FLAGS = '\n[tool.wheelnext-build.properties."openmp :: library :: gomp"]\nno-flags = true\n'
OPENMP = (
    "[variant.variants.x]\nopenmp = { library = 'gomp' }"
    + NO_FLAGS
    + "[variant.providers.openmp]\n"
)
WHERE = "variant.providers.openmp"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param("", f"{WHERE}: needs exactly one of requires, static-properties, builtin"),
        pytest.param(
            "requires = ['a']\nbuiltin = 'b'",
            f"{WHERE}: needs exactly one of requires, static-properties, builtin",
        ),
        pytest.param(
            "build-requires = []",
            f"{WHERE}.build-requires: is empty | name the package of the plugin",
        ),
        pytest.param(
            "build-requires = 'openmp-provider'",
            f"{WHERE}.build-requires: must be a list of strings, not a string",
        ),
        pytest.param(
            "build-requires = ['a']\nstatic-properties = { library = ['gomp'] }",
            f"{WHERE}.static-properties: stands beside build-requires | the plugin answers for it "
            "while building: keep one of the two",
        ),
        pytest.param(
            "build-requires = ['a']\nrequires = ['b']",
            f"{WHERE}.requires: stands beside build-requires | the plugin answers for it while "
            "building: keep one of the two",
        ),
        pytest.param(
            """requires = ["a; python_version < '3'", "b.c"]""",
            f"{WHERE}.requires: which requirement is the first depends on markers: a or b_c is "
            f"asked | add plugin-api to {WHERE}",
        ),
        pytest.param(
            "build-requires = ['a']\nplugin-api = 'not a module'",
            f"{WHERE}.plugin-api: 'not a module' is not a module | write it like an entry point: "
            "package.module:Class",
        ),
        pytest.param(
            """build-requires = ["a; python_version < '3'", "b.c"]""",
            f"{WHERE}.build-requires: which requirement is the first depends on markers: a or b_c "
            f"is asked | add plugin-api to {WHERE}",
        ),
        pytest.param(
            "build-require = ['a']\nrequires = ['a']",
            f"{WHERE}.build-require: unknown key | did you mean 'build-requires'?",
        ),
        pytest.param(
            "requires = 'a'",
            f"{WHERE}.requires: must be a list of strings, not a string",
        ),
        pytest.param(
            "static-properties.kind = 'gomp'",
            f"{WHERE}.static-properties.kind: must be a list of strings, not a string",
        ),
        pytest.param(
            "requires = ['a']\noptional = 'yes'",
            f"{WHERE}.optional: must be true or false, not a string",
        ),
        pytest.param(
            "requires = ['a']\noptinal = true",
            f"{WHERE}.optinal: unknown key | did you mean 'optional'?",
        ),
        pytest.param(
            "requires = ['a']\nplugin-api = 'not a module'",
            f"{WHERE}: plugin-api 'not a module' is not 'module' or 'module:object'",
        ),
        pytest.param(
            "static-properties = { library = ['gomp'], version = ['5'] }",
            f"{WHERE}: feature-order is needed if static-properties has several features",
        ),
        pytest.param(
            "static-properties = { library = ['gom'] }",
            "variant.variants.x: 'openmp :: library :: gomp' is not among "
            "variant.providers.openmp.static-properties | did you mean 'gom'?",
        ),
    ],
)
def test_each_mistake_of_a_provider_is_reported_once(entry: str, expected: str) -> None:
    assert problems(OPENMP + entry) == [expected]


@pytest.mark.parametrize(
    "entry",
    [
        """requires = ["a; python_version < '3'", "b"]\nplugin-api = "c\"""",
        """requires = ["a.b; python_version < '3'", "A-B >=2"]""",
        """requires = ["a", "b; python_version < '3'"]""",
    ],
)
def test_markers_that_do_not_decide_who_is_asked_are_no_mistake(entry: str) -> None:
    assert len(parse(tomllib.loads(OPENMP + entry)).declared) == 1


def test_a_requirement_that_is_none_is_named() -> None:
    (problem,) = problems(OPENMP + "requires = ['not a requirement']")
    assert problem.startswith(f"{WHERE}.requires: 'not a requirement' is not a requirement | ")


PROPERTY = 'tool.wheelnext-build.properties."x86_64 :: level :: v3"'


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        pytest.param(
            "[tool.wheelnext-build.properties.x86_64]",
            "tool.wheelnext-build.properties.x86_64: 'x86_64' is not a property: write it as "
            "'namespace :: feature :: value'",
        ),
        pytest.param(
            "[tool.wheelnext-build.properties.'x86_64 :: level :: v5']",
            'tool.wheelnext-build.properties."x86_64 :: level :: v5": no variant has this property '
            "| did you mean 'x86_64 :: level :: v3'?",
        ),
        pytest.param(
            "[tool.wheelnext-build.properties.'x :: y :: z']",
            'tool.wheelnext-build.properties."x :: y :: z": no variant has this property | give a '
            "variant the property, or remove the table",
        ),
        pytest.param(
            f"[{PROPERTY}]\ncxx_flags = ['-g']",
            f"{PROPERTY}.cxx_flags: unknown key | did you mean 'cxx-flags'?",
        ),
        pytest.param(
            f"[{PROPERTY}]\ncxx-flags = '-g'",
            f"{PROPERTY}.cxx-flags: must be a list of strings, not a string",
        ),
        pytest.param(
            f"[{PROPERTY}]\ndefine.X = ['a']",
            f"{PROPERTY}.define.X: must be a string, a number, or true or false",
        ),
        pytest.param(
            f"[{PROPERTY}]\n[tool.wheelnext-build.properties.'x86_64::level::v3']",
            "tool.wheelnext-build.properties.\"x86_64::level::v3\": 'x86_64 :: level :: v3' has "
            "two tables | merge them",
        ),
    ],
)
def test_each_mistake_about_a_property_is_reported_once(table: str, expected: str) -> None:
    assert problems(row("axes.x86_64.level = ['v3']\n") + table) == [expected]


def test_all_mistakes_come_in_one_report() -> None:
    found = problems(
        """
        [tool.wheelnext-build]
        flags-scop = "targets"
        [[tool.wheelnext-build.matrix]]
        label = "x{nope}"
        axes.x86_64.level = []
        axes.nvidia.sm_arch = [90, "90_real"]
        when = "linux"
        [[tool.wheelnext-build.matrix]]
        axes.x86_64.level = ["v3", "v4"]
        exclude = [{ x86_64.level = "v2" }]
        include = [{ x86_64.level = "v3" }]
        [[tool.wheelnext-build.matrix]]
        axes.openmp = { library = ["gomp"] }
        [variant.variants.fast]
        x86_64.level = ["v3"]
        [variant.variants.x86_64_v4]
        x86_64.level = ["v1"]
        [variant.variants."a-b"]
        x86_64.level = ["v1"]
        [variant.providers.amd]
        build-requires = []
        [variant.extra]
        """
    )
    assert [problem.partition(": ")[0] for problem in found] == [
        "tool.wheelnext-build.flags-scop",
        "variant.extra",
        "variant.variants.a-b",
        "tool.wheelnext-build.matrix[0].when",
        "tool.wheelnext-build.matrix[0].label",
        "tool.wheelnext-build.matrix[0].axes.x86_64.level",
        "tool.wheelnext-build.matrix[0].axes.nvidia.sm_arch[0]",
        "tool.wheelnext-build.matrix[1].exclude[0]",
        "tool.wheelnext-build.matrix[1].include[0]",
        "tool.wheelnext-build.matrix[1]",
        "tool.wheelnext-build.matrix[1]",
        "variant.providers.amd.build-requires",
        "variant.providers.amd",
        "tool.wheelnext-build.matrix[2]",
        "tool.wheelnext-build.matrix[2]",
    ]


@pytest.mark.parametrize(
    ("axes", "mistakes"),
    [
        ("axes.x86_64.level = 'v3'", 2),
        ("axes.x86_64.level = [3]", 2),
        ("axes.x86_64.level = []", 2),
        ("axes.x86_64.level = 3", 2),
        ("axes.x86_64.Level = ['v3']", 2),
        ("include = [{ x86_64.level = 3 }]", 2),
        ("include = [{ x86_64.level = 'v5' }]", 2),
    ],
)
def test_a_mistake_in_the_label_shows_beside_one_in_the_axes(axes: str, mistakes: int) -> None:
    found = problems(row(f"label = 'v{{nope}}'\n{axes}"))
    assert any(problem.startswith(f"{ROW}.label: there is no axis 'nope'") for problem in found)
    assert len(found) == mistakes


@pytest.mark.parametrize(
    "axes",
    [
        "axes.nvidia.sm_arch = '80_real'",
        "axes.nvidia.sm_arch = 80",
        "axes.nvidia.sm_arch = []",
        "axes.nvidia.sm_arch = ['A']",
        "include = [{ x86_64.level = 'v4', nvidia.sm_arch = 80 }]",
    ],
)
def test_a_mistake_in_an_axis_makes_up_none_in_the_label(axes: str) -> None:
    level = "" if axes.startswith("include") else "axes.x86_64.level = ['v3', 'v4']\n"
    (problem,) = problems(row(f"label = '{{level}}_{{sm_arch}}'\n{level}{axes}"))
    assert "label" not in problem


UNKNOWN = """
[variant.providers.blas_lapack]
static-properties = { library = ["mkl", "openblas"] }
[variant.variants.mkl]
blas_lapack = { library = ["mkl"] }
"""


def test_a_variant_that_changes_nothing_is_a_mistake_unless_it_is_meant() -> None:
    (problem,) = problems(UNKNOWN)
    assert problem == (
        "variant.variants.mkl: variant 'mkl' changes nothing about the build: its wheel would be a "
        "copy of the plain one | say what its properties mean in "
        '[tool.wheelnext-build.properties."blas_lapack :: library :: mkl"] (define, cxx-flags ...),'
        " or set no-flags = true there where the project reads them for itself"
    )
    table = '[tool.wheelnext-build.properties."blas_lapack :: library :: mkl"]\nno-flags = true'
    assert len(parse(tomllib.loads(UNKNOWN + table)).declared) == 1


def test_null_alone_needs_priorities() -> None:
    (problem,) = problems("[variant.variants.null]")
    assert problem == (
        "variant.default-priorities.namespace: is needed where no variant has a property: "
        "installers refuse metadata without any"
    )


def test_a_release_that_is_none_in_a_project() -> None:
    """Its dependencies cannot be worked out: found by generated files."""
    (problem,) = problems("[project]\n" + row("axes.abi_dependency.numpy = ['x']"))
    assert problem.startswith(f"{ROW}: abi_dependency.numpy cannot be 'x': it is written like 2.9")


def test_releases_too_far_apart_for_one_requirement() -> None:
    """It names each of those between them that the variant was not built for."""
    (problem,) = problems("[project]\n" + row("axes.abi_dependency.numpy = [['2.1', '2.99999']]"))
    assert problem == (
        f"{ROW}: abi_dependency.numpy: 2.1 and 2.99999 are 99998 releases apart"
        " | make a variant for each"
    )


@pytest.mark.parametrize("name", ["c__blosc2", "_c_blosc2", "c_blosc2_"])
def test_a_dependency_that_is_not_normalised_in_a_project(name: str) -> None:
    (problem,) = problems("[project]\n" + row(f"axes.abi_dependency.{name} = ['2']"))
    assert problem == (
        f"{ROW}: abi_dependency.{name} is no project's normalised name | write 'c_blosc2'"
    )


def test_what_would_steer_a_terminal_is_escaped() -> None:
    error = ConfigurationError([Problem("x", "is \x1b[2J and \u202e", "write\nthis")])
    assert "x: is \\x1b[2J and \\u202e\n    write\nthis" in str(error)


def test_axes_of_millions_of_combinations_are_not_multiplied() -> None:
    values = ", ".join(f'"x{number}"' for number in range(50))
    found = problems(row("\n".join(f"axes.a.f{number} = [{values}]" for number in range(8))))
    assert any(
        text.startswith(f"{ROW}.axes: make 39062500000000 combinations, over the 10000 allowed")
        for text in found
    )
