"""The client that a request is answered for: whether it still waits, and for how long.

Work for a client that has gone is pointless, so what may take long asks here now and then. And an
answer may stay open, without a thread that waits for what comes next. The server's worker knows the
connection. It is a context variable, as functions of all rooms ask, some of them far from any
request.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

# A client that has sent everything, and closes only its own direction, looks the same. Nearly none
# does; its quick answers come all the same.
FIRST_CHECK_SECONDS = 1.0
CHECK_SECONDS = 0.2


class OpenAnswer(Protocol):
    """An answer that goes on after its request was handled, until one side ends it.

    The worker calls these methods in its main thread, so they must not wait for anything.
    """

    def begin(self, send: Callable[[bytes], None], end: Callable[[], None]) -> None:
        """Take the functions that send more of the body, and that end it; for any thread."""

    def on_sent(self) -> None:
        """Note that the client has taken all that was sent."""

    def on_closed(self) -> None:
        """Note that nothing more can be sent."""


class Client:
    """A client whose request is handled.

    Args:
        has_left: asks the connection.
        clock: of seconds.
        hold: called when its answer is to stay open.

    Attributes:
        open_answer: what goes on after the request; None for an answer that ends with it.
    """

    def __init__(
        self,
        has_left: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
        hold: Callable[[], None] = lambda: None,
    ) -> None:
        self._has_left, self._clock, self._hold = has_left, clock, hold
        self.open_answer: OpenAnswer | None = None
        self._next_check = clock() + FIRST_CHECK_SECONDS
        self._is_gone = False

    def is_gone(self) -> bool:
        """Return whether it has gone, as far as is known."""
        if not self._is_gone and self._clock() >= self._next_check:
            self._next_check = self._clock() + CHECK_SECONDS
            self._is_gone = self._has_left()
        return self._is_gone

    def keep_open(self, answer: OpenAnswer) -> None:
        """Leave the answer open after what the application returns."""
        self.open_answer = answer
        self._hold()


_current: ContextVar[Client | None] = ContextVar("client", default=None)


@contextmanager
def answering(client: Client) -> Iterator[None]:
    """Work for *client* in the context."""
    token = _current.set(client)
    try:
        yield
    finally:
        _current.reset(token)


def is_client_gone() -> bool:
    """Return whether the client that the work is for has gone; False where none is known."""
    client = _current.get()
    return client is not None and client.is_gone()


def can_keep_open() -> bool:
    """Return whether the server is one that can leave an answer open."""
    return _current.get() is not None


def keep_open(answer: OpenAnswer) -> None:
    """Leave the answer open; only where that is possible."""
    client = _current.get()
    if client is None:
        raise RuntimeError("nobody knows the client's connection")
    client.keep_open(answer)
