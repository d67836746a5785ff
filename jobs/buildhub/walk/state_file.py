"""Opening the state of walks: one file for each archive and collection, one walk at a time."""

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TextIO

import structlog

from buildhub.errors import ConfigError
from buildhub.settings import Settings
from buildhub.sqlite_file import IN_MEMORY, DatabaseFailure
from buildhub.temporary_files import locked, temporary_folder
from buildhub.walk.state import WalkState, is_outdated

log = structlog.get_logger(__name__)


def state_path(settings: Settings) -> Path:
    """Return the file for walks from this archive to this collection.

    What one server has acknowledged says nothing about another.
    """
    target = "\n".join(
        (settings.archive_url, settings.server_url, settings.bucket_id, settings.collection_id)
    )
    digest = hashlib.blake2b(target.encode(), digest_size=6).hexdigest()
    return settings.data_folder / "walk" / f"{digest}.sqlite"


@contextmanager
def open_state(settings: Settings) -> Iterator[WalkState]:
    """Open the state for a walk, which no other walk can then do.

    Raises:
        ConfigError: the data folder cannot be written, or the file is damaged.
        AlreadyRunning: another walk of the same archive to the same collection is running.
    """
    path = state_path(settings)
    with _locked(path):
        try:
            if is_outdated(path):
                log.warning("walk_state_from_other_version", path=str(path), walk="full")
                _remove(path)
            state = WalkState(path)
        except DatabaseFailure as exc:
            raise ConfigError(f"state of the walk: {exc}") from exc
        with closing(state):
            yield state


@contextmanager
def forgotten_state() -> Iterator[WalkState]:
    """Open an empty state, on disk, that is deleted with the context."""
    with temporary_folder() as folder, closing(WalkState(folder / "walk.sqlite")) as state:
        yield state


@contextmanager
def open_state_to_read(settings: Settings) -> Iterator[WalkState]:
    """Open what walks remember, also while one is running.

    The state is empty where there is no file, or none that can be read.
    """
    path = state_path(settings)
    with closing(_open_to_read(path)) as state:
        yield state


def _open_to_read(path: Path) -> WalkState:
    try:
        if not is_outdated(path):
            state = WalkState(path, reads_only=True)
            state.is_empty()
            return state
        log.warning("walk_state_from_other_version", path=str(path))
    except DatabaseFailure as exc:
        if path.exists():
            log.warning("walk_state_unreadable", path=str(path), error=str(exc))
    return WalkState(IN_MEMORY)


def _remove(path: Path) -> None:
    """Remove a database, with the files that SQLite keeps beside it."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with _open_lock(path) as lock, locked(lock, f"{path}: another walk to this collection"):
        yield


def _open_lock(path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.with_suffix(".lock").open("w")
    except OSError as exc:
        raise ConfigError(f"data folder {path.parent}: cannot be written ({exc.strerror})") from exc
