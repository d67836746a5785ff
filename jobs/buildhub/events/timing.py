"""How long a consumer of events waits for what."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListenTiming:
    """Waits of ``buildhub listen``, in seconds. No settings: tests shorten them.

    Attributes:
        long_poll_seconds: how long one request waits for messages; SQS allows 20.
        last_poll_seconds: the same, where the job ends when the queue is empty.
        first_delay_seconds: a message that is released becomes visible again when it is twice as
            old, and not sooner than this.
        first_pause_seconds: how long the other side is left alone when it fails; it doubles.
        longest_pause_seconds: its limit.
        stop_seconds: how long workers may take to end. Containers are killed ten seconds after
            SIGTERM.
        last_response_seconds: how long a request for messages may still take by then. Where
            messages are on their way they would be invisible for a while without us.
        misses_believed_seconds: how long metadata that was not there is not asked for again.
            Events come in bursts of one folder's files, which share their metadata.
    """

    long_poll_seconds: int = 20
    last_poll_seconds: int = 1
    first_delay_seconds: int = 15
    first_pause_seconds: float = 1.0
    longest_pause_seconds: float = 60.0
    stop_seconds: float = 7.0
    last_response_seconds: float = 1.0
    misses_believed_seconds: float = 10.0

    def pause_seconds(self, failures_in_a_row: int) -> float:
        """Return the pause after the latest of some failures."""
        doubled = self.first_pause_seconds * 2.0 ** min(failures_in_a_row, 10)
        return min(doubled, self.longest_pause_seconds)
