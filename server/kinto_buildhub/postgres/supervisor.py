"""Restarts the embedded database when its process has ended."""

import time
from collections.abc import Callable, Sequence

from kinto_buildhub.errors import StartError
from kinto_buildhub.postgres import RESTART_PAUSES_SECONDS
from kinto_buildhub.postgres.process import PostgresProcess, ProcessState

# Recovery after a crash replays up to max_wal_size.
START_TIMEOUT_SECONDS = 180.0

# A database that has been up for this long has recovered: the next failure gets all attempts again.
SETTLED_SECONDS = 5.0

_POLL_SECONDS = 0.05


class Supervisor:
    """Starts a PostgreSQL process, and starts it again when it has ended.

    Args:
        process: the one to supervise.
        report: takes a sentence when it has ended, and when it is up again.
        clock: in seconds.
        pauses_seconds: the wait before each attempt; after the last one it gives up.
    """

    def __init__(
        self,
        process: PostgresProcess,
        report: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        pauses_seconds: Sequence[float] = RESTART_PAUSES_SECONDS,
    ) -> None:
        self._process = process
        self._report = report
        self._clock = clock
        self._pauses_seconds = pauses_seconds
        self._attempts = 0
        self._attempt_at: float | None = None  # When the next one is due, once that is known.
        self._attempted_at = 0.0
        self._ready_at: float | None = None
        self._ended_at: float | None = None

    def start(self) -> None:
        """Start the process and wait until it accepts connections.

        Raises:
            StartError: see :meth:`check`.
        """
        while not self.check():
            time.sleep(_POLL_SECONDS)

    def check(self) -> bool:
        """Restart the process if that is due, and return whether it accepts connections.

        Never waits; meant to be called about once a second.

        Raises:
            StartError: it does not come up, or keeps ending. Names the reason and the log.
        """
        now = self._clock()
        state = self._process.state()
        if state is ProcessState.ENDED:
            self._restart_if_due(now)
        elif state is ProcessState.READY:
            self._settle(now)
        elif now - self._attempted_at > START_TIMEOUT_SECONDS:
            raise self._failure(f"is not ready after {START_TIMEOUT_SECONDS:.0f} seconds")
        return state is ProcessState.READY

    def _restart_if_due(self, now: float) -> None:
        if self._attempt_at is None:
            self._attempt_at = now + self._next_pause(now)
        if now >= self._attempt_at:
            self._attempts += 1
            self._attempt_at, self._attempted_at = None, now
            self._process.launch()

    def _next_pause(self, now: float) -> float:
        if self._ready_at is not None:
            self._ready_at, self._ended_at = None, now
            self._report("The embedded PostgreSQL has ended unexpectedly; starting it again.")
        if self._attempts == len(self._pauses_seconds):
            raise self._failure(f"has ended {self._attempts} times in a row")
        return self._pauses_seconds[self._attempts]

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
        reason = self._process.failure_reason()
        because = f" ({reason})" if reason else ""
        return StartError(f"The embedded PostgreSQL {what}{because}; see {self._process.log}.")
