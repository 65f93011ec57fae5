"""Checks of the names and kinds of a zip archive's members, so that none leaves its folder.

Some file systems do not tell ``A`` from ``a``; some readers take names from an extra field. As in
:mod:`.zip_safety`, an archive is refused if two readers could take a name for different files. Each
function returns a description of the problem, or None if there is none.
"""

from __future__ import annotations

import re
import stat
import unicodedata
import zipfile
from collections.abc import Iterable
from pathlib import PurePosixPath

from ..errors import printable
from . import zip_format
from .zip_safety import MOST_MEMBERS

_LONGEST = 1 << 10
"""Most characters in a name. macOS allows no longer paths; real wheels have up to some 200."""

_DRIVE = re.compile(r"[A-Za-z]:")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

_FORGOTTEN = re.compile(r"[. ]*(:.*)?\Z")
"""The end of a name that Windows drops; a colon begins the name of one of the file's streams."""
_ODD = re.compile(r":|[. ](/|\Z)")


def member_problem(info: zipfile.ZipInfo) -> str | None:
    """Return why a member must not be unpacked, or None if it may be."""
    return _name_problem(info) or _data_problem(info)


def _name_problem(info: zipfile.ZipInfo) -> str | None:
    name = info.filename
    if len(name) > _LONGEST:
        return f"{name[:80]!r}... is a name of {len(name)} characters, over the {_LONGEST} allowed"
    if zip_format.unicode_name(info.extra) not in (None, info.orig_filename):
        return f"{info.orig_filename!r} has another name in its extra field"
    if name != info.orig_filename or printable(name) != name or re.search(r"[\t\n]", name):
        return f"{info.orig_filename!r} has a control character in its name"
    path = PurePosixPath(name)
    outside = path.is_absolute() or ".." in path.parts or not path.parts
    if outside or "\\" in name or _DRIVE.match(name):
        return f"{name!r} would be unpacked outside its folder"
    return None


def _data_problem(info: zipfile.ZipInfo) -> str | None:
    """Return why a member cannot be read, or is not clearly a file or a folder, or None.

    The mode counts for archives from all systems, because some readers use it for all.
    """
    name, is_folder = info.filename, info.filename.endswith("/")
    if info.flag_bits & zip_format.UNREADABLE:
        return f"{name} is encrypted"
    if info.compress_type not in _METHODS:
        return f"{name} is compressed by method {info.compress_type}; wheels are deflated or stored"
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        what = "a symbolic link" if kind == stat.S_IFLNK else "a special file"
        return f"{name} is {what}, and wheels have none"
    if is_folder and info.file_size:
        return f"{name} is a folder with {info.file_size} bytes of its own"
    if not is_folder and kind == stat.S_IFDIR:
        return f"{name} is a file by its name and a folder by its mode"
    return None


def names_problem(names: Iterable[str], *, ignoring_case: bool) -> str | None:
    """Return which names are one file on some systems, or a file and a folder; None if none are.

    ``ignoring_case`` is for wheels of systems whose file systems ignore case; in a dist-info
    folder, case is always ignored.
    """
    files: dict[str, str] = {}
    folders: set[str] = set()
    listed: set[str] = set()
    for name in names:
        path = PurePosixPath(name)
        key = _key(path, ignoring_case)
        if name.endswith("/"):
            if key in listed:
                return f"{path} is listed twice"
            listed.add(key)
            folders.add(key)
        elif key in files:
            if files[key] == str(path):
                return f"{path} is listed twice"
            both = f"{files[key]} and {path}"
            return f"{both} are one file where case or accents do not count, or on Windows"
        else:
            files[key] = str(path)
        for folder in path.parents:
            key = _key(folder, ignoring_case)
            if key in folders:
                break  # its parents are known, too
            folders.add(key)
        if len(folders) > MOST_MEMBERS:
            return f"has more than {MOST_MEMBERS} folders"
    twice = sorted(files.keys() & folders)
    return f"{files[twice[0]]} is a file and a folder in it" if twice else None


def _key(path: PurePosixPath, ignoring_case: bool) -> str:
    """Return a key that is equal for paths that some system takes for the same."""
    text = str(path)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if ignoring_case and _ODD.search(text):
        text = "/".join(_FORGOTTEN.sub("", part) for part in text.split("/"))
    is_metadata = bool(path.parts) and path.parts[0].lower().endswith(".dist-info")
    return text.casefold() if ignoring_case or is_metadata else text
