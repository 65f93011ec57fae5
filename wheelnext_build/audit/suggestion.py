"""Rules for pyproject.toml that would allow the findings of an audit."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ..errors import escaped
from .verdict import Verdict

_MOST_SYMBOLS = 30
"""With more functions than this, a rule is for the whole file."""


def suggestion(verdicts: Sequence[Verdict]) -> str:
    """Return rules, as TOML, that would allow all errors; a person must fill in the reasons."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for finding in (item for verdict in verdicts for item in verdict.errors if item.path):
        extensions, symbols = found.setdefault(finding.path, (set(), set()))
        extensions |= {finding.extension} - {""}
        symbols |= set(finding.symbols)
    text = []
    for path, (extensions, symbols) in found.items():
        text += ["[[tool.wheelnext-build.audit.allow]]", f"path = {_quoted(path)}"]
        if extensions:
            text.append(f"extensions = {_quoted(sorted(extensions))}")
        named = not any(symbol.startswith(".") for symbol in symbols)
        if symbols and named and len(symbols) <= _MOST_SYMBOLS:
            text.append(f"symbols = {_quoted(sorted(symbols))}")
        text += ['reason = ""  # who asks the processor before this code runs?', ""]
    return "".join(f"{line}\n" for line in text)


def _quoted(content: str | list[str]) -> str:
    """Return TOML for text; unlike JSON, TOML has no escapes for lone surrogates."""
    return escaped(json.dumps(content, ensure_ascii=False))
