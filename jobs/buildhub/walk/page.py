"""What a walk keeps of a folder's page, and how it is stored."""

import zlib
from dataclasses import dataclass, field
from typing import Self

import orjson

from buildhub.archive.listing import ListedFile, Listing

_METADATA_ENDINGS = (".json", ".txt")


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file as its folder's page shows it; equal to itself while the page shows the same.

    Attributes:
        modified: seconds since 1970.
        size_text: the size as shown: rounded as ``53M``, or in bytes.
    """

    modified: float
    size_text: str

    @classmethod
    def of(cls, file: ListedFile) -> Self:
        """Return how a page shows *file*."""
        return cls(file.modified.timestamp(), file.rounded or str(file.size))


@dataclass(frozen=True, slots=True)
class AcknowledgedBuild:
    """A build whose record the server has acknowledged.

    Attributes:
        file: as the page showed it then.
        size: exact, in bytes.
        has_full_metadata: its metadata was found, in a form that contains everything.
    """

    file: PageFile
    size: int
    has_full_metadata: bool


@dataclass(slots=True)
class FolderPage:
    """The parts of a folder's page that later walks need.

    Attributes:
        folders: names of all folders in it, each with a slash at its end.
        metadata: names of files that may be metadata.
        newest: when its youngest file was written, in seconds since 1970; 0 without files.
        builds: those that the server has acknowledged, by name.
    """

    folders: tuple[str, ...]
    metadata: frozenset[str]
    newest: float
    builds: dict[str, AcknowledgedBuild] = field(default_factory=dict)

    @property
    def has_full_metadata(self) -> bool:
        """Whether every build is."""
        return all(build.has_full_metadata for build in self.builds.values())

    @property
    def newest_undescribed(self) -> float:
        """When the youngest build without full metadata was written; 0 without one."""
        undescribed = (each for each in self.builds.values() if not each.has_full_metadata)
        return max((each.file.modified for each in undescribed), default=0.0)

    def without_builds(self) -> "FolderPage":
        """Return what the search for metadata needs, which is small."""
        return FolderPage(self.folders, self.metadata, self.newest)


def summarize(listing: Listing) -> FolderPage:
    """Return the page of a listing, none of its builds acknowledged yet."""
    return FolderPage(
        listing.folders,
        frozenset(file.name for file in listing.files if file.name.endswith(_METADATA_ENDINGS)),
        max((file.modified.timestamp() for file in listing.files), default=0.0),
    )


def pack(page: FolderPage) -> bytes:
    """Return a page as it is stored, compressed: a full walk keeps a million of them."""
    builds = {
        name: (build.file.modified, build.file.size_text, build.size, build.has_full_metadata)
        for name, build in page.builds.items()
    }
    document = (page.folders, sorted(page.metadata), page.newest, builds)
    return zlib.compress(orjson.dumps(document), 1)


def unpack(packed: bytes) -> FolderPage:
    """Return the page that :func:`pack` was given."""
    folders, metadata, newest, stored = orjson.loads(zlib.decompress(packed))
    builds = {
        name: AcknowledgedBuild(PageFile(modified, size_text), size, has_full_metadata)
        for name, (modified, size_text, size, has_full_metadata) in stored.items()
    }
    return FolderPage(tuple(folders), frozenset(metadata), newest, builds)
