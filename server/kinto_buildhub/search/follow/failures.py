"""Indexes that cannot be kept up to date, and why: a line when it starts, then one a minute."""

import logging
import time
from collections.abc import Callable

from kinto_buildhub.search.index_names import IndexId

INTERVAL_SECONDS = 60.0
# The longest pause of an index that fails, so that it is followed soon after its trouble is over.
MAX_PAUSE_SECONDS = 3.0
_FIRST_PAUSE_SECONDS = 0.1

logger = logging.getLogger(__name__)


class IndexFailures:
    """What is wrong with single indexes; the trouble of one does not touch the others.

    Args:
        interval_seconds: the least time between two lines about the same trouble.
        clock: of seconds.
    """

    def __init__(
        self,
        interval_seconds: float = INTERVAL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval_seconds, self._clock = interval_seconds, clock
        self._logged: dict[IndexId, tuple[str, float]] = {}
        self._pauses: dict[IndexId, tuple[float, float]] = {}

    def report(self, event: str, index: IndexId, reason: str) -> None:
        """Log *event* for an index, unless the same was logged within the interval; pause it."""
        now = self._clock()
        pause, _ = self._pauses.get(index, (_FIRST_PAUSE_SECONDS / 2, 0.0))
        pause = min(2 * pause, MAX_PAUSE_SECONDS)
        self._pauses[index] = pause, now + pause
        last_event, logged_at = self._logged.get(index, ("", 0.0))
        if last_event == event and now < logged_at + self._interval_seconds:
            return
        self._logged[index] = event, now
        logger.warning(event, extra={"index": str(index), "reason": reason})

    def is_paused(self, index: IndexId) -> bool:
        """Return whether an index failed a short while ago, so that it is left alone for now."""
        return index in self._pauses and self._clock() < self._pauses[index][1]

    def forget(self, index: IndexId) -> None:
        """Forget an index that is up to date, or gone."""
        self._logged.pop(index, None)
        self._pauses.pop(index, None)
