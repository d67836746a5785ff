"""A folder whose files may be read by everyone, and nothing outside of it.

Names that begin with a dot are not there: they are of exports that are being written. Links are
followed, as the newest export is one, but only to what is in the folder.
"""

import io
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# A pipe that nobody writes into would wait for ever.
_OPENING = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK


class NotThere(Exception):
    """There is no such file or folder."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or a folder.

    Attributes:
        size_bytes: 0 for a folder.
        modified_ns: since 1970, in nanoseconds.
    """

    name: str
    is_folder: bool
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class File:
    """An open file.

    Attributes:
        size_bytes, modified_ns: as they were when it was opened.
    """

    content: io.FileIO
    size_bytes: int
    modified_ns: int


class _Content(io.FileIO):
    """A file that is closed in silence where an answer is made and then dropped for another."""

    def __del__(self) -> None:
        self.close()


def find(root: Path, path: str) -> Path:
    """Return where a path leads.

    Args:
        path: relative to *root*, with ``/`` between names.

    Raises:
        NotThere: there is nothing, or it is outside.
    """
    names = [name for name in path.split("/") if name]
    if any(name.startswith(".") for name in names):
        raise NotThere
    try:
        real_root = root.resolve(strict=True)
        found = real_root.joinpath(*names).resolve(strict=True)
    except (
        OSError,
        ValueError,
        RuntimeError,
    ) as exc:  # Also names that no system takes, and loops.
        raise NotThere from exc
    if not found.is_relative_to(real_root):
        raise NotThere
    return found


def open_file(path: Path) -> File:
    """Open a file that was found.

    Raises:
        NotThere: it is no file, it may not be read, or it has gone.
    """
    try:
        content = _Content(path, opener=lambda name, _: os.open(name, _OPENING))
    except OSError as exc:
        raise NotThere from exc
    about = os.fstat(content.fileno())
    if not stat.S_ISREG(about.st_mode):
        content.close()
        raise NotThere
    return File(content, about.st_size, about.st_mtime_ns)


def list_folder(root: Path, path: Path) -> list[Entry]:
    """Return what is in a folder that was found, newest first.

    Raises:
        NotThere: it may not be read, or it has gone.
    """
    try:
        found = list(_iter_entries(_real(root), path))
    except OSError as exc:
        raise NotThere from exc
    return sorted(found, key=lambda each: (-each.modified_ns, each.name))


def _iter_entries(root: Path, path: Path) -> Iterator[Entry]:
    with os.scandir(path) as scan:
        for each in scan:
            if each.name.startswith(".") or not _is_text(each.name):
                continue
            try:
                is_inside = not each.is_symlink() or _real(each.path).is_relative_to(root)
                about = each.stat()
            except OSError:  # It has just gone, or leads to nothing.
                continue
            is_folder = stat.S_ISDIR(about.st_mode)
            if is_inside and (is_folder or stat.S_ISREG(about.st_mode)):
                size = 0 if is_folder else about.st_size
                yield Entry(each.name, is_folder, size, about.st_mtime_ns)


def _real(path: Path | str) -> Path:
    """Return a path without links; raises OSError if there is nothing."""
    return Path(os.path.realpath(path, strict=True))


def _is_text(name: str) -> bool:
    """Return whether a name is UTF-8, which addresses are."""
    return not any("\ud800" <= each <= "\udfff" for each in name)
