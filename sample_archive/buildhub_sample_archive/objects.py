"""Files and folders that are computed on demand: nothing holds the whole archive in memory.

A folder has its files, and a function that makes each folder in it. Walked depth first, with a
slash at the end of folder names, files come in the order of their keys, as the store lists them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b, md5
from typing import NamedTuple

MOVED = datetime(2015, 10, 21, tzinfo=UTC)
"""Older files have the date of the move to the object store."""

_MOVE_HOURS = tuple(f"2015-10-{day:02}T{hour:02}:" for day in range(5, 21) for hour in range(24))
_SECONDS = tuple(f"{minute:02}:{second:02}" for minute in range(60) for second in range(60))
_MULTIPART_BYTES = 16 * 1024 * 1024
_PART_BYTES = 8 * 1024 * 1024


class File(NamedTuple):
    """One file in its folder. `describe` adds what depends on the whole path.

    Attributes:
        name: raw, as ``Firefox Setup 53.0b9.exe``.
        size: in bytes; a few per cent more for some paths, unless *exact*.
        hour: when it was written, from `hour_of`.
        is_build: whether the catalogue should have it.
        loses_conflict: whether its record ID goes to another build, by the rules of precedence.
        body: makes the content of files that have a meaning; None for noise.
    """

    name: str
    size: int
    hour: str
    is_build: bool = False
    loses_conflict: bool = False
    exact: bool = False
    body: Callable[[], bytes] | None = None


class ObjectAttributes(NamedTuple):
    """What the store knows about a file; *modified* as ``2018-08-08T09:31:05``, UTC."""

    size: int
    modified: str
    etag: str


class Object(NamedTuple):
    """One file of the archive by its whole path, for tests to compare with."""

    path: str
    size: int
    modified: datetime
    etag: str
    is_build: bool
    loses_conflict: bool


MakeFolder = Callable[[], "Folder"]


@dataclass(frozen=True, slots=True, eq=False)
class Folder:
    """Files, sorted by name, and functions that make the folders, by name without a slash."""

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
        """Return whether it has no content; the store has no empty folders."""
        return not self.files and not self.folders


def same(folder: Folder) -> MakeFolder:
    """Return a function that returns *folder*."""
    return lambda: folder


def hour_of(moment: datetime) -> str:
    """Return the hour as the start of a timestamp, or "" for files that were moved."""
    return "" if moment < MOVED else moment.strftime("%Y-%m-%dT%H:")


def describe(path: str, file: File) -> ObjectAttributes:
    """Return the attributes of the *file* at *path*, the same on every call."""
    digest = blake2b(path.encode(), digest_size=16).hexdigest()
    number = int(digest[:7], 16)
    hour = file.hour or _MOVE_HOURS[number % len(_MOVE_HOURS)]
    modified = hour + _SECONDS[number % 3600]
    if file.body is not None:
        body = file.body()
        return ObjectAttributes(len(body), modified, md5(body, usedforsecurity=False).hexdigest())
    size = file.size if file.exact else file.size + file.size * (number & 0xFFF) // 40_000
    if size > _MULTIPART_BYTES and digest[-1] < "2":
        digest = f"{digest}-{size // _PART_BYTES + 1}"
    return ObjectAttributes(size, modified, digest)


def describe_object(path: str, file: File) -> Object:
    """Return the *file* at *path* with all its attributes."""
    attributes = describe(path, file)
    modified = datetime.fromisoformat(attributes.modified).replace(tzinfo=UTC)
    return Object(
        path, attributes.size, modified, attributes.etag, file.is_build, file.loses_conflict
    )


def walk(folder: Folder, prefix: str = "") -> Iterator[tuple[str, Sequence[File]]]:
    """Yield all files below *folder* in key order, grouped by folder: (folder path, files)."""
    if not folder.folders:
        if folder.files:
            yield prefix, folder.files
        return
    group: list[File] = []
    for name, child in in_key_order(folder):
        if isinstance(child, File):
            group.append(child)
            continue
        if group:
            yield prefix, tuple(group)
            group.clear()
        inside = child()
        if inside.folders:
            yield from walk(inside, prefix + name)
        elif inside.files:
            # Most folders have no folders; a generator for each would cost more than their files.
            yield prefix + name, inside.files
    if group:
        yield prefix, tuple(group)


def in_key_order(folder: Folder) -> list[tuple[str, File | MakeFolder]]:
    """Return files and folders (with a slash) by name, in the store's order of keys."""
    entries: list[tuple[str, File | MakeFolder]] = [(file.name, file) for file in folder.files]
    entries += [(f"{name}/", make) for name, make in folder.folders.items()]
    return sorted(entries, key=lambda entry: entry[0])


def find(folder: Folder, path: str) -> Folder | File | None:
    """Return the file or folder at *path* below *folder*; folders end in a slash."""
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
    """Return a folder with the content of both; if both have a file, that of *base*."""
    files = {file.name: file for file in (*extra.files, *base.files)}
    folders = {**extra.folders, **base.folders}
    for name in extra.folders.keys() & base.folders.keys():
        folders[name] = partial(_merge_made, base.folders[name], extra.folders[name])
    return Folder.of(tuple(files.values()), folders)


def tree(files: Mapping[str, File]) -> Folder:
    """Return a folder with *files*, given by path."""
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
