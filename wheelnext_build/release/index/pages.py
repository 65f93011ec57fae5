"""The pages of a simple index: HTML (PEP 503, 592, 658, 714) and JSON (PEP 691, 700).

A project's JSON page is also the memory of the index: under keys with an underscore, which the
format leaves to whoever runs an index, it keeps what spares reading a file again.
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
"""A file's size in bytes and its time of change in nanoseconds."""


@dataclass(frozen=True)
class Link:
    """One file on a project's page.

    ``path`` leads from the page to the file, whose name is its last part. ``metadata_sha256`` is
    that of ``{file}.metadata``, for wheels. ``source`` is how the file that it was published from
    looked then. ``yanked`` is the reason, perhaps empty, for which it was withdrawn.
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
        """The entry of the JSON page."""
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
        """The line of the HTML page."""
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
    """The pages of one project: file name -> content; ``links`` in any order."""
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
    """The pages that list all projects, by their canonical names."""
    content = {
        "meta": {"api-version": API_VERSION},
        "projects": [{"name": project} for project in projects],
    }
    lines = [f'<a href="{name}/">{name}</a><br>' for name in map(html.escape, projects)]
    return {JSON_PAGE: _json(content), HTML_PAGE: _html("Simple index", lines)}


def read_links(page: Path) -> dict[str, Link]:
    """File name -> link, from a project's JSON page.

    What is missing there, or was not written by this program, is left out: the page only spares
    work, and the files beside it have all that it says.
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
