"""A circuit breaker: gives up when the archive is down, and not when it fails here and there."""

from collections.abc import Iterator
from contextlib import contextmanager

from buildhub.errors import ArchiveDown, Unavailable

# This many different requests in a row that fail, retries included: the archive is down.
_FAILURES_IN_A_ROW = 8


class CircuitBreaker:
    """Counts what was begun, and failed, since the archive last answered.

    A request that began before that and fails now does not count: of many requests at a time those
    that fail end last, because they are retried.
    """

    def __init__(self) -> None:
        self._answered_count = 0
        self._failures_in_a_row = 0

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Count the request that is made in the context, retries included.

        Raises:
            ArchiveDown: too many requests failed in a row; going on is pointless.
        """
        begun = self._answered_count
        try:
            yield
        except Unavailable as exc:
            if begun == self._answered_count:
                self._note_failure(exc)
            raise
        self._answered_count += 1
        self._failures_in_a_row = 0

    def _note_failure(self, error: Unavailable) -> None:
        self._failures_in_a_row += 1
        if self._failures_in_a_row >= _FAILURES_IN_A_ROW:
            raise ArchiveDown(
                f"the archive is down: {self._failures_in_a_row} requests in a row failed, "
                f"the last one {error}"
            ) from error
