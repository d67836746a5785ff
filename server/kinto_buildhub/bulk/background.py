"""Work in a thread of its own, whose results wait in memory until the client reads them."""

import contextvars
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Self

# What may wait unread: the answers to a million records. Past that the work waits for the reader.
MAX_UNREAD_BYTES = 64 * 1024 * 1024


class Abandoned(Exception):
    """Nobody reads the results any more."""


class ResultQueue:
    """A queue of results between two threads, bounded in bytes.

    Args:
        max_unread_bytes: at this size, the writer waits for the reader.
    """

    def __init__(self, max_unread_bytes: int) -> None:
        self._max_unread_bytes = max_unread_bytes
        self._blocks: deque[bytes] = deque()
        self._unread_bytes = 0
        self._is_finished = self._is_abandoned = False
        self._changed = threading.Condition()

    def put(self, block: bytes) -> None:
        """Append a result.

        Raises:
            Abandoned: the reader has gone.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_abandoned or self._unread_bytes < self._max_unread_bytes
            )
            if self._is_abandoned:
                raise Abandoned
            self._blocks.append(block)
            self._unread_bytes += len(block)
            self._changed.notify_all()

    def get(self) -> bytes:
        """Wait for the next result and return it; nothing at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_finished or self._blocks)
            block = self._blocks.popleft() if self._blocks else b""
            self._unread_bytes -= len(block)
            self._changed.notify_all()
            return block

    def finish(self) -> None:
        """Mark the end of the results."""
        with self._changed:
            self._is_finished = True
            self._changed.notify_all()

    def abandon(self) -> None:
        """Drop the results, and have the writer stop."""
        with self._changed:
            self._is_abandoned = True
            self._blocks.clear()
            self._changed.notify_all()


class Background:
    """An iterator over the results of *produce*, which runs in a thread of its own.

    Many clients send their whole request before they read any of the answer. Once the answer fills
    the buffers of both sockets, such a client and a server without this thread wait for each other
    for ever: with `requests` and records of 900 bytes that is somewhere below 100 MiB.

    Args:
        produce: called in the thread.
        render_error: makes the last result from an error that comes after the first result.
        max_unread_bytes: see :class:`ResultQueue`.
    """

    def __init__(
        self,
        produce: Callable[[], Iterator[bytes]],
        *,
        render_error: Callable[[Exception], bytes],
        max_unread_bytes: int = MAX_UNREAD_BYTES,
    ) -> None:
        self._produce = produce
        self._render_error = render_error
        self._queue = ResultQueue(max_unread_bytes)
        self._first: bytes | None = None
        self._first_error: Exception | None = None
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name="bulk", daemon=True
        )

    def start(self) -> Self:
        """Start, and wait for the first result.

        Raises:
            Exception: whatever *produce* raised before its first result.
        """
        self._thread.start()
        self._first = self._queue.get()
        if self._first_error is not None:
            raise self._first_error
        return self

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        block, self._first = self._first, None
        if block is None:
            block = self._queue.get()
        if not block:
            raise StopIteration
        return block

    def close(self) -> None:
        """Stop the work at its next result. WSGI servers call this at the end of any response."""
        self._queue.abandon()

    def _run(self) -> None:
        has_results = False
        results = self._produce()
        try:
            for block in results:
                self._queue.put(block)
                has_results = True
        except Abandoned:
            results.close()  # type: ignore[attr-defined]
        except Exception as exc:  # noqa: BLE001 - whatever it is, the reader waits for it.
            if has_results:
                self._put_error(exc)
            else:
                self._first_error = exc
        finally:
            self._queue.finish()

    def _put_error(self, error: Exception) -> None:
        try:
            self._queue.put(self._render_error(error))
        except Abandoned:
            return
