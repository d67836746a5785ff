"""Those who listen: each with its position, and how many there may be."""

import threading
from collections import Counter
from collections.abc import Callable

from kinto_buildhub.changes.reader import Reader


class Places:
    """Counts listeners, all of them and by address.

    Args:
        most: of this process.
        most_by_address: of one address.
    """

    def __init__(self, most: int, most_by_address: int) -> None:
        self._most, self._most_by_address = most, most_by_address
        self._lock = threading.Lock()
        self._total = 0
        self._by_address: Counter[str] = Counter()

    def take(self, address: str) -> str | None:
        """Take a place, which must be given back; return what is full, if there is none."""
        with self._lock:
            if self._total >= self._most:
                return "buildhub.max_listeners"
            if self._by_address[address] >= self._most_by_address:
                return "buildhub.max_listeners_by_address"
            self._total += 1
            self._by_address[address] += 1
            return None

    def give_back(self, address: str) -> None:
        """Give a place back."""
        with self._lock:
            self._total -= 1
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]


class Listener:
    """An answer that stays open. See `kinto_buildhub.client_presence.OpenAnswer`.

    The worker calls `begin`, `on_sent` and `on_closed`; all else is the hub's.

    Args:
        reader: who listens.
        position: timestamp of the last change that the client has, in ms.
        join: called once it can be given something.
        on_ready: called when it can take more.
        leave: called once, when it is over, whether it has joined or not.

    Attributes:
        sent_at: when it was given something last, in seconds of the hub's clock.
        checked_at: when it was last asked whether its reader may read.
    """

    def __init__(
        self,
        reader: Reader,
        position: int,
        *,
        join: Callable[["Listener"], None],
        on_ready: Callable[[], None],
        leave: Callable[["Listener"], None],
    ) -> None:
        self.reader, self.position = reader, position
        self._join, self._on_ready, self._leave = join, on_ready, leave
        self._send: Callable[[bytes], None] | None = None
        self._end: Callable[[], None] | None = None
        self._is_sent = False
        self._is_closed = False
        self.sent_at = self.checked_at = 0.0

    @property
    def is_ready(self) -> bool:
        """Whether the client has taken all that was given to it."""
        return self._is_sent and not self._is_closed

    def begin(self, send: Callable[[bytes], None], end: Callable[[], None]) -> None:
        """See `OpenAnswer`."""
        self._send, self._end = send, end
        self._join(self)

    def on_sent(self) -> None:
        """See `OpenAnswer`."""
        if not self._is_sent:
            self._is_sent = True
            self._on_ready()

    def on_closed(self) -> None:
        """See `OpenAnswer`."""
        self._is_closed = True
        self._leave(self)

    def give(self, data: bytes, position: int, now: float) -> None:
        """Send what brings the client to a position."""
        self.position, self.sent_at = position, now
        self._is_sent = False  # Before it may be sent.
        if self._send is not None:
            self._send(data)

    def end(self, data: bytes = b"") -> None:
        """End the stream, with a last event."""
        if self._send is not None and self._end is not None:
            if data:
                self._send(data)
            self._end()
