"""`select` and uv take the same wheel, on random releases and systems.

The processor is varied by virtual environments whose Python reads another /proc/cpuinfo, which is
where uv looks; the accelerators by the environment variables that uv has for that.
"""

from __future__ import annotations

import platform
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from tiny_wheels import write_variant, write_wheel

from wheelnext_build.host.capabilities import x86_64_level_of
from wheelnext_build.host.host import FORCE_CUDA, FORCE_SM, FORCE_TPU, Host
from wheelnext_build.host.probe import linux_flags
from wheelnext_build.release.index.variants_json import write_index
from wheelnext_build.release.select import Selection, select
from wheelnext_build.variants.instruction_sets import detected_levels, extensions_up_to
from wheelnext_build.variants.metadata import VARIANTS_JSON_SUFFIX, Provider, VariantMetadata
from wheelnext_build.variants.variant import NULL, Variant

UV = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        sys.platform != "linux" or platform.machine() != "x86_64" or not Path(UV).exists(),
        reason="needs uv on x86-64 Linux",
    ),
]

Run = Callable[..., "subprocess.CompletedProcess[str]"]

LINUX_NAMES = {
    "BMI": "bmi1",
    "LAHF_SAHF": "lahf_lm",
    "LZCNT": "abm",
    "SSE3": "pni",
    "SSE4.1": "sse4_1",
    "SSE4.2": "sse4_2",
}


def cpuinfo_flags(level: str) -> list[str]:
    names = sorted(extensions_up_to(level))
    return [LINUX_NAMES.get(name, name.lower()) for name in names]


LEVELS = detected_levels("x86_64")
PROCESSORS = {
    **{level: cpuinfo_flags(level) for level in LEVELS},
    "v3-without-movbe": [flag for flag in cpuinfo_flags("v4") if flag != "movbe"],
    "v4-without-vl": [flag for flag in cpuinfo_flags("v4") if flag != "avx512vl"],
}
NOT_DETECTED = "not-detected"
"""The system that uv knows only by the name of its platform."""

READS_ANOTHER_CPUINFO = """\
import builtins
_open = builtins.open
def _open_another(path, *args, **kwargs):
    return _open({cpuinfo!r} if path == "/proc/cpuinfo" else path, *args, **kwargs)
builtins.open = _open_another
"""

# Python, ABI and platform tag, and the build tag.
TAGS = (
    ("py3-none-any", ""),
    ("py3-none-any", "1"),
    ("py3-none-any", "12_b"),
    ("py2.py3-none-any", "2"),
    ("{cp}-none-any", ""),
    ("{cp}-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64", ""),
    ("{cp}-{cp}-manylinux_2_17_x86_64", ""),
    ("{cp}-{cp}-manylinux_2_5_x86_64", ""),
    ("{cp}-{cp}-win_amd64", ""),
)

PROVIDERS: Mapping[str, tuple[Provider, ...]] = {
    "x86_64": (
        Provider(requires=("x86-64-variant-provider >=0.2",)),
        Provider(
            requires=("x86_64.variant_provider >=0.2,<1",), plugin_api="x86_64_variant_provider"
        ),
        Provider(
            requires=("x86-64-variant-provider",), plugin_api="x86_64_variant_provider.plugin"
        ),
        Provider(requires=("x86-64-variant-provider >=0.2", "something")),
        Provider(requires=("x86-64-variant-provider >=0.3",)),
        Provider(requires=("x86-64-variant-provider[extra] >=0.2",)),
        Provider(requires=("x86-64-variant-provider; python_version >= '3.8'",)),
        Provider(requires=("x86-64-variant-provider",), optional=True),
        Provider(requires=("other-provider",)),
    ),
    "nvidia": (
        Provider(
            requires=("nvidia-variant-provider >=0.0.1",),
            plugin_api="nvidia_variant_provider.plugin:NvidiaVariantPlugin",
        ),
        Provider(requires=("nvidia-variant-provider >=0.0.1",)),
    ),
    "tpu": (
        Provider(
            requires=("tpu-variant-provider >=0.1",),
            plugin_api="tpu_variant_provider.plugin:TpuVariantPlugin",
        ),
        Provider(
            requires=("tpu-variant-provider >=0.1",), plugin_api="tpu_variant_provider.plugin"
        ),
    ),
    "aarch64": (Provider(requires=("aarch64-variant-provider >=0.2",)),),
    "blas_lapack": (
        Provider(
            static_properties={"library": ("mkl", "openblas"), "threads": ("omp", "none")},
            feature_order=("threads", "library"),
        ),
        Provider(static_properties={"library": ("openblas", "mkl")}),
        Provider(static_properties={"library": ("mkl", "openblas")}, optional=True),
    ),
    "abi_dependency": (Provider(builtin="abi_dependency"),),
    "unheard_of": (Provider(requires=("unheard-of-provider",)),),
}
USUAL = 0.7
"""How often a provider entry is the first of its list, the one that should be written."""

