"""Warnings about a fast path that fails, at most one a minute."""

import logging
import threading
import time
from collections.abc import Callable

INTERVAL_SECONDS = 60.0

logger = logging.getLogger(__name__)


class FailureLog:
    """Logs failures of which no reader notices more than the time that they cost.

    Args:
        interval_seconds: the least time between two warnings.
        clock: of seconds.
    """

    def __init__(
        self,
        interval_seconds: float = INTERVAL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval_seconds, self._clock = interval_seconds, clock
        self._next_at: float | None = None
        self._unreported_count = 0
        self._lock = threading.Lock()

    def report(self, exc: BaseException) -> None:
        """Log *exc* with its traceback, or count it for the next warning."""
        now = self._clock()
        with self._lock:
            if self._next_at is not None and now < self._next_at:
                self._unreported_count += 1
                return
            self._next_at = now + self._interval_seconds
            unreported_count, self._unreported_count = self._unreported_count, 0
        logger.warning(
            "fast_path_failed",
            exc_info=exc,
            extra={"reason": str(exc), "unreported_count": unreported_count},
        )
