"""All keys of ``[tool.wheelnext-build]`` and ``[variant]``: their kinds and their meanings.

To add a key, describe it here and read it in the code that reads its table. A reader that asks for
a key of another name or kind fails. A test fails if no code reads a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from ..variants.instruction_sets import levels
from ..variants.metadata import PLUGIN_API, PROVIDER_KINDS, SCHEMA_825
from ..variants.variant import LABEL_PATTERN, NAME_PATTERN, VALUE_PATTERN
from .kinds import Boolean, Key, ListOf, MappingOf, OneOrList, Scalar, String, TableOf

FlagsScope = Literal["project", "targets"]
Mode = Literal["error", "warn", "off"]

_TEXT = String()
_TEXTS = ListOf(_TEXT)
_NOT_BLANK = String(pattern=r"[\s\S]*\S[\s\S]*")
# Not for requirements with variant_* markers: checkers of the format do not know these markers.
_REQUIREMENTS = ListOf(String(format="pep508"))
_NAME = String(pattern=NAME_PATTERN.pattern)
_VALUE = String(pattern=VALUE_PATTERN.pattern)
_SCALARS = MappingOf("name", Scalar())

_CHOICES = ListOf(OneOrList(_VALUE), not_empty=True, unique=True)
_AXES = MappingOf(
    "namespace",
    MappingOf("feature", _CHOICES, NAME_PATTERN.pattern, not_empty=True),
    NAME_PATTERN.pattern,
)
_FEATURES = MappingOf("feature", OneOrList(_VALUE), NAME_PATTERN.pattern, not_empty=True)
_COMBINATION = MappingOf("namespace", _FEATURES, NAME_PATTERN.pattern, not_empty=True)

_FIELD = rf"\{{{NAME_PATTERN.pattern}(\.{NAME_PATTERN.pattern})?\}}"
# Matches one character at a time: nested repetitions can make a regular expression very slow.
_TEMPLATE = String(pattern=rf"({LABEL_PATTERN.pattern.removesuffix('+')}|{_FIELD})+")
_PROPERTY = (
    rf"\s*{NAME_PATTERN.pattern}\s*::\s*{NAME_PATTERN.pattern}\s*::\s*{VALUE_PATTERN.pattern}\s*"
)

MATRIX = TableOf(
    {
        "axes": Key(
            _AXES,
            "Choices for each feature; the product of all axes makes the variants, the first axis "
            "slowest. An inner list is one choice of several values: the variant fits a system "
            "that supports any of them.",
            example={"nvidia": {"sm_arch": ["80_real", ["90_real", "90_virtual"]]}},
        ),
        "include": Key(
            ListOf(_COMBINATION),
            "Further combinations, one table for each; each one is complete.",
            example=[{"x86_64": {"level": "v4"}}],
        ),
        "exclude": Key(
            ListOf(_COMBINATION),
            "Tables of choices; a combination that has all choices of a table is left out.",
            example=[{"nvidia": {"sm_arch": "80_real"}}],
        ),
        "label": Key(
            _TEMPLATE,
            "A template for the labels; `{feature}` or `{namespace.feature}` stands for the "
            "choice. Without it, labels read `x86_64_v3`, `cu13.0_sm80`.",
            example="cu13_sm{sm_arch}",
        ),
        "when": Key(
            _TEXT,
            "A marker as in dependencies (PEP 508), evaluated for the target of the build: the "
            "variants are built if it is true.",
            example="sys_platform == 'linux'",
        ),
    },
    at_least_one=("axes", "include"),
)

PROPERTY = TableOf(
    {
        "define": Key(
            _SCALARS,
            "CMake cache entries; `true` and `false` are `ON` and `OFF`.",
            example={"BLA_VENDOR": "Intel10_64lp"},
        ),
        "environment": Key(
            _SCALARS, "Environment variables of the build.", example={"MKL_THREADING": "gnu"}
        ),
        "c-flags": Key(_TEXTS, "Further flags for C.", example=["-DUSE_MKL"]),
        "cxx-flags": Key(_TEXTS, "Further flags for C++.", example=["-DUSE_MKL"]),
        "fortran-flags": Key(_TEXTS, "Further flags for Fortran.", example=["-DUSE_MKL"]),
        "cuda-flags": Key(_TEXTS, "Further flags for CUDA.", example=["--use_fast_math"]),
        "hip-flags": Key(_TEXTS, "Further flags for HIP.", example=["-ffast-math"]),
        "link-flags": Key(_TEXTS, "Further flags for linking.", example=["-Wl,--as-needed"]),
        "no-flags": Key(
            Boolean(),
            "`true`: the property has no flags here, because the project reads it itself or the "
            "wheel is meant to equal the plain one.",
            default=False,
        ),
        "share-tree": Key(
            Boolean(),
            "`true`: a variant with `define` or `environment` may be built in the shared tree. "
            "Otherwise it has a build tree of its own.",
        ),
    }
)

RULE = TableOf(
    {
        "path": Key(
            _NOT_BLANK,
            "The file's path in the wheel, or a pattern as in a shell.",
            required=True,
            example="*.libs/libscipy_openblas*",
        ),
        "reason": Key(
            _NOT_BLANK,
            "Why the code is allowed: which code checks the processor before it runs.",
            required=True,
            example="OpenBLAS checks the processor when it is loaded",
        ),
        "symbols": Key(
            _TEXTS,
            "Patterns of function names, as `nm` prints them; default: all functions.",
            example=["*_haswell", "*_skylakex"],
        ),
        "extensions": Key(
            _TEXTS,
            "Patterns of extensions that they may need; default: all extensions.",
            example=["AVX2", "AVX512*"],
        ),
    }
)

AUDIT = TableOf(
    {
        "mode": Key(
            String(get_args(Mode)),
            "What happens if a wheel breaks its promise: `error` ends the build, `warn` prints a "
            "warning, `off` skips the audit.",
            default="error",
        ),
        "x86-64-baseline": Key(
            String(levels("x86_64")), "The level that the plain wheel may need on x86-64."
        ),
        "aarch64-baseline": Key(
            String(levels("aarch64")), "The version that the plain wheel may need on aarch64."
        ),
        "allow": Key(
            ListOf(RULE),
            "Exceptions: what binaries may need beyond their promise, each with a reason.",
        ),
        "may-be-identical": Key(
            _TEXTS,
            "Labels of wheels that may have the same binaries as another wheel.",
            example=["x86_64_v2"],
        ),
    }
)

TOOL_TABLE = TableOf(
    {
        "matrix": Key(
            ListOf(MATRIX), "Variants as products of axes; each table is a matrix of its own."
        ),
        "flags-scope": Key(
            String(get_args(FlagsScope)),
            "`project`: a variant's flags apply to the whole build. `targets`: only to the targets "
            "that CMakeLists.txt names with `wheelnext_target_variant`.",
            default="project",
        ),
        "properties": Key(
            MappingOf("namespace :: feature :: value", PROPERTY, _PROPERTY),
            "How a property changes the build.",
        ),
        "share-tree": Key(
            Boolean(),
            "`false`: each variant has a build tree of its own. `true`: overrides of "
            "scikit-build-core that test the variant do not prevent sharing a tree.",
        ),
        "parallel-trees": Key(
            Boolean(),
            "`false`: build trees are built one after the other, not at the same time.",
            default=True,
        ),
        "audit": Key(AUDIT, "How built wheels are compared with the promises of their labels."),
        "dependencies": Key(
            _TEXTS,
            "Dependencies of wheels beyond `project.dependencies`; markers may test the variant "
            "(`variant_label`, `variant_namespaces`, `variant_features`, `variant_properties`).",
            example=["nvidia-cublas>=13; 'nvidia' in variant_namespaces"],
        ),
        "build-requires": Key(
            _TEXTS,
            "Build requirements beyond `build-system.requires`, with the same markers.",
            example=["nvidia-cublas>=13; 'nvidia' in variant_namespaces"],
        ),
    }
)

PRIORITIES = TableOf(
    {
        "namespace": Key(
            ListOf(_NAME, unique=True),
            "All namespaces in use, most preferred first. May be left out: accelerators come "
            "first, processors last.",
            example=["nvidia", "x86_64"],
        )
    }
)

PROVIDER = TableOf(
    {
        "build-requires": Key(
            _REQUIREMENTS,
            "The requirements of a plugin that is asked during the build; its answer becomes the "
            "wheels' `static-properties` and `feature-order`.",
            example=["openmp-variant-provider>=1"],
        ),
        "optional": Key(
            Boolean(),
            "`true`: installers ask the provider only if the user enables it.",
            default=False,
        ),
        "requires": Key(
            _REQUIREMENTS,
            "The requirements of the plugin that an installer asks.",
            example=["openmp-variant-provider>=1"],
        ),
        "static-properties": Key(
            MappingOf("feature", ListOf(_VALUE, not_empty=True, unique=True), NAME_PATTERN.pattern),
            "The values of each feature, most preferred first, for a namespace that needs no "
            "plugin.",
            example={"vendor": ["mkl", "openblas"]},
        ),
        "builtin": Key(
            _TEXT, "The name of a provider that is built into installers.", example="x86_64"
        ),
        "plugin-api": Key(
            String(pattern=PLUGIN_API.pattern),
            "The plugin in `requires` or `build-requires`: `module` or `module:object`.",
            example="openmp_variant_provider:Plugin",
        ),
        "feature-order": Key(
            ListOf(_NAME, unique=True),
            "The features of `static-properties`, most preferred first; required if there are "
            "several.",
            example=["vendor"],
        ),
    },
    exactly_one=(*PROVIDER_KINDS, "build-requires"),
)

VARIANT = TableOf(
    {
        "$schema": Key(_TEXT, "The JSON schema of the table; not read.", example=SCHEMA_825),
        "default-priorities": Key(PRIORITIES, "Which variant an installer prefers."),
        "providers": Key(
            MappingOf("namespace", PROVIDER, NAME_PATTERN.pattern),
            "How installers find out what a system supports. Filled in for `nvidia`, `amd`, "
            "`ascend`, `tpu`, `abi_dependency`, `x86_64` and `aarch64`; an entry written here "
            "wins.",
        ),
        "variants": Key(
            MappingOf(
                "label",
                MappingOf("namespace", _FEATURES, NAME_PATTERN.pattern),
                LABEL_PATTERN.pattern,
            ),
            "The variants by label, each with the values of its features; `null` is the variant "
            "without features, for systems that no other variant fits.",
            example={"x86_64_v3": {"x86_64": {"level": ["v3"]}}},
        ),
    }
)

TABLES: Mapping[str, Key] = {
    "wheelnext-build": Key(TOOL_TABLE, "How wheel variants are made and checked."),
    "variant": Key(
        VARIANT, "The wheel variants of the project (building draft of PEP 825 and PEP 850)."
    ),
}

PYPROJECT = TableOf(
    {
        "tool": Key(
            TableOf({"wheelnext-build": TABLES["wheelnext-build"]}, others=True),
            "The tables of tools.",
        ),
        "variant": TABLES["variant"],
    },
    others=True,
)
