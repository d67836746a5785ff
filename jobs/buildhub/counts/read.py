"""Counts of what was read, which add up over parts and processes."""

from collections import Counter
from dataclasses import dataclass, field

from buildhub.counts.newest import Newest
from buildhub.counts.unsettled import Unsettled, path_scope


@dataclass(slots=True)
class ReadCounts:
    """What became of the rows of inventories, or of the files that folders' pages name.

    Attributes:
        rows: read so far.
        builds: those among them that are builds, and wanted.
        bytes_read: of the files they stand in, as stored.
        listings: folders' pages that were asked for, and listings_unchanged: those among them
            that were the same as the last time.
        skipped: left out on purpose, by reason.
        unsettled: not decided, by reason; running again may settle it.
        unsettled_by_scope: the same by product and area, some with their path.
        newest: the youngest builds that records were made of.
    """

    rows: int = 0
    builds: int = 0
    bytes_read: int = 0
    listings: int = 0
    listings_unchanged: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    unsettled: Counter[str] = field(default_factory=Counter)
    unsettled_by_scope: Unsettled = field(default_factory=Unsettled)
    newest: Newest = field(default_factory=Newest)

    def note_unsettled(self, path: str, reason: str) -> None:
        """Count something that was not decided, and keep where it is."""
        self.unsettled[reason] += 1
        self.unsettled_by_scope.note(path_scope(path), path, reason)

    def include(self, other: "ReadCounts") -> None:
        """Add the counts of another part."""
        self.rows += other.rows
        self.builds += other.builds
        self.bytes_read += other.bytes_read
        self.listings += other.listings
        self.listings_unchanged += other.listings_unchanged
        self.skipped.update(other.skipped)
        self.unsettled.update(other.unsettled)
        self.unsettled_by_scope.include(other.unsettled_by_scope)
        self.newest.include(other.newest)
