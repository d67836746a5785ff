"""Keeps the embedded database up: notices that it has ended, and starts it again."""

import time
from collections.abc import Callable

from kinto_buildhub.errors import StartError
from kinto_buildhub.postgres.process import Cluster, State

# Recovery after a crash replays up to max_wal_size.
START_TIMEOUT_SECONDS = 180.0

# What to wait before each attempt. Parts of a database that was killed live on for some moments,
# and keep a new one out.
PAUSES_SECONDS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)

# After so long it has recovered, and whatever ends it is another story.
SETTLED_SECONDS = 5.0

_POLL_SECONDS = 0.05


class Keeper:
    """Starts a cluster, and starts it again when it has ended.

    Args:
        cluster: what to keep up.
        tell: takes each sentence about what is going on.
        clock: in seconds.
    """

    def __init__(
        self,
        cluster: Cluster,
        report: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cluster = cluster
        self._report = report
        self._clock = clock
        self._attempts = 0
        self._attempt_at: float | None = None  # The next one, where it is decided.
        self._attempted_at = 0.0
        self._ready_at: float | None = None
        self._ended_at: float | None = None

    def start(self) -> None:
        """Start the cluster and wait until it takes connections.

        Raises:
            StartError: see :meth:`look`.
        """
        while not self.look():
            time.sleep(_POLL_SECONDS)

    def look(self) -> bool:
        """Do what is to be done now, and tell whether the cluster takes connections.

        Never waits; to be called about once a second.

        Raises:
            StartError: it does not come up, or not to stay; tells why, and where its log is.
        """
        now = self._clock()
        state = self._cluster.state()
        if state is State.ENDED:
            self._revive(now)
        elif state is State.READY:
            self._settle(now)
        elif now - self._attempted_at > START_TIMEOUT_SECONDS:
            raise self._failure(f"is not ready after {START_TIMEOUT_SECONDS:.0f} seconds")
        return state is State.READY

    def _revive(self, now: float) -> None:
        if self._attempt_at is None:
            self._attempt_at = now + self._next_pause(now)
        if now >= self._attempt_at:
            self._attempts += 1
            self._attempt_at, self._attempted_at = None, now
            self._cluster.launch()

    def _next_pause(self, now: float) -> float:
        if self._ready_at is not None:
            self._ready_at, self._ended_at = None, now
            self._report("The embedded PostgreSQL has ended unexpectedly; starting it again.")
        if self._attempts == len(PAUSES_SECONDS):
            raise self._failure(f"has ended {self._attempts} times in a row")
        return PAUSES_SECONDS[self._attempts]

    def _settle(self, now: float) -> None:
        if self._ready_at is None:
            self._ready_at = now
            if self._ended_at is not None:
                self._report(
                    f"The embedded PostgreSQL is up again, {now - self._ended_at:.1f} s later."
                )
        elif now - self._ready_at > SETTLED_SECONDS:
            self._attempts = 0

    def _failure(self, what: str) -> StartError:
        reason = self._cluster.last_words()
        because = f" ({reason})" if reason else ""
        return StartError(f"The embedded PostgreSQL {what}{because}; see {self._cluster.log}.")
