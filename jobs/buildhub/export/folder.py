"""Where exports are: whole sets of files, each put in place at once.

A set is made in a folder with a name that begins with a dot, and then renamed; ``latest`` is a link
that is replaced. So readers find all files of a set or none, and whatever ends a run leaves the
last good set.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from buildhub.export.signing import SigningKey
from buildhub.temporary_files import writing

LATEST = "latest"
METADATA = "metadata.json"
SUMS = "SHA256SUMS"

# Above this, waiting for each file takes longer than for all that the disk has not written yet.
_MOST_FLUSHED = 100

_UNFINISHED = ".unfinished-"
_SET = re.compile(r"(?:changes-[0-9]+-)?[0-9]+")


class ExportFolder:
    """A folder of sets.

    Args:
        path: of the folder, which is made if it is not there.

    Errors:
        Every method raises `DiskFailure` where the disk fails.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with writing(path):
            path.mkdir(parents=True, exist_ok=True)
            for each in path.glob(f"{_UNFINISHED}*"):
                shutil.rmtree(each, ignore_errors=True)

    @contextmanager
    def new_set(self) -> Iterator[Path]:
        """Yield an empty folder for a set."""
        folder = self.path / f"{_UNFINISHED}{os.getpid()}"
        with writing(folder):
            folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def put(self, folder: Path, name: str) -> Path:
        """Give a set its name. An equal set of that name is left as it is."""
        target = self.path / name
        with writing(target):
            if not target.exists():
                folder.rename(target)
            elif _sums(folder) != _sums(target):
                # The same records in other formats, or signed by another key.
                old = self.path / f"{_UNFINISHED}old-{os.getpid()}"
                target.rename(old)
                folder.rename(target)
                shutil.rmtree(old)
        return target

    def link_latest(self, target: Path) -> None:
        """Let ``latest`` lead to a set."""
        link = self.path / f"{_UNFINISHED}link-{os.getpid()}"
        with writing(link):
            link.symlink_to(target.name)
            link.replace(self.path / LATEST)

    def find_end(self) -> int | None:
        """Return the timestamp up to which everything is here; None if nothing is."""
        return max(map(_end, self._sets()), default=None)

    def remove_older(self, kept: int) -> list[Path]:
        """Remove all snapshots but the newest, and changes before them; return what was removed."""
        sets = sorted(self._sets(), key=lambda each: (_end(each), each.name.isdecimal()))
        snapshots = [each for each in sets if each.name.isdecimal()]
        removed = sets[: sets.index(snapshots[-kept])] if len(snapshots) > kept else []
        with writing(self.path):
            for each in removed:
                shutil.rmtree(each)
        return removed

    def _sets(self) -> list[Path]:
        return [each for each in self.path.iterdir() if _SET.fullmatch(each.name)]


def _end(path: Path) -> int:
    """Return the timestamp up to which a set goes."""
    return int(path.name.rpartition("-")[2])


def write_sums(folder: Path, key: SigningKey | None, comment: str) -> None:
    """Write the SHA-256 of all files of a set, as ``sha256sum --check`` reads it, and sign it.

    Args:
        comment: in the signature, which covers it.
    """
    text = "".join(f"{sha256(folder / name)}  {name}\n" for name in list_files(folder))
    with writing(folder / SUMS):
        (folder / SUMS).write_text(text)
        if key is not None:
            (folder / f"{SUMS}.minisig").write_bytes(key.sign(text.encode(), comment))
        _flush(folder)


def list_files(folder: Path) -> list[str]:
    """Return the files in a folder and those below it, by their paths in it, in their order."""
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sums(folder: Path) -> list[bytes]:
    names = (SUMS, f"{SUMS}.minisig")
    return [(folder / name).read_bytes() for name in names if (folder / name).exists()]


def _flush(folder: Path) -> None:
    """Have the disk hold all files, before one with a final name leads to them."""
    paths = (*folder.rglob("*"), folder)
    if len(paths) > _MOST_FLUSHED:
        os.sync()
        return
    for each in paths:
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
