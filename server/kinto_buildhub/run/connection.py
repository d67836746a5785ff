"""A client's connection: what it is doing, and until when it may."""

import socket
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from kinto_buildhub.client_presence import Client
from kinto_buildhub.run.receiver import Receiver
from kinto_buildhub.run.response_socket import ResponseSocket


class State(Enum):
    """What happens on a connection."""

    IDLE = auto()  # Nothing of a request has come.
    HEAD = auto()  # Headers are coming,
    BODY = auto()  # or the body.
    HANDLED = auto()  # The request waits for a thread, or a thread has it.
    SENDING = auto()  # The client reads the end of an answer.
    OPEN = auto()  # The answer goes on whenever there is something to tell.
    LINGERING = auto()  # All is said; what the client still sends is dropped.


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What a server process takes from its clients.

    Attributes:
        head_seconds: until all headers have come, from the first byte; until the first byte, from
            the connection.
        body_seconds: interval in which each body must get on by *min_bytes*.
        sending_seconds: interval in which a client must take *min_bytes* of its answer.
        min_bytes: see above. The end of the body or the answer is enough, too.
        linger_seconds: how long the client may read the answer after the last byte is sent.
        max_spooled_bytes: all bodies that come and all answers that leave, in memory and on disk.
        max_waiting: requests that may wait for others of their kind, see :class:`Lanes`.
        max_wait_seconds: how long one may wait. Most clients have gone by then.
    """

    head_seconds: float = 20.0
    body_seconds: float = 30.0
    sending_seconds: float = 60.0
    min_bytes: int = 32 * 1024
    linger_seconds: float = 3.0
    max_spooled_bytes: int = 2 * 1024**3
    max_waiting: int = 200
    max_wait_seconds: float = 30.0


class Connection:
    """A connection, with the names that Gunicorn's ``handle_request`` expects.

    Attributes:
        raw: the socket, not blocking.
        sock: where the answer is written to.
        client: address of the client.
        server: address that it has connected to.
        receiver: collects requests.
        request: one that is complete, and waits to be handled.
        lane: of the request that is handled, or waits for it.
        reader: whom its answer is for.
        is_open: the request was handled, and its answer goes on.
        is_kept: after the answer that is sent, another request may come.
        deadline: end of the state, in seconds of the worker's clock.
        mark_bytes: what had come or left at the beginning of the interval.
    """

    def __init__(
        self, raw: socket.socket, client: Any, server: Any, receiver: Receiver, out: ResponseSocket
    ) -> None:
        self.raw, self.client, self.server = raw, client, server
        self.receiver, self.sock = receiver, out
        self.request: Any = None
        self.lane = ""
        self.reader = Client(out.has_client_left)
        self.is_open = False
        self.is_kept = False
        self.is_gone = False
        self.is_watched = False
        self.state = State.IDLE
        self.deadline = 0.0
        self.mark_bytes = 0

    def moved_bytes(self) -> int:
        """Return the number of bytes that have come or left in this state."""
        if self.state in (State.SENDING, State.OPEN):
            return self.sock.sent_bytes - self.mark_bytes
        return self.receiver.received_bytes - self.mark_bytes

    def end_answer(self) -> None:
        """Tell whoever goes on with the answer that it is over."""
        answer, self.reader.open_answer = self.reader.open_answer, None
        if answer is not None:
            answer.on_closed()

    def close(self) -> None:
        """Close the connection, and drop everything that it holds."""
        self.end_answer()
        self.receiver.release()
        self.sock.close()
        self.raw.close()
