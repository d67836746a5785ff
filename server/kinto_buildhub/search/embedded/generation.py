"""A generation: one build of an index on disk, read by any process and written by one.

::

    g1732251600…/       Tantivy's files, and ours:
      mapping.json      the mapping that it was built from
      position.json     the timestamp up to which it has followed its collection
      damaged           why it has to be rebuilt, written by the process that has noticed
      term_ordinals/    see `term_ordinals`

The position is written after the data that it stands for. A crash between the two leaves an older
position; following again from there does no harm.
"""

import contextlib
import json
import logging
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tantivy

from kinto_buildhub.search.embedded.damage import DamageCheck
from kinto_buildhub.search.embedded.files import file_version, replace_text
from kinto_buildhub.search.embedded.panics import panics_raise
from kinto_buildhub.search.embedded.schema import AT, ID, Fields, ordinal_field
from kinto_buildhub.search.embedded.term_ordinals import MAX_TERMS, TermOrdinals
from kinto_buildhub.search.engine import BEGINNING, Change
from kinto_buildhub.search.errors import IndexDamaged, IndexMissing, Unavailable
from kinto_buildhub.search.mapping import Mapping

logger = logging.getLogger(__name__)

# What a writer gathers in memory before it writes a segment.
HEAP_BYTES = 64_000_000

# The end of the year 9999. Later timestamps cannot be compared with those of records.
MAX_POSITION = 253_402_300_799_999


# The least time between two checks of all files, in seconds.
_CHECK_INTERVAL_SECONDS = 5.0


