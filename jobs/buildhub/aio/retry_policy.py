"""How often a request is tried again, and how long to wait before: one policy for all servers."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RetryWaits:
    """Waits before a request is tried again.

    Our own waits double from the first to the last, each with some jitter on top, so that jobs
    that failed together do not come back together. They are added to what the other side asks
    for: Kinto asks for the same three seconds each time, also where its database needs half a
    minute to recover.

    Attributes:
        longest_asked_seconds: limit for what the other side asks for: a typing error there must
            not stop us for a day.
    """

    first_seconds: float = 0.5
    last_seconds: float = 30.0
    jitter_seconds: float = 1.0
    longest_asked_seconds: float = 300.0

    def iter_own(self) -> Iterator[float]:
        """Yield our own wait before each retry, without end."""
        wait = self.first_seconds
        while True:
            yield wait + random.uniform(0, self.jitter_seconds)  # noqa: S311 - no secret.
            wait = min(2 * wait, self.last_seconds)

    def limit(self, asked_seconds: float | None) -> float:
        """Return how much of the wait that the other side asked for is granted."""
        return min(asked_seconds or 0.0, self.longest_asked_seconds)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """An attempt and up to *retry_count* more."""

    retry_count: int
    waits: RetryWaits = field(default_factory=RetryWaits)
