"""``wheelnext-build matrix``: show the variants that pyproject.toml declares."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.build_target import BuildTarget
from ..config.config import Config, Declared
from ..config.project import Project
from ..errors import RequestError
from ..plugins.build_time import asked_while_building
from ..plugins.checking import Checked, check_providers
from ..release.job_matrix import PLATFORMS, jobs
from ..variants.effects import Effect
from ..variants.known_properties import machines_of
from .output import emit_json, table
from .provider_check import installed

if TYPE_CHECKING:
    from .output import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "matrix",
        help="show the variants that pyproject.toml declares",
        description="Shows the variants that pyproject.toml declares, and checks the declaration.",
    )
    parser.add_argument(
        "project", nargs="?", type=Path, default=Path(), help="the project's folder; default: here"
    )
    parser.add_argument(
        "--format",
        choices=("table", "json", "toml", "github"),
        default="table",
        help="output format: `toml` is the equivalent standard `[variant]` table, `github` the "
        "jobs of a workflow's `strategy.matrix`, in one line; default: table",
    )
    parser.add_argument(
        "--json", dest="format", action="store_const", const="json", help="`--format json`"
    )
    parser.add_argument(
        "--check-providers",
        action="store_true",
        help="install the plugins of the providers, each in an environment of its own, and ask "
        "them whether they know the variants' properties; status 1 if one does not",
    )
    parser.add_argument(
        "--installer",
        choices=("pip", "uv"),
        default="pip",
        help="the program that installs the plugins for `--check-providers`; default: pip",
    )
    github = parser.add_argument_group("jobs of a workflow (`--format github`)")
    github.add_argument(
        "--platform",
        choices=tuple(PLATFORMS),
        action="append",
        help="build for this platform; may be repeated (default: `linux-x86_64`, and "
        "`linux-aarch64` if a variant is for it)",
    )
    github.add_argument(
        "--runner",
        metavar="PLATFORM=RUNNER",
        action="append",
        default=[],
        help="build for PLATFORM on RUNNER instead of GitHub's usual runner; may be repeated",
    )
    github.add_argument(
        "--cuda-image",
        metavar="IMAGE",
        default="",
        help="the container image for CUDA on Linux; {cuda} and {machine} stand for the version "
        "and the processor",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the matrix; return 2 if it has mistakes.

    Returns 1 if providers are asked and one of them does not know the variants' properties.
    """
    project = Project.load(args.project)
    config = project.config
    target = project.target()
    checked: list[Checked] = []
    if args.check_providers:
        if args.format not in ("table", "json"):
            raise RequestError(f"--check-providers cannot be used with --format {args.format}")
        checked = check_providers(config, partial(installed, installer=args.installer))
    if args.format == "json":
        answer = as_mapping(config, target)
        if args.check_providers:
            answer["checked-providers"] = [_as_json(item) for item in checked]
        emit_json(answer)
    elif args.format == "toml":
        print(as_toml(config), end="")
    elif args.format == "github":
        print(json.dumps(as_jobs(config, args)))
    else:
        _print_table(config, target)
        _print_checked(checked)
    return 1 if any(item.state == "fails" for item in checked) else 0


def as_mapping(config: Config, target: BuildTarget) -> dict[str, object]:
    """Return the output of ``--format json``; docs/cli.md describes it."""
    metadata = config.seed.as_mapping() if config.seed else {}
    return {
        "flags-scope": config.flags_scope,
        "target": target.machine,
        "default-priorities": metadata.get("default-priorities", {"namespace": []}),
        "providers": metadata.get("providers", {}),
        "variants": [_variant(item, target) for item in config.declared],
    }


def as_toml(config: Config) -> str:
    """Return the standard ``[variant]`` table of the building draft."""
    try:
        import tomli_w
    except ModuleNotFoundError:
        raise RequestError(
            "--format toml needs tomli-w: pip install 'wheelnext-build[cli]'"
        ) from None
    metadata = config.seed.as_mapping() if config.seed else {}
    return tomli_w.dumps({"variant": metadata})


