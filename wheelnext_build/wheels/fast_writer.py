"""scikit-build-core's WheelWriter with our own archive.

scikit-build-core still decides which files a wheel has, in which order, and with what names, times
and modes. This module uses private parts of it, so :mod:`.packing` loads it only for versions of
scikit-build-core that it knows.
"""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path
from typing import ClassVar, Self, cast

from scikit_build_core._reproducible import normalize_file_permissions
from scikit_build_core.build._wheelfile import WheelWriter

from .archive import Archive
from .record import record_hash, record_text


class FastWheelWriter(WheelWriter):
    """Stream files into the wheel and hash them on the way, so that RECORD needs no second pass.

    ``threads`` is the number of threads that compress; None stands for one per core.
    """

    threads: ClassVar[int | None] = None
    _archive: Archive

    def __enter__(self) -> Self:
        self.wheelpath.parent.mkdir(parents=True, exist_ok=True)
        self._archive = Archive(self.wheelpath, self.threads)
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
            # scikit-build-core adds licences and the like in the order of the file system. Sort
            # them: the files of a folder first, then those of its folders.
            added = (Path(name) for name in contents if (self.metadata_dir / name).is_file())
            for path in sorted(added, key=lambda path: (path.parent.parts, path.name)):
                contents[str(path)] = contents.pop(str(path))
        return contents

    @property
    def _dates_are_fixed(self) -> bool:
        """Return whether the wheel must be reproducible: independent of umask and file order."""
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
