"""Files and folders that are computed when somebody looks: nothing holds the whole archive.

A folder knows its files, and how to make each folder inside it. Walked depth first, with the name
of a folder ending in a slash, files come in the order of their keys, as the store lists them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b, md5
from typing import NamedTuple

MOVED = datetime(2015, 10, 21, tzinfo=UTC)
"""Files from before carry the date of the move to the object store, whenever they were built."""

_MOVE_HOURS = tuple(f"2015-10-{day:02}T{hour:02}:" for day in range(5, 21) for hour in range(24))
_SECONDS = tuple(f"{minute:02}:{second:02}" for minute in range(60) for second in range(60))
_MULTIPART_BYTES = 16 * 1024 * 1024
_PART_BYTES = 8 * 1024 * 1024


class File(NamedTuple):
    """One file inside its folder. What depends on its whole path is left to `describe`.

    Attributes:
        name: raw, as ``Firefox Setup 53.0b9.exe``.
        size: in bytes; a few per cent more for some paths, unless *exact*.
        hour: in which it was written, as `hour_of` gives it.
        is_build: whether the catalogue should have it.
        is_rival: a build whose record ID another build takes, by the rule of preference.
        body: makes the content, for files that mean something.
    """

    name: str
    size: int
    hour: str
    is_build: bool = False
    is_rival: bool = False
    exact: bool = False
    body: Callable[[], bytes] | None = None


class Facts(NamedTuple):
    """What the store tells of a file; *modified* as ``2018-08-08T09:31:05``, UTC."""

    size: int
    modified: str
    etag: str


class Object(NamedTuple):
    """One file of the archive by its whole path: the truth that tests compare with."""

    path: str
    size: int
    modified: datetime
    etag: str
    is_build: bool
    is_rival: bool


MakeFolder = Callable[[], "Folder"]


@dataclass(frozen=True, slots=True, eq=False)
class Folder:
    """Files, sorted by name, and folders by name (no slash), each made when asked for."""

    files: Sequence[File] = ()
    folders: Mapping[str, MakeFolder] = field(default_factory=dict)

    @classmethod
    def of(
        cls, files: Sequence[File] = (), folders: Mapping[str, MakeFolder] | None = None
    ) -> "Folder":
        """Make a folder of *files* in any order."""
        return cls(tuple(sorted(files, key=lambda file: file.name)), folders or {})

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is in it; the store knows no such folders."""
        return not self.files and not self.folders


def same(folder: Folder) -> MakeFolder:
    """Return what makes a folder that is already there."""
    return lambda: folder


def hour_of(moment: datetime) -> str:
    """Return the hour as the start of a timestamp, or nothing for files that were moved since."""
    return "" if moment < MOVED else moment.strftime("%Y-%m-%dT%H:")


def describe(path: str, file: File) -> Facts:
    """Return what the store tells of the *file* at *path*: always the same."""
    digest = blake2b(path.encode(), digest_size=16).hexdigest()
    number = int(digest[:7], 16)
    hour = file.hour or _MOVE_HOURS[number % len(_MOVE_HOURS)]
    modified = hour + _SECONDS[number % 3600]
    if file.body is not None:
        body = file.body()
        return Facts(len(body), modified, md5(body, usedforsecurity=False).hexdigest())
    size = file.size if file.exact else file.size + file.size * (number & 0xFFF) // 40_000
    if size > _MULTIPART_BYTES and digest[-1] < "2":
        digest = f"{digest}-{size // _PART_BYTES + 1}"
    return Facts(size, modified, digest)


def describe_object(path: str, file: File) -> Object:
    """Return the *file* at *path* with all that is known of it."""
    facts = describe(path, file)
    modified = datetime.fromisoformat(facts.modified).replace(tzinfo=UTC)
    return Object(path, facts.size, modified, facts.etag, file.is_build, file.is_rival)


def walk(folder: Folder, prefix: str = "") -> Iterator[tuple[str, Sequence[File]]]:
    """Yield all files below, in key order, as runs of neighbours: (their folder's path, files)."""
    if not folder.folders:
        if folder.files:
            yield prefix, folder.files
        return
    run: list[File] = []
    for name, child in in_key_order(folder):
        if isinstance(child, File):
            run.append(child)
            continue
        if run:
            yield prefix, tuple(run)
            run.clear()
        inside = child()
        if inside.folders:
            yield from walk(inside, prefix + name)
        elif inside.files:
            # Most folders end here; a generator for each would cost more than their files do.
            yield prefix + name, inside.files
    if run:
        yield prefix, tuple(run)


def in_key_order(folder: Folder) -> list[tuple[str, File | MakeFolder]]:
    """Return files and folders by name, a folder's with a slash, as the store orders their keys."""
    entries: list[tuple[str, File | MakeFolder]] = [(file.name, file) for file in folder.files]
    entries += [(f"{name}/", make) for name, make in folder.folders.items()]
    return sorted(entries, key=lambda entry: entry[0])


def find(folder: Folder, path: str) -> Folder | File | None:
    """Return what *path* names below *folder*; it ends in a slash for a folder."""
    *names, last = path.split("/")
    for name in names:
        make = folder.folders.get(name)
        if make is None:
            return None
        folder = make()
    if not last:
        return folder
    return next((file for file in folder.files if file.name == last), None)


def merge(base: Folder, extra: Folder) -> Folder:
    """Return a folder with what is in either; where both have a file, *base* knows better."""
    files = {file.name: file for file in (*extra.files, *base.files)}
    folders = {**extra.folders, **base.folders}
    for name in extra.folders.keys() & base.folders.keys():
        folders[name] = partial(_merge_made, base.folders[name], extra.folders[name])
    return Folder.of(tuple(files.values()), folders)


def tree(files: Mapping[str, File]) -> Folder:
    """Return the folder that holds *files* by path."""
    own: list[File] = []
    below: dict[str, dict[str, File]] = {}
    for path, file in files.items():
        name, slash, rest = path.partition("/")
        if slash:
            below.setdefault(name, {})[rest] = file
        else:
            own.append(file)
    return Folder.of(own, {name: partial(tree, inside) for name, inside in below.items()})


def _merge_made(base: MakeFolder, extra: MakeFolder) -> Folder:
    return merge(base(), extra())
