from pathlib import Path

from ._core import summed as summed


def runtimes() -> list[str]:
    """The OpenMP runtimes that this process has loaded (on Linux)."""
    mapped = Path("/proc/self/maps").read_text()
    return sorted(name for name in ("libgomp", "libomp") if f"/{name}" in mapped)
