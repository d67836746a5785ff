"""What a search engine has to do for us, whichever it is."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from kinto_buildhub.search.errors import (
    BadQuery,
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
    "BadQuery",
    "Change",
    "Engine",
    "IndexMissing",
    "MappingChanged",
    "Rebuild",
    "SearchError",
    "TimedOut",
    "Unavailable",
]


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one record.

    Attributes:
        record_id: the record's.
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
        """Return how many records the new index holds, after making them all countable."""

    def commit(self) -> None:
        """Let the new index answer from now on, in one step; remove the old one."""

    def abort(self) -> None:
        """Throw the new index away. Harmless after :meth:`commit`, and twice."""


class Engine(Protocol):
    """Indexes of collections. Every method raises `Unavailable` when the engine cannot answer.

    Each index keeps, with its data, its *position*: the timestamp in milliseconds up to which
    (inclusive) it has followed its collection. A new index has position 0.
    """

    name: str

    def lead(self) -> bool:
        """Tell whether this process is the one that writes; take the part if nobody has it.

        An engine whose writes are idempotent, whoever sends them, may always say yes.
        """

    def state(self, index: IndexId) -> Hashable | None:
        """Return a value that differs whenever an answer may; None if that cannot be told."""

    def ensure(self, index: IndexId, mapping: Mapping) -> None:
        """Make the index if there is none.

        Raises:
            MappingChanged: there is one, and it was built from another mapping.
        """

    def apply(self, index: IndexId, changes: Sequence[Change], position: int) -> None:
        """Apply *changes*, and say that the index has followed up to *position*.

        Changes come in the order of their timestamps; the same ones may come again after a
        crash, so applying is idempotent. After a crash the position is never ahead of the data.

        Raises:
            IndexMissing: there is no such index.
        """

    def position(self, index: IndexId) -> int | None:
        """Return the timestamp up to which the index has followed; None if there is no index."""

    def refresh(self, index: IndexId) -> None:
        """Make everything that was applied before this call visible to searches after it."""

    def search(self, index: IndexId, mapping: Mapping, request: SearchRequest) -> dict[str, Any]:
        """Answer as a current Elasticsearch does: ``hits.total`` is an object, unless untracked.

        Parts may be `Json`, which `dump_json` writes.

        Raises:
            IndexMissing, BadQuery, TimedOut.
        """

    def count(self, index: IndexId, mapping: Mapping, query: Query) -> int:
        """Return how many records match. Raises as :meth:`search`."""

    def delete(self, index: IndexId) -> None:
        """Remove the index; harmless if there is none."""

    def indices(self) -> Iterable[IndexId]:
        """Return the indexes that there are, under our prefix."""

    def begin_rebuild(self, index: IndexId, mapping: Mapping) -> Rebuild:
        """Start a new index beside the one that answers, if any. A left-over one is removed."""

    def ping(self) -> None:
        """Return if the engine answers."""

    def close(self) -> None:
        """Let go of files and connections."""
