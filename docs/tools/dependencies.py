"""Check the licences and known vulnerabilities of the distributions that this project installs.

Run in an environment with wheelnext-build, its extras and pip-audit: nox -s dependencies.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOTS = ("wheelnext-build[audit,cli,fast]", "cmake", "ninja")
"""The package with all extras, and the hooks' requirements beyond build-system.requires."""

ALLOWED = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD", "ISC", "MIT", "PSF-2.0"),
    *("Python-2.0", "Unlicense", "Zlib", "MPL-2.0"),  # MPL: its files are not changed here
}

# Words in metadata without License-Expression.
_OLDER = {
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd license": "BSD",
    "bsd 3-clause": "BSD-3-Clause",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
}

_UNREACHABLE = re.compile(
    r"ConnectionError|ConnectTimeout|NameResolutionError|Failed to (connect|establish)|"
    r"Could not connect|Max retries exceeded|ProxyError|Tunnel connection failed"
)


def main() -> int:
    """Check both and return the exit status."""
    found = {item.metadata["Name"]: item for item in _installed()}
    refused = [line for _, item in sorted(found.items()) if (line := refusal(item))]
    for line in refused:
        print(f"licence not allowed: {line}")
    if not refused:
        print(f"licences: all {len(found)} distributions have one of {', '.join(sorted(ALLOWED))}")
    ours = "wheelnext-build"
    pins = [f"{name}=={item.version}" for name, item in sorted(found.items()) if name != ours]
    return 1 if is_vulnerable(pins) or refused else 0


def _installed() -> Iterator[Distribution]:
    """Return the roots and the distributions that they need here."""
    waiting = [Requirement(text) for text in ROOTS]
    done: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        try:
            found = distribution(requirement.name)
        except PackageNotFoundError:
            raise SystemExit(f"{requirement} is not installed here") from None
        for extra in ("", *requirement.extras):
            if (key := (canonicalize_name(requirement.name), extra)) in done:
                continue
            done.add(key)
            yield found
            for text in found.requires or ():
                needed = Requirement(text)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    waiting.append(needed)


def refusal(item: Distribution) -> str:
    """Return the name, version and licence of a distribution whose licence is refused, or ""."""
    licence = _licence(item)
    choices = [part.split(" AND ") for part in licence.split(" OR ")]
    if any({name.strip("() ") for name in choice} <= ALLOWED for choice in choices):
        return ""
    return f"{item.metadata['Name']} {item.version}: {licence or 'says none'}"


def _licence(item: Distribution) -> str:
    """Return the SPDX expression of the metadata, or the meaning of the older fields."""
    if expression := item.metadata.get("License-Expression"):
        return str(expression)
    texts = [
        text.rpartition(" :: ")[2]
        for text in item.metadata.get_all("Classifier") or ()
        if text.startswith("License :: ") and not text.endswith(":: OSI Approved")
    ]
    texts = texts or [str(item.metadata.get("License") or "").partition("\n")[0]]
    return " AND ".join(_OLDER.get(text.lower(), text) for text in texts)


def is_vulnerable(pins: list[str]) -> bool:
    """Return whether pip-audit finds a vulnerability; asks its two services until one answers."""
    with tempfile.TemporaryDirectory() as folder:
        requirements, answer = Path(folder, "requirements.txt"), Path(folder, "answer.json")
        requirements.write_text("\n".join(pins), encoding="utf-8")
        for service in ("pypi", "osv"):
            command = [sys.executable, "-P", "-m", "pip_audit", "--vulnerability-service", service]
            command += [
                "--disable-pip",
                "--no-deps",
                "--progress-spinner",
                "off",
                "--timeout",
                "10",
            ]
            command += ["--format", "json", "--output", str(answer)]
            ended = subprocess.run(
                [*command, "--requirement", str(requirements)],
                capture_output=True,
                text=True,
                check=False,
            )
            if answer.is_file() and answer.stat().st_size:
                entries = json.loads(answer.read_text(encoding="utf-8"))["dependencies"]
                # A mirror of PyPI may not have this service and then reports nothing.
                if any("skip_reason" not in entry for entry in entries):
                    return _reported(entries, service)
                answer.unlink()
            elif not _UNREACHABLE.search(ended.stderr):
                print(ended.stdout, ended.stderr, sep="\n")
                raise SystemExit(f"pip-audit ended with status {ended.returncode} and no answer")
    print(f"not audited: no vulnerability service can be reached, for {len(pins)} distributions")
    return False


def _reported(entries: list[dict[str, object]], service: str) -> bool:
    faulty = [entry for entry in entries if entry.get("vulns")]
    skipped = [entry for entry in entries if "skip_reason" in entry]
    for entry in faulty:
        vulnerabilities = entry["vulns"]
        assert isinstance(vulnerabilities, list)  # noqa: S101 - pip-audit's format
        names = ", ".join(str(item["id"]) for item in vulnerabilities)
        print(f"vulnerable: {entry['name']} {entry['version']}: {names}")
    for entry in skipped:
        print(f"not audited: {entry['name']}: {entry['skip_reason']}")
    if not faulty:
        print(f"vulnerabilities: none known to {service} in {len(entries) - len(skipped)}")
    return bool(faulty)


if __name__ == "__main__":
    sys.exit(main())
