"""Work that goes on while nobody reads its results yet."""

import contextvars
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Self

_BLOCK_BYTES = 64 * 1024
_MEMORY_BYTES = 1024 * 1024


class Abandoned(Exception):
    """Nobody wants the results any more."""


class Spool:
    """A queue of bytes between two threads, kept in memory up to 1 MiB and on disk beyond.

    Args:
        max_bytes: what it holds unread before the writer has to wait.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        # Unlinked from the start, so that nothing is left behind by a process that is killed.
        self._file = tempfile.SpooledTemporaryFile(max_size=_MEMORY_BYTES)  # noqa: SIM115
        self._read_position = self._write_position = 0
        self._is_finished = self._is_abandoned = False
        self._changed = threading.Condition()

    def write(self, data: bytes) -> None:
        """Append *data*.

        Raises:
            Abandoned: the reader has gone.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_abandoned or self._unread_bytes() < self._max_bytes
            )
            if self._is_abandoned:
                raise Abandoned
            self._file.seek(self._write_position)
            self._file.write(data)
            self._write_position += len(data)
            self._changed.notify_all()

    def finish(self) -> None:
        """Tell the reader that nothing follows."""
        with self._changed:
            self._is_finished = True
            self._changed.notify_all()
            self._close_after_the_last()

    def read(self) -> bytes:
        """Wait for data and return some of it; nothing at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_finished or self._unread_bytes())
            self._file.seek(self._read_position)
            data = self._file.read(_BLOCK_BYTES)
            self._read_position += len(data)
            if not self._unread_bytes():
                self._read_position = self._write_position = 0
                self._file.seek(0)
                self._file.truncate()
            self._changed.notify_all()
            return data

    def abandon(self) -> None:
        """Tell the writer that nobody reads any more."""
        with self._changed:
            self._is_abandoned = True
            self._changed.notify_all()
            self._close_after_the_last()

    def _close_after_the_last(self) -> None:
        if self._is_finished and self._is_abandoned:
            self._file.close()

    def _unread_bytes(self) -> int:
        return self._write_position - self._read_position


class Background:
    """An iterator over what *produce* yields, which runs on in a thread of its own.

    A client that sends all of its records before it reads the first answer would otherwise wait
    for a server that waits for it.

    Args:
        produce: called in the thread.
        last_words: what to say after an error, when something was said before already.
        max_bytes: what may wait unread.
    """

    def __init__(
        self,
        produce: Callable[[], Iterator[bytes]],
        *,
        last_words: Callable[[Exception], bytes],
        max_bytes: int,
    ) -> None:
        self._produce = produce
        self._last_words = last_words
        self._spool = Spool(max_bytes)
        self._first_error: Exception | None = None
        self._first: bytes | None = None
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name="bulk", daemon=True
        )

    def start(self) -> Self:
        """Start, and wait for the first result.

        Raises:
            Exception: what went wrong before there was any.
        """
        self._thread.start()
        self._first = self._spool.read()
        if self._first_error is not None:
            self.close()
            raise self._first_error
        return self

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        block, self._first = self._first, None
        if block is None:
            block = self._spool.read()
        if not block:
            raise StopIteration
        return block

    def close(self) -> None:
        """Stop at the next opportunity; called by the server in the end, whatever happened."""
        self._spool.abandon()

    def _run(self) -> None:
        has_spoken = False
        results = self._produce()
        try:
            for block in results:
                self._spool.write(block)
                has_spoken = True
        except Abandoned:
            results.close()  # type: ignore[attr-defined]
        except Exception as exc:  # noqa: BLE001 - Whatever it is, somebody waits for it.
            if has_spoken:
                self._speak_last(exc)
            else:
                self._first_error = exc
        finally:
            self._spool.finish()

    def _speak_last(self, error: Exception) -> None:
        try:
            self._spool.write(self._last_words(error))
        except Abandoned:
            return
