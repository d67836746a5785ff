"""One index on disk: a folder, read by any process and written by one.

::

    current            name of the generation that answers
    g1732251600…/      a generation: Tantivy's files, and ours
      mapping.json     the mapping that it was built from
      position.json    the timestamp up to which it has followed
      ordinals/        see `ordinals`

The position is written after the data that it stands for. A crash between the two leaves an older
position, and following again from there does no harm.
"""

import json
import logging
import os
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tantivy

from kinto_buildhub.search.embedded.panics import panics_raise
from kinto_buildhub.search.embedded.schema import ID, Fields
from kinto_buildhub.search.embedded.term_ordinals import Ordinals
from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.errors import IndexMissing, Unavailable
from kinto_buildhub.search.mapping import Mapping

logger = logging.getLogger(__name__)

# What a writer gathers in memory before it writes a segment.
HEAP_BYTES = 64_000_000


def _version(path: str) -> tuple[int, int, int]:
    """Return what differs after each time that a file was replaced."""
    found = os.stat(path)  # A third of the time that a `Path` takes, in each request.
    return found.st_ino, found.st_mtime_ns, found.st_size


def write_text(path: Path, text: str) -> None:
    """Write a file that nobody ever sees half of."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    beside.write_text(text)
    beside.replace(path)


class Generation:
    """One build of an index.

    Raises:
        IndexMissing: there is none in the folder, or it cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, folder.name
        self._meta = str(folder / "meta.json")
        try:
            body = json.loads((folder / "mapping.json").read_text())
        except (OSError, ValueError) as exc:
            raise IndexMissing(f"There is no search index in {folder}.") from exc
        self.mapping = Mapping(body)
        self.fields = Fields(self.mapping)
        try:
            with panics_raise(IndexMissing, f"The search index in {folder} is damaged."):
                self._index = tantivy.Index.open(str(folder))
                self._index.config_reader("manual", 0)
        except (OSError, ValueError) as exc:
            # Whoever follows builds a new one beside it.
            logger.warning("search_index_damaged", extra={"reason": str(exc)})
            raise IndexMissing(f"The search index in {folder} cannot be read: {exc}") from exc
        if self._index.schema != self.fields.schema:
            raise IndexMissing(f"The search index in {folder} is of an earlier kind.")
        self.fields.register(self._index)
        self.ordinals = Ordinals(folder / "ordinals")
        self._lock = threading.Lock()
        self._state: tuple[int, ...] = ()
        self._searcher: Any = None
        self._writer: Any = None

    @classmethod
    def make(cls, folder: Path, mapping: Mapping) -> "Generation":
        """Create an empty one."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        fields = Fields(mapping)
        tantivy.Index(fields.schema, path=str(folder))
        Ordinals.make(folder / "ordinals", fields.numbered)
        write_text(folder / "position.json", "0")
        write_text(folder / "mapping.json", json.dumps(mapping.body))
        return cls(folder)

    @property
    def position(self) -> int:
        """The timestamp up to which it has followed."""
        try:
            return int((self.folder / "position.json").read_text())
        except (OSError, ValueError):
            return 0

    def state(self) -> tuple[int, ...]:
        """Return what differs after each commit."""
        try:
            return _version(self._meta)
        except OSError as exc:
            raise IndexMissing(f"The search index in {self.folder} is gone.") from exc

    def searcher(self) -> Any:
        """Return a view of the last commit, whoever made it."""
        return self.view()[1]

    def view(self) -> tuple[tuple[int, ...], Any]:
        """Return the last commit's state, and a view of that commit or a later one."""
        with self._lock:
            state = self.state()
            if state != self._state:
                try:
                    with panics_raise(Unavailable, "The search index is damaged."):
                        self._index.reload()
                except (OSError, ValueError) as exc:
                    raise Unavailable(f"The search index cannot be read: {exc}") from exc
                self._searcher = self._index.searcher()
                self._state = state
            return self._state, self._searcher

    def apply(self, changes: Sequence[Change], position: int, *, commit: bool) -> None:
        """Write changes; with *commit* they can be found when this returns.

        Raises:
            Unavailable: the disk does not take them.
        """
        try:
            with panics_raise(
                Unavailable, "The search index cannot be written: the engine failed."
            ):
                self._write(changes)
                if commit:
                    self.ordinals.keep()
                    self._open_writer().commit()
            if commit:
                write_text(self.folder / "position.json", str(position))
        except (OSError, ValueError, Unavailable) as exc:
            self._writer = None  # What it holds half written is not to be committed later.
            if isinstance(exc, Unavailable):
                raise
            raise Unavailable(f"The search index cannot be written: {exc}") from exc

    def _write(self, changes: Sequence[Change]) -> None:
        last = {change.record_id: change for change in changes}
        if not last:
            return
        writer = self._open_writer()
        # Until a commit the writer keeps a kilobyte of each query whose records are to go; so all
        # of them are one.
        gone = tantivy.Query.term_set_query(self.fields.schema, ID, list(last))
        writer.delete_documents_by_query(gone)
        for change in last.values():
            if change.record is not None:
                writer.add_json(
                    self.fields.document(
                        change.record, change.record_id, change.timestamp, self.ordinals
                    )
                )

    def commit(self, position: int) -> None:
        """Make everything that was applied visible."""
        self.apply((), position, commit=True)

    def _open_writer(self) -> Any:
        if self._writer is None:
            self._writer = self._index.writer(HEAP_BYTES, 1)
        return self._writer

    def close(self) -> None:
        """Let go of the files."""
        self._writer = None
        with self._lock:
            # Who was about to ask it, when another took its place, has it read once more.
            self._state, self._searcher = (), None


class IndexFolder:
    """An index with its generations."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._current = str(folder / "current")
        self._lock = threading.Lock()
        self._current_version: tuple[int, ...] | None = None
        self._generation: Generation | None = None

    def current(self) -> Generation:
        """Return the generation that answers.

        Raises:
            IndexMissing: there is none.
        """
        with self._lock:
            # Each request asks this, and reading the file takes longer than looking at it.
            try:
                version = _version(self._current)
            except OSError as exc:
                raise self._missing() from exc
            if self._generation is None or version != self._current_version:
                name = self._current_name()
                if self._generation is None or name != self._generation.name:
                    self._generation = Generation(self.folder / name)
                self._current_version = version
            return self._generation

    def _current_name(self) -> str:
        try:
            return (self.folder / "current").read_text()
        except OSError as exc:
            raise self._missing() from exc

    def _missing(self) -> IndexMissing:
        return IndexMissing(f"There is no search index in {self.folder}.")

    def begin(self, mapping: Mapping) -> Generation:
        """Create a generation beside the one that answers."""
        self._remove_others()
        # No name comes again: another process may still read what once had it.
        return Generation.make(self.folder / f"g{time.time_ns()}", mapping)

    def swap(self, generation: Generation) -> None:
        """Let *generation* answer from now on, and remove the others."""
        write_text(self.folder / "current", generation.folder.name)
        with self._lock:
            if self._generation is not None:
                self._generation.close()
            self._generation, self._current_version = generation, None
        self._remove_others()

    def _remove_others(self) -> None:
        """Remove generations that do not answer: replaced ones, and what a crash left half made."""
        try:
            answering = self._current_name()
        except IndexMissing:
            answering = ""
        for other in self.folder.glob("g*"):
            if other.name != answering:
                shutil.rmtree(other, ignore_errors=True)

    def delete(self) -> None:
        """Remove the index."""
        with self._lock:
            if self._generation is not None:
                self._generation.close()
            self._generation = None
        (self.folder / "current").unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
