"""The interface of a search engine, which the embedded engine and the cluster's implement."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from kinto_buildhub.search.errors import (
    BadQuery,
    ContextMissing,
    IndexDamaged,
    IndexMissing,
    MappingChanged,
    SearchError,
    TimedOut,
    Unavailable,
)
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.tree import Query, SearchRequest
from kinto_buildhub.search.mapping import Mapping

__all__ = [
    "BEGINNING",
    "BadQuery",
    "Change",
    "ContextMissing",
    "Engine",
    "IndexDamaged",
    "IndexMissing",
    "MappingChanged",
    "Rebuild",
    "SearchError",
    "TimedOut",
    "Unavailable",
]


# The position of a new index: before every timestamp that a record can have, in milliseconds.
# PostgreSQL knows no earlier one; records may have timestamps of 0 and below.
BEGINNING = -210_866_803_200_000


@dataclass(frozen=True, slots=True)
class Change:
    """A record that was written or deleted.

    Attributes:
        record_id: the record's ID.
        timestamp: ``last_modified`` of the record or of its tombstone, in milliseconds.
        record: the whole record as readers see it; None if it was deleted.
    """

    record_id: str
    timestamp: int
    record: dict[str, Any] | None


class Rebuild(Protocol):
    """A new index being filled beside the one that answers."""

    def apply(self, changes: Sequence[Change], position: int) -> None:
        """As :meth:`Engine.apply`, on the new index."""

    def count(self) -> int:
        """Make all applied changes visible, and return the number of records in the new index."""

    def commit(self) -> None:
        """Replace the old index by the new one in one step, and remove the old one."""

    def abort(self) -> None:
        """Remove the new index. Has no effect after :meth:`commit`, or a second time."""


class Engine(Protocol):
    """The indexes of collections. Each method raises `Unavailable` when the engine cannot answer.

    Each index stores its *position* with its data: the timestamp in milliseconds up to which
    (inclusive) it has followed its collection. A new index has position `BEGINNING`.
    """

    name: str

    @property
    def location(self) -> str:
        """The engine and where its indexes are, for people; without passwords."""

    def lead(self) -> bool:
        """Return whether this process is the one that writes; become it if there is none.

        An engine whose writes are idempotent from any number of processes may always return True.
        """

    def state(self, index: IndexId) -> Hashable | None:
        """Return a value that changes whenever an answer may change; None if it is not known."""

    def ensure(self, index: IndexId, mapping: Mapping) -> None:
        """Create the index if it does not exist.

        Raises:
            MappingChanged: it exists, and was built from another mapping.
        """

    def apply(self, index: IndexId, changes: Sequence[Change], position: int) -> None:
        """Apply *changes* and set the position.

        Changes come in the order of their timestamps. After a crash the same ones may come again,
        so applying them is idempotent, and the position is never ahead of the data.

        Raises:
            IndexMissing: the index does not exist.
        """

    def position(self, index: IndexId) -> int | None:
        """Return the index's position; None if the index does not exist."""

    def newest(self, index: IndexId, up_to: int) -> int:
        """Return the newest timestamp of an indexed record that is not above *up_to*.

        It is `BEGINNING` if there is none.

        Raises:
            IndexMissing: the index does not exist.
        """

    def check(self, index: IndexId) -> None:
        """Check that the index holds what was written to it, as far as that is cheap to know.

        Raises:
            IndexDamaged: it does not. The message says what is wrong.
        """

    def refresh(self, index: IndexId) -> None:
        """Make all changes applied before this call visible to searches after it."""

    def search(self, index: IndexId, mapping: Mapping, request: SearchRequest) -> dict[str, Any]:
        """Return the answer of a current Elasticsearch; ``hits.total`` is an object or absent.

        Parts of it may be `Json`, which `dump_json` writes.

        Raises:
            IndexMissing, ContextMissing, BadQuery, TimedOut.
        """

    def open_reader(self, index: IndexId, keep_seconds: float) -> str | None:
        """Return the ID of a reader, whose searches do not see later changes.

        A reader is kept for *keep_seconds* after each use. Any process may use it.

        Returns:
            None: the engine has no readers, all searches see the index as it is.

        Raises:
            IndexMissing: the index does not exist.
        """

    def reader_state(self, index: IndexId, reader_id: str) -> Any:
        """Return the state of a reader: what :meth:`keep_reader` was given last, or None.

        Raises:
            ContextMissing: there is no such reader any more.
        """

    def keep_reader(
        self, index: IndexId, reader_id: str, keep_seconds: float | None, state: Any = None
    ) -> None:
        """Note that a reader was used; None keeps it as long as before.

        Raises:
            ContextMissing: there is no such reader any more.
        """

    def close_reader(self, index: IndexId, reader_id: str) -> bool:
        """Remove a reader; return whether there was one."""

    def count(self, index: IndexId, mapping: Mapping, query: Query) -> int:
        """Return the number of records that match. Raises as :meth:`search`."""

    def delete(self, index: IndexId) -> None:
        """Remove the index, if it exists."""

    def indices(self) -> Iterable[IndexId]:
        """Return all indexes under our prefix."""

    def begin_rebuild(self, index: IndexId, mapping: Mapping) -> Rebuild:
        """Start a new index beside the one that answers; remove what an earlier rebuild left."""

    def ping(self) -> None:
        """Return normally if the engine answers."""

    def close(self) -> None:
        """Close files and connections."""
