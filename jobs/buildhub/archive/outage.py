"""Telling an archive that is down from one that fails here and there."""

from buildhub.errors import ArchiveDown, Unavailable

# So many different things in a row that cannot be had, retries and all: the archive is down.
_FAILURES_IN_A_ROW = 8


class Outage:
    """Counts what failed since the archive last answered."""

    def __init__(self) -> None:
        self._failures_in_a_row = 0

    def answered(self) -> None:
        """Note that the archive answered."""
        self._failures_in_a_row = 0

    def failed(self, error: Unavailable) -> None:
        """Note that it did not, retries and all.

        Raises:
            ArchiveDown: so much failed in a row that going on is pointless.
        """
        self._failures_in_a_row += 1
        if self._failures_in_a_row >= _FAILURES_IN_A_ROW:
            raise ArchiveDown(
                f"the archive is down: {self._failures_in_a_row} requests in a row failed, "
                f"the last one {error}"
            ) from error
