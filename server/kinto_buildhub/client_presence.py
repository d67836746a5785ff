"""Whether the client still waits for its answer: work for one that has gone is pointless.

The server's worker knows the connection. What may take long asks here now and then. It is a context
variable, as functions of all rooms ask, some of them far from any request.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# A client that has sent everything, and closes only its own direction, looks the same. Nearly none
# does; its quick answers come all the same.
FIRST_CHECK_SECONDS = 1.0
CHECK_SECONDS = 0.2


class Client:
    """A client whose request is handled.

    Args:
        has_left: asks the connection.
        clock: of seconds.
    """

    def __init__(
        self, has_left: Callable[[], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._has_left, self._clock = has_left, clock
        self._next_check = clock() + FIRST_CHECK_SECONDS
        self._is_gone = False

    def is_gone(self) -> bool:
        """Return whether it has gone, as far as is known."""
        if not self._is_gone and self._clock() >= self._next_check:
            self._next_check = self._clock() + CHECK_SECONDS
            self._is_gone = self._has_left()
        return self._is_gone


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
