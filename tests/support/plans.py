"""Plans made of tables, without a project's folder."""

from __future__ import annotations

import tomllib
from pathlib import Path

from wheelnext_build.building.plan import Plan, make_plan
from wheelnext_build.building.request import Request
from wheelnext_build.config.hook_settings import WheelKind
from wheelnext_build.config.project import Project


def project_of(tables: str) -> Project:
    """Return the project with this pyproject.toml."""
    return Project(Path(), tomllib.loads(tables))


def plan_of(
    tables: str,
    *labels: str,
    settings: dict[str, str | list[str]] | None = None,
    kind: WheelKind = "wheel",
) -> Plan:
    """Return the plan for the variants with these labels, or for all wheels without any."""
    given: dict[str, str | list[str]] = dict(settings or {})
    given |= {"variant-label": list(labels)} if labels else {"variants": "all"}
    return make_plan(Request.parse(given), project_of(tables), kind)
