"""Wheels of a few hundred bytes, for tests that look at names and metadata."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from wheelnext_build.variants.metadata import VARIANT_JSON, Provider, VariantMetadata
from wheelnext_build.variants.variant import Variant
from wheelnext_build.wheels.name import WheelName

X86_64 = Provider(requires=("x86-64-variant-provider >=0.2",))
NVIDIA = Provider(
    requires=("nvidia-variant-provider >=0.0.1",),
    plugin_api="nvidia_variant_provider.plugin:NvidiaVariantPlugin",
)


def write_wheel(
    folder: Path,
    filename: str,
    metadata: VariantMetadata | None = None,
    files: Mapping[str, bytes] | None = None,
    modules: Mapping[str, bytes] | None = None,
) -> Path:
    """Write a wheel that holds a text with its file name.

    ``metadata`` becomes its variant.json; ``files`` are added to its dist-info, ``modules`` are
    what it has to import.
    """
    name = WheelName.parse(filename)
    info = f"{name.release}.dist-info"
    described = {} if metadata is None else {VARIANT_JSON: metadata.to_json()}
    facts = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name.project}\nVersion: {name.version}\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n",
    }
    members = {f"{name.project}_wheel.txt": filename.encode()}
    members |= modules or {}
    members |= {f"{info}/{key}": text.encode() for key, text in facts.items()}
    members |= {f"{info}/{key}": data for key, data in {**described, **(files or {})}.items()}
    rows = [f"{path},sha256={_digest(data)},{len(data)}\n" for path, data in members.items()]
    members[f"{info}/RECORD"] = "".join([*rows, f"{info}/RECORD,,\n"]).encode()
    with zipfile.ZipFile(folder / filename, "w") as archive:
        for path, data in members.items():
            archive.writestr(path, data)
    return folder / filename


def write_plugin(folder: Path, source: Path, version: str = "1.0") -> Path:
    """Write the wheel of a module; its distribution has the module's name."""
    name = f"{source.stem}-{version}-py3-none-any.whl"
    return write_wheel(folder, name, modules={source.name: source.read_bytes()})


def x86_64_metadata(label: str, *levels: str) -> VariantMetadata:
    """The metadata of one variant for these x86-64 levels."""
    variant = Variant.from_mapping(label, {"x86_64": {"level": levels}} if levels else {})
    return VariantMetadata(("x86_64",), {"x86_64": X86_64}, (variant,))


def write_variant(
    folder: Path, label: str, *levels: str, release: str = "sample-1.0", tag: str = "py3-none-any"
) -> Path:
    """Write the labelled wheel of a variant for these x86-64 levels."""
    return write_wheel(folder, f"{release}-{tag}-{label}.whl", x86_64_metadata(label, *levels))


def write_sdist(folder: Path, release: str, python: str = ">=3.8") -> Path:
    """Write an sdist that nothing can be built of; its metadata is sound."""
    project, _, version = release.partition("-")
    facts = f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n"
    members = {"PKG-INFO": f"{facts}Requires-Python: {python}\n", "pyproject.toml": ""}
    path = folder / f"{release}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(f"{release}/{name}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
