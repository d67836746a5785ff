"""The heartbeat: is the catalogue complete until a moment that is not too long ago?"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from kinto_buildhub.coverage.settings import CoverageSettings
from kinto_buildhub.coverage.snapshot import CollectionId, Snapshot, pair_complete_until

OK, DEGRADED, UNKNOWN = "ok", "degraded", "unknown"


def _now() -> datetime:
    return datetime.now(UTC)


class Heartbeat:
    """Compares each product and channel that there is coverage of with the age that is set.

    A catalogue that lags behind still answers, and every server of a group would say the same of
    it. So it is said in the body, and the status stays 200: load balancers keep the servers, and
    those who watch look at ``coverage.status``.
    """

    def __init__(self, settings: CoverageSettings, now: Callable[[], datetime] = _now) -> None:
        self._settings = settings
        self._now = now

    def __call__(self, request: Any) -> dict[str, Any]:
        """Return the state of all collections, and which of their parts are late."""
        found = {
            collection: request.registry.buildhub_coverage.find(collection)
            for collection in self._settings.collections
        }
        late = [line for each in found.items() for line in self._late(*each)]
        known = DEGRADED if late else OK
        return {
            "status": UNKNOWN if None in found.values() else known,
            "max_age_hours": self._settings.max_age_hours,
            "late": late,
        }

    def _late(self, collection: CollectionId, snapshot: Snapshot | None) -> Iterator[str]:
        if snapshot is None:
            return
        name = "/".join(collection)
        if not snapshot.records:
            yield f"{name}: no job has told of it"
        bound = self._now() - timedelta(hours=self._settings.max_age_hours or 0)
        for (product, channel), record in sorted(snapshot.records.items()):
            until = pair_complete_until(record)
            if until is None:
                yield f"{name}: {product} {channel} was never complete"
            elif until < f"{bound:%Y-%m-%dT%H:%M:%SZ}":
                yield f"{name}: {product} {channel} is complete until {until}"
