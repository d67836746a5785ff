"""Writing to this machine's disk, with errors that name the file."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from buildhub.errors import AlreadyRunning, DiskFailure


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what goes wrong on the disk into a :class:`DiskFailure` that names *path*."""
    try:
        yield
    except OSError as exc:
        raise DiskFailure(f"{path}: cannot be written ({exc.strerror})") from exc


def replace_file(path: Path, content: bytes) -> None:
    """Write a file, all at once: who reads it meanwhile gets the old one.

    It is for its owner alone.

    Raises:
        DiskFailure: it cannot be written; what was there stays.
    """
    new = path.with_name(f".{path.name}.new")
    with writing(path):
        new.unlink(missing_ok=True)
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(file, "wb") as stream:
            stream.write(content)
        new.replace(path)


@contextmanager
def locked(file: IO[Any], holder: str) -> Iterator[None]:
    """Hold the lock of an open file; the kernel releases it however this process ends.

    Args:
        holder: who else may have it, for the message.

    Raises:
        AlreadyRunning: another process has it.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        raise AlreadyRunning(f"{holder} is running") from exc
    yield


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield an empty folder that goes with the context; ``TMPDIR`` says where.

    Raises:
        DiskFailure: it cannot be made.
    """
    with writing(Path(tempfile.gettempdir())):
        folder = tempfile.TemporaryDirectory(prefix="buildhub-", ignore_cleanup_errors=True)
    with folder:
        yield Path(folder.name)
