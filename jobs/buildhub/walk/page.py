"""What a walk keeps of a folder's page, and how it is stored."""

import zlib
from dataclasses import dataclass, field

import orjson

from buildhub.archive.listing import ListedFile, Listing

_METADATA_ENDINGS = (".json", ".txt")


@dataclass(frozen=True, slots=True)
class PageFile:
    """A build as its folder's page tells of it.

    Attributes:
        modified: seconds since 1970.
        told: the size in the page's words, ``53M`` or bytes.
    """

    modified: float
    told: str


@dataclass(frozen=True, slots=True)
class Known:
    """A build whose record the server has acknowledged.

    Attributes:
        file: what the page told of it then.
        size: exact, in bytes.
        has_full_metadata: metadata was found for it, in a form that tells all.
    """

    file: PageFile
    size: int
    has_full_metadata: bool


@dataclass(slots=True)
class Page:
    """A folder: what matters of it.

    Attributes:
        folders: names of all folders in it, each with a slash at its end.
        metadata: names of files that may tell about builds.
        newest: when its youngest file was written, in seconds since 1970; 0 without files.
        builds: by name, those that the server has acknowledged.
    """

    folders: tuple[str, ...]
    metadata: frozenset[str]
    newest: float
    builds: dict[str, Known] = field(default_factory=dict)

    @property
    def has_full_metadata(self) -> bool:
        """Tell whether every build is."""
        return all(build.has_full_metadata for build in self.builds.values())

    def without_builds(self) -> "Page":
        """Return the page as those need it who look for metadata: it is small then."""
        return Page(self.folders, self.metadata, self.newest)


def told_of(file: ListedFile) -> PageFile:
    """Return what a page tells of a file, to be held against what it told another time."""
    return PageFile(file.modified.timestamp(), file.rounded or str(file.size))


def summarize(listing: Listing) -> Page:
    """Return the page of a listing, none of its builds acknowledged yet."""
    return Page(
        listing.folders,
        frozenset(file.name for file in listing.files if file.name.endswith(_METADATA_ENDINGS)),
        max((file.modified.timestamp() for file in listing.files), default=0.0),
    )


def pack(page: Page) -> bytes:
    """Return a page as it is stored: a full walk keeps a million of them."""
    builds = {
        name: (known.file.modified, known.file.told, known.size, known.has_full_metadata)
        for name, known in page.builds.items()
    }
    document = (page.folders, sorted(page.metadata), page.newest, builds)
    return zlib.compress(orjson.dumps(document), 1)


def unpack(packed: bytes) -> Page:
    """Return what :func:`pack` was given."""
    folders, metadata, newest, builds = orjson.loads(zlib.decompress(packed))
    known = {
        name: Known(PageFile(modified, told), size, has_full_metadata)
        for name, (modified, told, size, has_full_metadata) in builds.items()
    }
    return Page(tuple(folders), frozenset(metadata), newest, known)
