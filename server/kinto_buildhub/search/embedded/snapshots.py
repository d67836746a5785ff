"""Snapshots of an index, for scrolls and points in time: what they read does not change.

::

    snapshots/
      g1732251600…-42/      links to the files of a generation, as they are after a commit
        readers/
          5f0c…             a scroll or a point in time: how long it is kept, and where it is

Tantivy never changes a file, so links are enough, any process can read a snapshot, and it takes no
space before the generation drops a file. Readers of the same commit share one. A reader that has
not been used for as long as it asked for, and a minute, is removed, and a snapshot without readers.
"""

import json
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kinto_buildhub.search.embedded.files import replace_text
from kinto_buildhub.search.embedded.generation import Generation
from kinto_buildhub.search.embedded.term_ordinals import MAX_TERMS
from kinto_buildhub.search.errors import ContextMissing, Unavailable

# Beyond these, what has not been used for the longest time is removed.
MAX_SNAPSHOTS = 20
MAX_READERS = 1000

# A request uses its reader for as long as it takes, and notes that at its end. Elasticsearch looks
# for what has expired once a minute.
GRACE_SECONDS = 60

_READER_ID = re.compile(r"(g\d+-\d+)\.([0-9a-f]{32})")
# A merge may remove a file between looking at the list of files and linking them.
_ATTEMPTS = 5
# Until then, what a process makes or removes may be its work of the moment.
_LEFTOVER_SECONDS = 60


