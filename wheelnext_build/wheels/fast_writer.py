"""scikit-build-core's WheelWriter above an archive of ours.

What a wheel holds, in which order, with what names, times and modes, is scikit-build-core's
decision still. The parts of it that are used here are private: :mod:`.packing` uses this module
only with versions whose parts are known.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self, cast

from scikit_build_core._reproducible import normalize_file_permissions
from scikit_build_core.build._wheelfile import WheelWriter

from .archive import Archive
from .record import record_hash, record_text


@dataclass(frozen=True)
class Packing:
    """How a wheel is packed.

    ``on_begin`` is called when all is built and packing begins; ``threads`` compress, by default
    one for each core.
    """

    on_begin: Callable[[], None] | None = None
    threads: int | None = None


class FastWheelWriter(WheelWriter):
    """Streams files into the wheel, and has hashed them when RECORD is to be written."""

    packing: ClassVar[Packing] = Packing()
    _archive: Archive

    def __enter__(self) -> Self:
        if self.packing.on_begin is not None:
            self.packing.on_begin()
        self.wheelpath.parent.mkdir(parents=True, exist_ok=True)
        self._archive = Archive(self.wheelpath, self.packing.threads)
        self._zipfile = cast("zipfile.ZipFile", self._archive)
        return self

    def __exit__(self, *args: object) -> None:
        finished = False
        try:
            if args[0] is None:
                self.writestr(f"{self.dist_info}/RECORD", self._record())
                self._archive.close()
                finished = True
        finally:
            if not finished:
                self._archive.abort()
            self._zipfile = None

    def dist_info_contents(self) -> dict[str, bytes]:
        contents = super().dist_info_contents()
        if self._dates_are_fixed and self.metadata_dir is not None:
            # Licences and the like come as their folders list them, behind what is always there:
            # the files of a folder, then those of the folders in it.
            added = (Path(name) for name in contents if (self.metadata_dir / name).is_file())
            for path in sorted(added, key=lambda path: (path.parent.parts, path.name)):
                contents[str(path)] = contents.pop(str(path))
        return contents

    @property
    def _dates_are_fixed(self) -> bool:
        """Whether the wheel shall not depend on the umask and on the order of files, either."""
        return self.reproducible or bool(os.environ.get("SOURCE_DATE_EPOCH"))

    def write(self, filename: str, arcname: str | None = None) -> None:
        with Path(filename).open("rb") as source:
            status = os.fstat(source.fileno())
            info = zipfile.ZipInfo(
                (arcname or filename).replace("\\", "/"), self.timestamp(status.st_mtime)
            )
            info.compress_type = zipfile.ZIP_DEFLATED
            mode = status.st_mode
            if self._dates_are_fixed:
                mode = normalize_file_permissions(mode)
            info.external_attr = (stat.S_IMODE(mode) | stat.S_IFMT(status.st_mode)) << 16
            self._archive.write(info, source, status.st_size)

    def _record(self) -> bytes:
        rows = [
            [member.name, record_hash(member.sha256), str(member.size)]
            for member in self._archive.written()
        ]
        return record_text([*rows, [f"{self.dist_info}/RECORD", "", ""]]).encode()
