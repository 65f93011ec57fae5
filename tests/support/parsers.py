"""Each parser as a check: its input is read, or refused by an error of this project's own."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from hostile_wheels import INFO, SOUND, written
from tiny_wheels import x86_64_metadata
from zips import NAME as PLAIN

from wheelnext_build.audit.promise import promise_of
from wheelnext_build.building.trees.ninja_state import read_deps, read_log
from wheelnext_build.errors import (
    GrammarError,
    MetadataError,
    ReleaseError,
    RequestError,
    WheelError,
    WheelnextBuildError,
)
from wheelnext_build.host.host import Host
from wheelnext_build.release.check import Expected, check
from wheelnext_build.release.choices import choices, preference
from wheelnext_build.release.index.dist_files import read_facts
from wheelnext_build.release.index.pages import project_pages, read_links
from wheelnext_build.release.index.variants_json import read_variants_json
from wheelnext_build.system.publishing import atomic_file
from wheelnext_build.system.text import parse_size
from wheelnext_build.variants.markers import VariantRequirement
from wheelnext_build.variants.merging import merge_metadata
from wheelnext_build.variants.metadata import VariantMetadata
from wheelnext_build.variants.variant import Property, Variant, is_label
from wheelnext_build.wheels.dependencies import Changes
from wheelnext_build.wheels.description import check_record, checked_variant_of, record_problems
from wheelnext_build.wheels.name import WheelName
from wheelnext_build.wheels.reader import WheelReader
from wheelnext_build.wheels.rewriting import rewrite

STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@contextlib.contextmanager
def read_or_refused(kind: type[WheelnextBuildError], name: str = "") -> Iterator[None]:
    """Lets errors of a kind pass that say something, with a file's name in it."""
    try:
        yield
    except WheelnextBuildError as error:
        said, found = str(error), error
    else:
        return
    assert isinstance(found, kind), repr(found)
    assert said.strip()
    assert name in said
    assert len(said) < 1 << 20
    assert not STEERING.search(said), said


def file_name(text: str) -> None:
    """A wheel's."""
    with read_or_refused(WheelError):
        name = WheelName.parse(text)
        assert name.filename == text
        assert len(name.tags()) <= 1024
        chosen, _ = choices([name], x86_64_metadata("v3", "v3"))
        assert chosen is not None


def property_or_label(text: str) -> None:
    """PEP 825's."""
    with read_or_refused(GrammarError):
        found = Property.parse(text)
        assert Property.parse(str(found)) == found
    with read_or_refused(GrammarError):
        Variant(text, (Property("x86_64", "level", "v3"),))
        assert is_label(text)


def size(text: str) -> None:
    """As options have them."""
    with contextlib.suppress(ValueError):
        assert parse_size(text) >= 0


def requirement(text: str) -> None:
    """One whose marker may ask for a variant."""
    try:
        found = VariantRequirement.parse(text)
    except GrammarError:
        return
    for variant in (None, Variant("v3", (Property("x86_64", "level", "v3"),))):
        found.for_variant(variant)
    list(found.asked_for())


def dependency(text: str) -> None:
    """As ``label --add-dependency`` has it."""
    with read_or_refused(RequestError):
        Changes(add=(text,), drop=(text,))


def metadata(data: bytes) -> None:
    """What variant.json and variants.json hold."""
    with read_or_refused(MetadataError):
        used(VariantMetadata.from_json(data))


def variants_json(path: Path) -> None:
    """The file beside the wheels of a release."""
    with read_or_refused(MetadataError, path.name):
        used(read_variants_json(path))


def used(metadata: VariantMetadata) -> None:
    """What is accepted can be used: written, ordered, chosen from."""
    assert VariantMetadata.from_json(metadata.to_json()) == metadata
    labels = [variant.label for variant in metadata.variants]
    assert set(preference(metadata)) == set(labels)
    host = Host(x86_64_level="v4", cuda=(12, 8), sm=(9, 0))
    host.rank(metadata)
    for variant in metadata.variants:
        promise_of(WheelName.parse("pkg-1.0-cp312-cp312-linux_x86_64.whl"), variant)
    names = [WheelName.parse("pkg-1.0-cp312-cp312-linux_x86_64.whl")]
    choices([*names, *(names[0].as_variant(label) for label in labels)], metadata)
    with read_or_refused(ReleaseError):
        merge_metadata([("a", metadata), ("b", x86_64_metadata("v3", "v3"))])


def wheel(path: Path) -> None:
    """A wheel, read in each of the ways that commands do."""
    with read_or_refused(WheelError, path.name), WheelReader(path) as reader:
        record_problems(reader)
        checked_variant_of(reader)
        for member in reader.members():
            reader.start(member.name, 8)
        plain = path.with_name(PLAIN)
        with atomic_file(plain) as stream:
            rewrite(reader, stream, drop=frozenset({f"{INFO}/variant.json"}))
        with WheelReader(plain) as rewritten:  # what is accepted is sound again
            check_record(rewritten)
    with read_or_refused(WheelError, path.name):
        read_facts(path)


def core_metadata(folder: Path, data: bytes) -> None:
    """METADATA, in a wheel in this folder."""
    path = written(folder, {**SOUND, f"{INFO}/METADATA": data})
    for changes in (
        Changes(add=("a>=1",)),
        Changes(replace=("numpy>=1",)),
        Changes(drop=("numpy", "scipy")),
    ):
        with read_or_refused(WheelError):
            changes.applied(data)
    with read_or_refused(WheelError):
        read_facts(path)
    (release,), _ = check(folder, Expected())
    assert release.problems


def sdist(path: Path) -> None:
    """An sdist, as an index reads it."""
    with read_or_refused(WheelError, path.name):
        read_facts(path)


def index_page(path: Path) -> None:
    """A project's page of the simple index, which is its memory, too."""
    links = read_links(path)
    project_pages("pkg", links.values())


def ninja_files(folder: Path) -> None:
    """What Ninja remembers of a build folder."""
    for output, found in read_deps(folder).items():
        assert isinstance(output, str)
        assert all(isinstance(path, str) for path in found.paths)
    for output, entry in read_log(folder).items():
        assert entry.line.split("\t")[3] == output