class Generation:
    """One build of an index.

    Args:
        folder: as `make` made it.
        max_terms: fields with more terms have no term ordinals.

    Raises:
        IndexMissing: the folder has no index, or one that cannot be read.
    """

    def __init__(self, folder: Path, max_terms: int = MAX_TERMS) -> None:
        self.folder, self.name = folder, folder.name
        self._meta = str(folder / "meta.json")
        try:
            self.mapping = Mapping(json.loads((folder / "mapping.json").read_text()))
        except (OSError, ValueError, RecursionError) as exc:
            raise IndexMissing(f"There is no search index in {folder}: {exc}") from exc
        self.fields = Fields(self.mapping)
        try:
            with panics_raise(IndexMissing, f"The search index in {folder} is damaged."):
                self._index = tantivy.Index.open(str(folder))
                self._index.config_reader("manual", 0)
        except (OSError, ValueError) as exc:
            # The follower builds a new one beside it.
            logger.warning("search_index_damaged", extra={"reason": str(exc)})
            raise IndexMissing(f"The search index in {folder} cannot be read: {exc}") from exc
        if self._index.schema != self.fields.schema:
            raise IndexMissing(f"The search index in {folder} is from an earlier version.")
        self.fields.register(self._index)
        self.term_ordinals = TermOrdinals(folder / "term_ordinals", max_terms)
        self.damage: str | None = None
        self._damage_check = DamageCheck(folder, self.mapping)
        self._check_again_at = 0.0
        self._is_suspect = False
        self._lock = threading.Lock()
        self._state: tuple[int, ...] = ()
        self._searcher: Any = None
        self._writer: Any = None

    @classmethod
    def make(cls, folder: Path, mapping: Mapping, max_terms: int = MAX_TERMS) -> "Generation":
        """Create an empty one."""
        shutil.rmtree(folder, ignore_errors=True)
        # Records that not everyone may read are in it, too.
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        fields = Fields(mapping)
        tantivy.Index(fields.schema, path=str(folder))
        TermOrdinals.make(folder / "term_ordinals", fields.with_ordinals)
        replace_text(folder / "position.json", str(BEGINNING))
        replace_text(folder / "mapping.json", json.dumps(mapping.body))
        return cls(folder, max_terms)

    @property
    def position(self) -> int:
        """The timestamp up to which it has followed its collection."""
        try:
            position = int((self.folder / "position.json").read_text())
        except (OSError, ValueError):
            return BEGINNING
        return position if BEGINNING <= position <= MAX_POSITION else BEGINNING

    def check(self, *, again: bool = False) -> None:
        """Check the files that have changed since they were checked; with *again* all of them.

        Raises:
            IndexDamaged: says what is wrong; the index has to be rebuilt.
        """
        if self.damage is None:
            self.damage = self._find_damage(again=again or self._is_suspect)
            self._is_suspect = False
        if self.damage is not None:
            raise IndexDamaged(self.damage)

    def _find_damage(self, *, again: bool) -> str | None:
        marker = self.folder / "damaged"
        if marker.exists():
            return marker.read_text(errors="replace") or "another process has noticed damage"
        try:
            self._damage_check.check(again=again)
            self._check_ordinals()
        except (IndexDamaged, OSError, ValueError) as exc:
            with contextlib.suppress(OSError):  # A folder that is gone has no marker.
                replace_text(marker, str(exc))
            return str(exc)
        return None

    def _check_ordinals(self) -> None:
        """Check that each ordinal in the index has a term."""
        for name in self._damage_check.changed_ordinals():
            request = {"x": {"max": {"field": ordinal_field(name)}}}
            try:
                with panics_raise(IndexDamaged, "the engine cannot read the term ordinals"):
                    highest = self.searcher().aggregate(tantivy.Query.all_query(), request)["x"]
            except Unavailable as exc:
                raise IndexDamaged(str(exc)) from exc
            count = self._damage_check.count_ordinals(name)
            if count is not None and (highest["value"] or 0) >= max(count, 1):
                raise IndexDamaged(f"term_ordinals/{name} lacks ordinal {highest['value']:g}")

    def is_damaged(self) -> bool:
        """Return whether a failure comes from damaged files; checks all of them now and then."""
        now = time.monotonic()
        if self.damage is None and now >= self._check_again_at:
            self._check_again_at = now + _CHECK_INTERVAL_SECONDS
            with contextlib.suppress(IndexDamaged):
                self.check(again=True)
        return self.damage is not None

    def newest(self, up_to: int) -> int:
        """Return the newest timestamp of a record up to *up_to*; `BEGINNING` if there is none."""
        query = tantivy.Query.range_query(
            self.fields.schema, AT, tantivy.FieldType.Integer, BEGINNING, up_to
        )
        found = self.searcher().search(query, limit=1, count=False, order_by_field=AT).hits
        return int(found[0][0]) if found else BEGINNING

    def state(self) -> tuple[int, ...]:
        """Return a value that differs after each commit."""
        try:
            return file_version(self._meta)
        except OSError as exc:
            raise IndexMissing(f"The search index in {self.folder} is gone.") from exc

    def searcher(self) -> Any:
        """Return a searcher of the last commit, whichever process made it."""
        return self.searcher_and_state()[0]

    def searcher_and_state(self) -> tuple[Any, tuple[int, ...]]:
        """Return a searcher, and the state of its commit or of an earlier one."""
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
            return self._searcher, self._state

    def apply(self, changes: Sequence[Change], position: int, *, commit: bool) -> None:
        """Write changes; with *commit* searches find them when this returns.

        Raises:
            Unavailable: the disk does not take them.
        """
        try:
            with panics_raise(
                Unavailable, "The search index cannot be written: the engine failed."
            ):
                self._write(changes)
                if commit:
                    self.term_ordinals.save()
                    self._open_writer().commit()
            if commit:
                replace_text(self.folder / "position.json", str(position))
        except (OSError, ValueError, Unavailable) as exc:
            self._is_suspect = True
            self._writer = None  # It may hold half of the changes; they must not be committed.
            if isinstance(exc, Unavailable):
                raise
            raise Unavailable(f"The search index cannot be written: {exc}") from exc

    def _write(self, changes: Sequence[Change]) -> None:
        last = {change.record_id: change for change in changes}
        if not last:
            return
        writer = self._open_writer()
        # Until a commit the writer keeps a kilobyte for each query that deletes, so there is one.
        writer.delete_documents_by_query(
            tantivy.Query.term_set_query(self.fields.schema, ID, list(last))
        )
        for change in last.values():
            if change.record is not None:
                writer.add_json(
                    self.fields.document(
                        change.record, change.record_id, change.timestamp, self.term_ordinals
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
        """Close the files."""
        self._writer = None
        with self._lock:
            # A request that already has this generation may still ask for a searcher.
            self._state, self._searcher = (), None
