"""How far a catalogue is complete, by what the jobs have reported."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from buildhub_schema.coverage import PAIRS, coverage_collection_id
from buildhub_schema.products import PRODUCT_NAMES

CollectionId = tuple[str, str]
"""A bucket and a collection."""

# More than there are products and channels; records that others add there are of no interest.
_MOST_RECORDS = 1000

EVERYONE = "system.Everyone"

_CHANNELS = frozenset(channel for _, channel in PAIRS)


class CollectionCoverage:
    """The coverage of one collection.

    Attributes:
        records: as the jobs wrote them, by product and channel.
    """

    def __init__(self, records: Iterable[dict[str, Any]]) -> None:
        self.records = {
            (record["product"], record["channel"]): record
            for record in records
            if isinstance(record.get("product"), str) and isinstance(record.get("channel"), str)
        }
        # Computed here, since every answer within a second asks for them.
        self._times = {pair: pair_complete_until(each) for pair, each in self.records.items()}

    def complete_until(
        self, products: Collection[str] | None = None, channels: Collection[str] | None = None
    ) -> str | None:
        """Return the time up to which every build is there; None where that is not known.

        Args:
            products, channels: those that the reader asks for; None means all.
        """
        if not self.records:
            return None
        wanted = PRODUCT_NAMES if products is None else products
        # No build has an unknown channel; all channels together are a safe answer for it.
        known = _CHANNELS.intersection(channels) if channels is not None else _CHANNELS
        times = [
            self._times.get((product, channel))
            for product in wanted
            for channel in known or _CHANNELS
        ]
        reported = [time for time in times if time is not None]
        return min(reported) if reported and len(reported) == len(times) else None


def pair_complete_until(record: dict[str, Any]) -> str | None:
    """Return the time up to which one product and channel is complete; None if not known.

    It is never later than the report itself, whatever the clock of the reporting machine said.
    """
    until = record.get("complete_until")
    if not isinstance(until, str):
        return None
    reported_at = datetime.fromtimestamp(record["last_modified"] / 1000, UTC)
    return min(until, f"{reported_at:%Y-%m-%dT%H:%M:%SZ}")


def read_coverage(storage: Any, collection: CollectionId) -> CollectionCoverage:
    """Read the coverage of *collection*, within the current transaction."""
    bucket_id, collection_id = collection
    parent_id = f"/buckets/{bucket_id}/collections/{coverage_collection_id(collection_id)}"
    return CollectionCoverage(
        storage.list_all(resource_name="record", parent_id=parent_id, limit=_MOST_RECORDS)
    )


def read_shown_coverage(
    storage: Any, permission: Any, collection: CollectionId
) -> CollectionCoverage:
    """Read the coverage, if all who may list the collection's records may see it; else none.

    Args:
        storage, permission: Kinto's backends.
        collection: the catalogue.
    """
    is_shown = _is_shown_to_readers(permission, collection)
    return read_coverage(storage, collection) if is_shown else CollectionCoverage([])


def _is_shown_to_readers(permission: Any, collection: CollectionId) -> bool:
    """Return whether all who may list the collection's records may list its coverage, too.

    The coverage collection may belong to somebody else, who shows it to fewer people.
    """
    bucket_id, collection_id = collection
    bucket_uri = f"/buckets/{bucket_id}"
    readers, coverage_readers = (
        permission.get_authorized_principals(
            [
                (uri, granted)
                for uri in (bucket_uri, f"{bucket_uri}/collections/{each}")
                for granted in ("read", "write")
            ]
        )
        for each in (collection_id, coverage_collection_id(collection_id))
    )
    return EVERYONE in coverage_readers or readers <= coverage_readers