FEATURE_VALUES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "x86_64": {"level": ("v1", "v2", "v3", "v4", "v5")},
    "nvidia": {
        "cuda_version_lower_bound": ("11.0", "12", "12.0", "12.8", "13", "13.0"),
        "cuda_version_upper_bound": ("12", "13", "13.0", "14", "15.20"),
        "sm_arch": ("75_real", "80_real", "86_real", "90_real", "90_virtual", "120_virtual"),
    },
    "tpu": {"present": ("true", "false")},
    "aarch64": {"version": ("8a", "8.2a")},
    "blas_lapack": {"library": ("mkl", "openblas", "netlib"), "threads": ("omp", "none")},
    "abi_dependency": {"numpy": ("2", "2.1")},
    "unheard_of": {"thing": ("one",)},
}
WEIGHTS = {"x86_64": 6, "nvidia": 6, "blas_lapack": 4, "tpu": 2}


@dataclass(frozen=True)
class Case:
    """A release in a folder, and a system."""

    folder: Path
    processor: str
    env: Mapping[str, str]


@pytest.fixture(scope="session")
def interpreters(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Mapping[str, Path]:
    """Processor -> a Python that reads a /proc/cpuinfo of that processor."""
    pythons = {}
    for name, flags in PROCESSORS.items():
        folder = tmp_path_factory.mktemp(name)
        run(UV, "venv", "--quiet", "--python", sys.executable, folder / "env")
        cpuinfo = folder / "cpuinfo"
        cpuinfo.write_text(f"processor\t: 0\nflags\t\t: fpu {' '.join(flags)}\n\n")
        (site,) = (folder / "env" / "lib").glob("python*/site-packages")
        (site / "another_cpuinfo.py").write_text(READS_ANOTHER_CPUINFO.format(cpuinfo=str(cpuinfo)))
        (site / "another_cpuinfo.pth").write_text("import another_cpuinfo\n")
        pythons[name] = folder / "env" / "bin" / "python"
    return pythons


@pytest.mark.parametrize("seed", range(80))
def test_uv_installs_what_select_chooses(
    seed: int,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    interpreters: Mapping[str, Path],
    run: Run,
) -> None:
    case = make_case(seed, tmp_path / "release")
    if case.processor == NOT_DETECTED:
        level, system = "v2", ["--python-platform", "x86_64-unknown-linux-gnu"]
        python = interpreters["v4"]
    else:
        python, system = interpreters[case.processor], []
        level = x86_64_level_of(linux_flags((python.parents[2] / "cpuinfo").read_text()))
    host = Host.detect(x86_64_level=level, env=case.env)
    (selection,) = select(case.folder, host)
    installed = install(case, [*system, "--python", python], tmp_path_factory, run, selection)
    assert installed == (selection.chosen and selection.chosen.name.filename), selection


@pytest.mark.generated
def test_uv_chooses_as_select_does_among_many(
    tmp_path: Path, interpreters: Mapping[str, Path], run: Run
) -> None:
    """Of two hundred releases at a time, on one system; twenty thousand in nox -s torture."""
    compared = 0
    for batch in range(settings().max_examples // 100 + 1):
        rng = random.Random(-1 - batch)  # noqa: S311
        folder = tmp_path / str(batch)
        folder.mkdir()
        for number in range(RELEASES):
            write_release(random.Random(f"{batch} {number}"), folder, f"p{number}")  # noqa: S311
        name, env = rng.choice(list(PROCESSORS)), random_accelerators(rng)
        python = interpreters[name]
        level = x86_64_level_of(linux_flags((python.parents[2] / "cpuinfo").read_text()))
        found = select(folder, Host.detect(x86_64_level=level, env=env))
        # Of what has no wheel for the system there is nothing to compare, and uv would stop at it.
        chosen = {item.project: item.chosen.name.filename for item in found if item.chosen}
        said = run(
            *(UV, "pip", "install", "-v", "--dry-run", "--preview-features", "wheel-variants"),
            *("--no-index", "--no-config", "--no-deps", "--find-links", folder, "--python", python),
            *chosen,
            env={FORCE_CUDA: "", FORCE_SM: "", **env, "UV_CACHE_DIR": str(tmp_path / "cache")},
        ).stderr
        selected = re.findall(r"Selecting: (\S+)==1\.0 \[compatible\] \((\S+)\)", said)
        assert dict(selected) == chosen, (batch, name, env)
        compared += len(chosen)
    assert compared > RELEASES


RELEASES = 200
"""How many uv resolves in one call."""


def test_uv_sees_this_machine_as_select_does(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, run: Run
) -> None:
    for level in LEVELS:
        write_variant(tmp_path, level, level)
    write_index(tmp_path)
    (selection,) = select(tmp_path, Host.detect(env={}))
    case = Case(tmp_path, "this machine's", {})
    installed = install(case, ["--python", sys.executable], tmp_path_factory, run, selection)
    assert selection.chosen
    assert installed == selection.chosen.name.filename


def test_the_cases_cover_each_kind_of_answer(tmp_path: Path) -> None:
    """The random cases are worth their time only while variants win, and lose, in many ways."""
    kinds = []
    for seed in range(80):
        case = make_case(seed, tmp_path / str(seed))
        level = "v2" if case.processor == NOT_DETECTED else case.processor[:2]
        (selection,) = select(case.folder, Host.detect(x86_64_level=level, env=case.env))
        chosen = selection.chosen
        if chosen is None or chosen.variant is None:
            kinds.append("nothing" if chosen is None else "plain")
        else:
            kinds.append(chosen.variant.variant.namespaces[0] if chosen.variant.matches else "null")
    assert {"nothing", "plain", "null", "x86_64", "nvidia", "blas_lapack"} <= set(kinds)
    assert len([kind for kind in kinds if kind not in ("nothing", "plain")]) > 40


def install(
    case: Case,
    system: Sequence[str | Path],
    tmp_path_factory: pytest.TempPathFactory,
    run: Run,
    expected: Selection,
) -> str | None:
    """Let uv install the release; returns the name of the wheel that it took, if there was one."""
    target = tmp_path_factory.mktemp("target")
    # An empty variable counts as none, except for the TPU's, which the environment must not have.
    env = {FORCE_CUDA: "", FORCE_SM: "", **case.env}
    run(
        *(UV, "pip", "install", "--quiet", "--preview-features", "wheel-variants", "--no-index"),
        *("--no-config", "--find-links", case.folder, "--target", target, *system, "sample"),
        env={**env, "UV_CACHE_DIR": str(tmp_path_factory.getbasetemp() / "uv-cache")},
        status=0 if expected.chosen else 1,
    )
    taken = target / "sample_wheel.txt"
    return taken.read_text() if taken.exists() else None


def make_case(seed: int, folder: Path) -> Case:
    rng = random.Random(seed)  # noqa: S311
    folder.mkdir()
    write_release(rng, folder, "sample")
    return Case(folder, rng.choice((*PROCESSORS, NOT_DETECTED)), random_accelerators(rng))


def write_release(rng: random.Random, folder: Path, project: str) -> None:
    """Write a random release of a project, version 1.0."""
    namespaces = [name for name in FEATURE_VALUES if rng.random() < WEIGHTS.get(name, 1) / 7]
    rng.shuffle(namespaces)
    namespaces = namespaces or ["x86_64"]
    providers = {
        name: PROVIDERS[name][0] if rng.random() < USUAL else rng.choice(PROVIDERS[name])
        for name in namespaces
    }
    variants = {}
    for number in range(rng.randint(1, 7)):
        variant = random_variant(rng, namespaces, f"l{rng.randint(0, 9)}_{number}")
        variants[variant.properties] = variant
    if rng.random() < 0.4:
        variants[()] = NULL
    metadata = VariantMetadata(tuple(namespaces), providers, tuple(variants.values()))
    labels = [variant.label for variant in metadata.variants]
    for label in [*labels, *([None] if rng.random() < 0.7 else [])]:
        for template, build in rng.sample(TAGS, k=rng.choice((1, 1, 2, 3))):
            tags = template.format(cp=f"cp{sys.version_info[0]}{sys.version_info[1]}")
            filename = "-".join(filter(None, (f"{project}-1.0", build, tags, label))) + ".whl"
            own = [metadata.only(item) for item in metadata.variants if item.label == label]
            write_wheel(folder, filename, *own)
    if rng.random() < 0.95:
        (folder / f"{project}-1.0{VARIANTS_JSON_SUFFIX}").write_bytes(metadata.to_json())


def random_variant(rng: random.Random, namespaces: list[str], label: str) -> Variant:
    features = {
        namespace: {
            feature: rng.sample(values, k=min(len(values), rng.choice((1, 1, 2))))
            for feature, values in FEATURE_VALUES[namespace].items()
            if rng.random() < 0.6
        }
        for namespace in rng.sample(namespaces, k=min(len(namespaces), rng.choice((1, 1, 2, 3))))
    }
    mapping = {namespace: values for namespace, values in features.items() if values}
    if not mapping:
        feature, values = next(iter(FEATURE_VALUES[namespaces[0]].items()))
        mapping = {namespaces[0]: {feature: [rng.choice(values)]}}
    return Variant.from_mapping(label, mapping)


def random_accelerators(rng: random.Random) -> dict[str, str]:
    env = {}
    if rng.random() < 0.7:
        env[FORCE_CUDA] = rng.choice(("12", "12.4", "12.8", "13.0", "13.1.2", "10.2", "16.0"))
    if rng.random() < 0.7:
        env[FORCE_SM] = rng.choice(("7.5", "8.6", "9.0", "12.1", "3.7"))
    if rng.random() < 0.5:
        env[FORCE_TPU] = rng.choice(("1", "0", "True", ""))
    return env