def as_jobs(config: Config, args: argparse.Namespace) -> dict[str, object]:
    """Return a workflow's ``strategy.matrix``; raise RequestError for invalid options."""
    runners = {}
    for text in args.runner:
        platform, equals, runner = text.partition("=")
        if not equals or platform not in PLATFORMS:
            raise RequestError(
                f"--runner {text}: write it as PLATFORM=RUNNER, where PLATFORM is one of "
                f"{', '.join(PLATFORMS)}"
            )
        runners[platform] = runner
    platforms = list(dict.fromkeys(args.platform or _default_platforms(config)))
    found = jobs(config, platforms, runners, args.cuda_image)
    return {"include": [job.as_mapping() for job in found]}


def _default_platforms(config: Config) -> list[str]:
    machines = {machine for item in config.declared for machine in machines_of(item.variant)}
    return ["linux-x86_64", *(["linux-aarch64"] if "aarch64" in machines else [])]


def _variant(item: Declared, target: BuildTarget) -> dict[str, object]:
    reason = item.left_out(target)
    return {
        "label": item.variant.label,
        "properties": {
            namespace: {feature: list(values) for feature, values in features.items()}
            for namespace, features in item.variant.as_mapping().items()
        },
        "declared-in": item.where,
        "when": [str(condition) for condition in item.conditions],
        "builds-here": reason is None,
        "left-out-because": reason,
        "effect": _effect(item.effect),
    }


def _effect(effect: Effect) -> dict[str, object]:
    return {
        "cpu-flags": {dialect: list(flags) for dialect, flags in effect.cpu_flags.items()},
        "flags": {language: list(flags) for language, flags in effect.flags.items()},
        "link-flags": list(effect.link_flags),
        "cuda-architectures": list(effect.cuda_architectures),
        "hip-architectures": list(effect.hip_architectures),
        "rocm-versions": list(effect.rocm_versions),
        "define": dict(effect.define),
        "environment": dict(effect.environment),
        "requires": list(effect.requires),
    }


def _print_table(config: Config, target: BuildTarget) -> None:
    if not config.declared:
        print("pyproject.toml declares no variants.")
        return
    rows = []
    for item in config.declared:
        reason = item.left_out(target)
        properties = "\n".join(map(str, item.variant.properties)) or "(none)"
        rows.append(
            [item.variant.label, properties, _effect_text(item.effect), reason or "built here"]
        )
    table(
        f"{len(rows)} variant{'' if len(rows) == 1 else 's'}, flags for the {config.flags_scope}",
        ["label", "properties", "effect", "on this machine"],
        rows,
    )

    for text in asked_while_building(config):
        print(text)


def _print_checked(checked: list[Checked]) -> None:
    if not checked:
        return
    rows = [
        (item.namespace, item.state, "\n".join([item.text, *map(str, item.problems)]))
        for item in checked
    ]
    table("Providers", ["namespace", "", "answer"], rows)


def _as_json(item: Checked) -> dict[str, object]:
    problems = [
        {"where": problem.where, "what": problem.what, "hint": problem.hint}
        for problem in item.problems
    ]
    return {
        "namespace": item.namespace,
        "state": item.state,
        "text": item.text,
        "problems": problems,
    }


def _effect_text(effect: Effect) -> str:
    parts = [
        " ".join(effect.cpu_flags.get("gnu", ())),
        *(" ".join(flags) for flags in effect.flags.values()),
        " ".join(effect.link_flags),
        "CUDA " + " ".join(effect.cuda_architectures) if effect.cuda_architectures else "",
        "HIP " + " ".join(effect.hip_architectures) if effect.hip_architectures else "",
        "ROCm " + " or ".join(effect.rocm_versions) if effect.rocm_versions else "",
        *(f"-D{name}={value}" for name, value in effect.define.items()),
        *(f"{name}={value}" for name, value in effect.environment.items()),
        *effect.requires,
    ]
    return "\n".join(filter(None, parts))
