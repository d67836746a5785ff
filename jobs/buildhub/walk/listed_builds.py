"""The builds that a folder's page names, and what is known of their files."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple, Self

from buildhub.archive.listing import ListedFile, Listing
from buildhub.counts.read import ReadCounts
from buildhub.records.derive import Derived
from buildhub.rules.build_file import BuildFile
from buildhub.rules.entry import Entry
from buildhub.rules.paths import Build, parse_path
from buildhub.walk.page import AcknowledgedBuild, PageFile


class ListedBuild(NamedTuple):
    """A build that a page names.

    Attributes:
        name: of its file.
        file: as the page shows it.
        size: exact, in bytes; None where it has to be fetched.
        rounded: the size as the page shows it, where that is not exact.
        md5, expires: of the file, where they are known.
    """

    build: Build
    name: str
    file: PageFile
    size: int | None
    rounded: str | None = None
    md5: str | None = None
    expires: datetime | None = None

    @classmethod
    def of(cls, build: Build, file: ListedFile) -> Self:
        """Return the build of a file on a page."""
        shown = PageFile.of(file)
        return cls(build, file.name, shown, file.size, file.rounded, file.md5, file.expires)

    def with_size(self, size: int | None) -> BuildFile:
        """Return the build and its file, of *size* bytes."""
        modified = datetime.fromtimestamp(self.file.modified, UTC)
        entry = Entry(self.build.path, size, modified, md5=self.md5, expires=self.expires)
        return BuildFile(self.build, entry)


def iter_listed(folder: str, listing: Listing, read_counts: ReadCounts) -> Iterator[ListedBuild]:
    """Yield the builds on a folder's page; count its files, and those that are not builds."""
    read_counts.rows += len(listing.files)
    for file in listing.files:
        build = parse_path(folder + file.name)
        if isinstance(build, Build):
            yield ListedBuild.of(build, file)
        else:
            read_counts.skipped[build.reason.value] += 1


def iter_acknowledged(
    folder: str, acknowledged: Mapping[str, AcknowledgedBuild]
) -> Iterator[ListedBuild]:
    """Yield the builds of a page that has not changed since they were acknowledged."""
    for name, known in acknowledged.items():
        build = parse_path(folder + name)
        if isinstance(build, Build):
            yield ListedBuild(build, name, known.file, known.size)


def to_acknowledge(
    listed: list[ListedBuild],
    files: list[BuildFile],
    derived: list[Derived],
    *,
    is_settled: bool,
) -> dict[str, AcknowledgedBuild]:
    """Return, by name, what to keep of the *listed* builds when the server has their records.

    Args:
        files: those whose size is known.
        derived: those that have a record.
        is_settled: whatever has a size and no record was left out on purpose, for want of a
            build ID.
    """
    described = {each.build.path: each.has_full_metadata for each in derived}
    sizes = {each.entry.path: each.entry.size for each in files}
    builds = {}
    for each in listed:
        path = each.build.path
        size = sizes.get(path)
        if size is not None and (path in described or is_settled):
            builds[each.name] = AcknowledgedBuild(each.file, size, described.get(path, False))
    return builds
