"""The pages of a simple index: HTML (PEP 503, 592, 658, 714) and JSON (PEP 691, 700).

A project's JSON page is also the cache of the index. Keys that begin with an underscore, which the
format leaves to each index, store what is needed to skip reading an unchanged file again.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from packaging.version import Version

API_VERSION = "1.1"
HTML_PAGE, JSON_PAGE = "index.html", "index.json"
_SOURCE, _VERSION = "_source", "_version"

_SHA256 = re.compile(r"[0-9a-f]{64}")

Stamp = tuple[int, int]
"""A file's size in bytes and its modification time in nanoseconds."""


@dataclass(frozen=True)
class Link:
    """One file on a project's page.

    ``path`` is relative to the page; its last part is the file's name. ``metadata_sha256`` is the
    hash of ``{file}.metadata``, for wheels. ``source`` is the stamp that the source file had when
    it was published. ``yanked`` is the reason for yanking the file; it may be empty.
    """

    path: str
    sha256: str
    size: int
    version: str
    source: Stamp
    requires_python: str | None = None
    metadata_sha256: str | None = None
    yanked: str | None = None

    @property
    def filename(self) -> str:
        return self.path.rpartition("/")[2]

    def as_mapping(self) -> dict[str, object]:
        """Return the file's entry in the JSON page."""
        entry: dict[str, object] = {
            "filename": self.filename,
            "url": quote(self.path),
            "hashes": {"sha256": self.sha256},
            "size": self.size,
            _VERSION: self.version,
            _SOURCE: list(self.source),
        }
        if self.requires_python is not None:
            entry["requires-python"] = self.requires_python
        if self.metadata_sha256 is not None:
            entry["core-metadata"] = {"sha256": self.metadata_sha256}
            entry["dist-info-metadata"] = {"sha256": self.metadata_sha256}
        if self.yanked is not None:
            entry["yanked"] = self.yanked or True
        return entry

    def as_html(self) -> str:
        """Return the file's line in the HTML page."""
        attributes = {"href": f"{quote(self.path)}#sha256={self.sha256}"}
        if self.requires_python is not None:
            attributes["data-requires-python"] = self.requires_python
        if self.metadata_sha256 is not None:
            attributes["data-core-metadata"] = f"sha256={self.metadata_sha256}"
            attributes["data-dist-info-metadata"] = f"sha256={self.metadata_sha256}"
        if self.yanked is not None:
            attributes["data-yanked"] = self.yanked
        text = " ".join(f'{name}="{html.escape(value)}"' for name, value in attributes.items())
        return f"<a {text}>{html.escape(self.filename)}</a><br>"


def project_pages(project: str, links: Iterable[Link]) -> dict[str, bytes]:
    """Return the pages of one project, file name -> content; ``links`` may be in any order."""
    ordered = sorted(links, key=lambda link: (Version(link.version), link.filename))
    content = {
        "meta": {"api-version": API_VERSION},
        "name": project,
        "versions": list(dict.fromkeys(link.version for link in ordered)),
        "files": [link.as_mapping() for link in ordered],
    }
    lines = [f"<h1>Links for {html.escape(project)}</h1>", *(link.as_html() for link in ordered)]
    return {JSON_PAGE: _json(content), HTML_PAGE: _html(f"Links for {project}", lines)}


def root_pages(projects: Sequence[str]) -> dict[str, bytes]:
    """Return the pages that list all projects, given by their canonical names."""
    content = {
        "meta": {"api-version": API_VERSION},
        "projects": [{"name": project} for project in projects],
    }
    lines = [f'<a href="{name}/">{name}</a><br>' for name in map(html.escape, projects)]
    return {JSON_PAGE: _json(content), HTML_PAGE: _html("Simple index", lines)}


def read_links(page: Path) -> dict[str, Link]:
    """Read a project's JSON page as file name -> link.

    Entries that are invalid, or that this program did not write, are left out: the page is only a
    cache, and everything in it can be read from the files again.
    """
    try:
        content = json.loads(page.read_bytes())
        entries = content["files"]
        links = [link for link in map(_link, entries) if link]
    except (FileNotFoundError, ValueError, TypeError, KeyError, RecursionError):
        return {}
    return {link.filename: link for link in links}


def _link(entry: Mapping[str, object]) -> Link | None:
    match entry:
        case {
            "filename": str(filename),
            "url": str(url),
            "hashes": {"sha256": str(sha256)},
            "size": int(size),
            "_version": str(version),
            "_source": [int(source_size), int(source_time)],
        } if unquote(url).rpartition("/")[2] == filename:
            metadata, python = entry.get("core-metadata"), entry.get("requires-python")
            digest = metadata.get("sha256") if isinstance(metadata, dict) else None
            try:
                Version(version)
                f"{url}{python}".encode()
            except ValueError:
                return None
            if not all(map(_SHA256.fullmatch, (sha256, digest or sha256))):
                return None
            return Link(
                path=unquote(url),
                sha256=sha256,
                size=size,
                version=version,
                source=(source_size, source_time),
                requires_python=python if isinstance(python, str) else None,
                metadata_sha256=digest,
            )
    return None


def _json(content: object) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _html(title: str, lines: Iterable[str]) -> bytes:
    head = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="pypi:repository-version" content="{API_VERSION}">\n'
        f"<title>{html.escape(title)}</title>\n</head>\n<body>\n"
    )
    return (head + "\n".join(lines) + "\n</body>\n</html>\n").encode()
