"""Writing to this machine's disk, with errors that name the file."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from buildhub.errors import DiskFailure


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what goes wrong on the disk into a :class:`DiskFailure` that names *path*."""
    try:
        yield
    except OSError as exc:
        raise DiskFailure(f"{path}: cannot be written ({exc.strerror})") from exc


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
