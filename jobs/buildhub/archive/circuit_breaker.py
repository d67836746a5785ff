"""Telling an archive that is down from one that fails here and there."""

from collections.abc import Iterator
from contextlib import contextmanager

from buildhub.errors import ArchiveDown, Unavailable

# So many different things in a row that cannot be had, retries and all: the archive is down.
_FAILURES_IN_A_ROW = 8


class CircuitBreaker:
    """Counts what was begun, and failed, since the archive last answered.

    What was begun before that and fails now tells nothing: of many requests at a time those that
    fail are the last to end, as they are repeated.
    """

    def __init__(self) -> None:
        self._answered_count = 0
        self._failures_in_a_row = 0

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Judge what is asked in the context, retries and all.

        Raises:
            ArchiveDown: so much failed in a row that going on is pointless.
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