class Snapshots:
    """The snapshots of one index.

    Args:
        folder: it need not be there.
        max_terms: as of the generations.
        clock: of seconds since 1970, as files have them.
    """

    def __init__(
        self,
        folder: Path,
        max_terms: int = MAX_TERMS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder, self._max_terms, self._clock = folder, max_terms, clock
        self._lock = threading.Lock()
        self._opened: dict[str, Generation] = {}

    def open(self, generation: Generation, keep_seconds: float, state: Any = None) -> str:
        """Return the ID of a new reader of what *generation* holds now.

        Args:
            keep_seconds: how long it is kept after each use.
            state: what `state` returns, as JSON.

        Raises:
            Unavailable: the disk does not take it.
        """
        self.tidy()
        try:
            for _ in range(_ATTEMPTS):
                try:
                    name = self._link(generation)
                    readers = self._folder / name / "readers"
                    _drop_oldest(readers, MAX_READERS - 1, Path.unlink)
                    reader_id = f"{name}.{secrets.token_hex(16)}"
                    self._write(reader_id, keep_seconds, state)
                except FileNotFoundError:
                    continue
                _drop_oldest(self._folder, MAX_SNAPSHOTS, _remove)
                return reader_id
        except OSError as exc:
            raise Unavailable(f"The search folder cannot be written: {exc}") from exc
        raise Unavailable("The search index changes too fast to take a snapshot of it.")

    def read(self, reader_id: str) -> Generation:
        """Return the snapshot of a reader.

        Raises:
            ContextMissing: there is no such reader any more.
        """
        name = self._find(reader_id).parent.parent.name
        with self._lock:
            self._forget_removed()
            if name not in self._opened:
                self._opened[name] = Generation(self._folder / name, self._max_terms)
            return self._opened[name]

    def state(self, reader_id: str) -> Any:
        """Return the state of a reader. Raises as `read`."""
        return _content(self._find(reader_id))["state"]

    def keep(self, reader_id: str, keep_seconds: float | None, state: Any = None) -> None:
        """Note that a reader was used, and its state. Raises as `read`.

        Args:
            keep_seconds: None: as before.
        """
        content = _content(self._find(reader_id))
        seconds = content["keep_seconds"] if keep_seconds is None else keep_seconds
        try:
            self._write(reader_id, seconds, state)
        except OSError as exc:
            raise ContextMissing(reader_id) from exc

    def close(self, reader_id: str) -> bool:
        """Remove a reader; return whether there was one."""
        try:
            self._find(reader_id).unlink()
        except (ContextMissing, OSError):
            return False
        self.tidy()
        return True

    def tidy(self) -> None:
        """Remove what is not used any more."""
        for leftover in self._folder.glob(".*"):
            if leftover.stat().st_mtime < self._clock() - _LEFTOVER_SECONDS:
                shutil.rmtree(leftover, ignore_errors=True)
        for snapshot in _entries(self._folder):
            readers = _entries(snapshot / "readers")
            if not any(self._is_kept(reader) for reader in readers):
                _remove(snapshot)
        if self._opened:
            with self._lock:
                self._forget_removed()

    def _forget_removed(self) -> None:
        for name in [each for each in self._opened if not (self._folder / each).exists()]:
            self._opened.pop(name).close()

    def _link(self, generation: Generation) -> str:
        """Make the snapshot of the last commit, if there is none yet, and return its name."""
        meta = (generation.folder / "meta.json").read_text()
        commit = json.loads(meta)
        name = f"{generation.name}-{commit['opstamp']}"
        if (self._folder / name).exists():
            return name
        made = self._folder / f".{secrets.token_hex(8)}"
        (made / "readers").mkdir(mode=0o700, parents=True)
        try:
            for path in _files_of(generation.folder, commit):
                target = made / path.relative_to(generation.folder)
                target.parent.mkdir(mode=0o700, exist_ok=True)
                os.link(path, target)
            (made / "meta.json").write_text(meta)
            # A reader of nobody keeps it until the first one is there.
            (made / "readers" / "new").write_text(_dumped(5, None))
            made.rename(self._folder / name)
        except OSError:
            shutil.rmtree(made, ignore_errors=True)
            if not (self._folder / name).exists():  # Unless another process was faster.
                raise
        return name

    def _find(self, reader_id: str) -> Path:
        found = _READER_ID.fullmatch(reader_id)
        if found is not None:
            path = self._folder / found[1] / "readers" / found[2]
            if self._is_kept(path):
                return path
        raise ContextMissing(reader_id)

    def _write(self, reader_id: str, keep_seconds: float, state: Any) -> None:
        name, _, token = reader_id.partition(".")
        replace_text(self._folder / name / "readers" / token, _dumped(keep_seconds, state))

    def _is_kept(self, reader: Path) -> bool:
        try:
            keep_seconds: float = _content(reader)["keep_seconds"]
            return self._clock() <= reader.stat().st_mtime + keep_seconds + GRACE_SECONDS
        except (OSError, ContextMissing):
            return False


def _dumped(keep_seconds: float, state: Any) -> str:
    return json.dumps({"keep_seconds": keep_seconds, "state": state})


def _content(reader: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(reader.read_text())
    except (OSError, ValueError) as exc:
        raise ContextMissing(reader.name) from exc
    return content


def _files_of(folder: Path, commit: dict[str, Any]) -> Iterator[Path]:
    """Yield the files of a commit, and ours beside them."""
    yield folder / "mapping.json"
    yield from (folder / "term_ordinals").iterdir()
    for segment in commit["segments"]:
        yield from folder.glob(f"{segment['segment_id'].replace('-', '')}.*")


def _entries(folder: Path) -> list[Path]:
    try:
        return [each for each in folder.iterdir() if not each.name.startswith(".")]
    except OSError:
        return []


def _drop_oldest(folder: Path, most: int, remove: Callable[[Path], None]) -> None:
    entries = _entries(folder)
    if len(entries) > most:
        entries.sort(key=_used)
        for entry in entries[: len(entries) - most]:
            remove(entry)


def _used(entry: Path) -> float:
    """Return when a reader, or the last reader of a snapshot, was used."""
    readers = _entries(entry / "readers") if entry.is_dir() else [entry]
    return max((each.stat().st_mtime for each in readers if each.exists()), default=0.0)


def _remove(snapshot: Path) -> None:
    # Renamed first: a folder that is half removed must not be read.
    hidden = snapshot.with_name(f".{secrets.token_hex(8)}")
    try:
        snapshot.rename(hidden)
    except OSError:
        return
    shutil.rmtree(hidden, ignore_errors=True)
