"""Folders of the archive from a flat listing of its bucket: a unit of many in a few requests."""

import re
from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import dataclass, field

from buildhub.archive.bucket.client import BucketClient
from buildhub.archive.bucket.objects import BucketFile
from buildhub.archive.listing import ListedFile, Listing
from buildhub.rules.walkable_folders import AREAS, below_product, branch_of, may_hold_builds

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?=-)")
_NO_NAMES = frozenset({"", ".", ".."})

# The character behind the slash: what starts with it follows all that is in a folder.
_BEHIND_SLASH = chr(ord("/") + 1)

_CANDIDATES = AREAS[0]


def unit_of(folder: str) -> str | None:
    """Return the prefix that is listed as a whole when *folder* is read; None for itself alone.

    Units are as large as a few pages: the folder of a version, one attempt of its candidates, all
    folders of nightlies of one day. What is above them, or holds several, is a page of its own.
    """
    branch = branch_of(folder)
    if branch is None:
        return None
    names = below_product(folder)
    if names[0] == _CANDIDATES:
        attempt = folder.removeprefix(branch).partition("/")
        return branch + attempt[0] + attempt[1] if attempt[1] else None
    parent, _, name = branch.rstrip("/").rpartition("/")
    day = _DAY.match(name)
    return f"{parent}/{day[0]}" if day else branch


@dataclass(slots=True)
class FolderTree:
    """Folders, put together from the files below a prefix, which come in the order of names.

    Of folders that cannot hold builds only the names are kept.
    """

    files: dict[str, list[ListedFile]] = field(default_factory=dict)
    folders: dict[str, dict[str, None]] = field(default_factory=dict)
    _not_kept: str = field(default="\0", init=False)

    def add(self, files: Iterable[BucketFile]) -> None:
        """Add files."""
        for file in files:
            if file.path.startswith(self._not_kept):
                continue
            folder, _, name = file.path.rpartition("/")
            folder += "/"
            kept = self.files.get(folder)
            if kept is None:
                if not self._add_folder(folder):
                    continue
                kept = self.files[folder]
            if name not in _NO_NAMES:
                kept.append(
                    ListedFile(name, file.size, file.modified, md5=file.md5, expires=file.expires)
                )

    def peek(self, folder: str) -> Listing | None:
        """Return *folder*; None where no file is below it, and where it was taken out."""
        files = self.files.get(folder)
        return None if files is None else Listing(tuple(self.folders[folder]), tuple(files))

    def pop(self, folder: str) -> Listing | None:
        """Return *folder*, and take it out."""
        found = self.peek(folder)
        self.files.pop(folder, None)
        self.folders.pop(folder, None)
        return found

    def _add_folder(self, folder: str) -> bool:
        """Add *folder* to those above it; return whether its files are kept."""
        if folder in self.files:
            return True
        parent, _, name = folder[:-1].rpartition("/")
        if parent and not self._add_folder(f"{parent}/"):
            return False
        # Of two slashes in a row folder pages do not show the second one's folder either.
        if parent and name not in _NO_NAMES:
            self.folders[f"{parent}/"][f"{name}/"] = None
        if name in _NO_NAMES or not may_hold_builds(folder):
            self._not_kept = folder
            return False
        self.files[folder] = []
        self.folders[folder] = {}
        return True


async def list_tree(client: BucketClient, prefix: str) -> FolderTree:
    """Return all folders below *prefix*, in a request for each thousand files.

    Where a page ends in a folder that cannot hold builds, the next one begins behind it.
    """
    tree = FolderTree()
    jump: str | None = None
    async with aclosing(client.iter_pages(prefix)) as pages:
        try:
            page = await anext(pages)
            while True:
                tree.add(page.files)
                jump = _behind(page.files[-1].path) if page.files else None
                page = await pages.asend(jump or "")
        except StopAsyncIteration:
            return tree


async def list_folder(client: BucketClient, folder: str) -> Listing | None:
    """Return one folder, all its pages; None where nothing is below it."""
    folders: list[str] = []
    files: list[ListedFile] = []
    tree = FolderTree({folder: files}, {folder: {}})
    async with aclosing(client.iter_pages(folder, delimiter="/")) as pages:
        async for page in pages:
            tree.add(page.files)
            names = (path[len(folder) :] for path in page.folders)
            folders += [name for name in names if name[:-1] not in _NO_NAMES]
    return Listing(tuple(folders), tuple(files)) if folders or files else None


def _behind(path: str) -> str | None:
    """Return the first name behind the uppermost folder on *path* that cannot hold builds."""
    names = path.split("/")[:-1]
    for depth in range(2, len(names) + 1):
        folder = "/".join(names[:depth]) + "/"
        if not may_hold_builds(folder):
            return folder[:-1] + _BEHIND_SLASH
    return None
