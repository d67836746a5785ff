"""Counts of the records that were published, by what the server did with them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from buildhub.counts.unsettled import Unsettled, record_scope

REFUSED = "record-refused"

log = structlog.get_logger(__name__)

# A mistake in the rules breaks records by the thousand: some are shown, all are counted.
_SHOWN_INVALID = 20
_SHOWN_LENGTH = 200


@dataclass(slots=True)
class PublishedCounts:
    """Records by what the server did with them; those it refused, by reason.

    Attributes:
        unsettled_by_scope: the refused by product, some of them by ID.
        on_refused: called with the ID of each record that the server refused.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    invalid: Counter[str] = field(default_factory=Counter)
    unsettled_by_scope: Unsettled = field(default_factory=Unsettled, repr=False)
    on_refused: Callable[[str], None] = field(default=lambda record_id: None, repr=False)

    @property
    def settled(self) -> int:
        """The number of records that are in the catalogue as they should be."""
        return self.created + self.updated + self.unchanged

    def add(self, status: str, record_id: str, error: str = "") -> None:
        """Count one record; *status* is ``created``, ``updated``, ``unchanged`` or a refusal."""
        if status in ("created", "updated", "unchanged"):
            setattr(self, status, getattr(self, status) + 1)
            return
        if self.invalid.total() < _SHOWN_INVALID:
            shown = record_id[:_SHOWN_LENGTH]
            log.warning("record_refused", record_id=shown, status=status, error=error)
        self.invalid[_reason(status, error)] += 1
        self.unsettled_by_scope.note(record_scope(record_id), record_id, REFUSED)
        self.on_refused(record_id)

    def include(self, other: "PublishedCounts") -> None:
        """Add the counts of another piece of work."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.invalid.update(other.invalid)
        self.unsettled_by_scope.include(other.unsettled_by_scope)


def _reason(status: str, error: str) -> str:
    """Name the place that is wrong: ``target.os in body: 'beos' is not …`` gives ``target.os``."""
    place = error.partition(" in body")[0] if " in body" in error else ""
    return place if place and " " not in place else status
