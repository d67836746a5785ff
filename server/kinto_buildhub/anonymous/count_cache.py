"""Counts of records, kept as long as nothing is written.

To count half of a million records the database has to look at each page that has one, whatever
index it has. Between two loads the answer stays the same.
"""

from collections.abc import Callable, Hashable

_MOST = 1000


class Counts:
    """What was counted, with the state of the database that it was counted in."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[str, int]] = {}

    def find(self, key: Hashable, state: str | None, count: Callable[[], int]) -> int:
        """Return the number that *count* returns, or did in the same state.

        Args:
            key: tells what is counted.
            state: of the database, as it was before; None if that cannot be told.
        """
        kept = self._kept.get(key)
        if kept is not None and kept[0] == state:
            return kept[1]
        found = count()
        if state is not None:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            # If something was written since, the number is kept under a state that never
            # comes back.
            self._kept[key] = state, found
        return found
