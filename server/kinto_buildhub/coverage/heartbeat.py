"""The heartbeat: is the catalogue complete up to a recent enough time?"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from kinto_buildhub.coverage.completeness import (
    CollectionCoverage,
    CollectionId,
    pair_complete_until,
)
from kinto_buildhub.coverage.settings import CoverageSettings

OK, DEGRADED, UNKNOWN = "ok", "degraded", "unknown"


def _now() -> datetime:
    return datetime.now(UTC)


class CoverageHeartbeat:
    """Compares the coverage of each product and channel with the greatest age that is set.

    A catalogue that lags behind still answers, and all servers behind a load balancer report the
    same of it. So only the body says it, and the status stays 200: no server is taken out, and
    monitoring looks at ``coverage.status``.
    """

    def __init__(self, settings: CoverageSettings, now: Callable[[], datetime] = _now) -> None:
        self._settings = settings
        self._now = now

    def __call__(self, request: Any) -> dict[str, Any]:
        """Return the status of all collections, and the products and channels that are late."""
        found = {
            collection: request.registry.buildhub_coverage.find_coverage(collection)
            for collection in self._settings.collections
        }
        late = [line for each in found.items() for line in self._late(*each)]
        known = DEGRADED if late else OK
        return {
            "status": UNKNOWN if None in found.values() else known,
            "max_age_hours": self._settings.max_age_hours,
            "late": late,
        }

    def _late(self, collection: CollectionId, coverage: CollectionCoverage | None) -> Iterator[str]:
        if coverage is None:
            return
        name = "/".join(collection)
        if not coverage.records:
            yield f"{name}: no job has reported"
        bound = self._now() - timedelta(hours=self._settings.max_age_hours or 0)
        for (product, channel), record in sorted(coverage.records.items()):
            until = pair_complete_until(record)
            if until is None:
                yield f"{name}: {product} {channel} was never complete"
            elif until < f"{bound:%Y-%m-%dT%H:%M:%SZ}":
                yield f"{name}: {product} {channel} is complete until {until}"
