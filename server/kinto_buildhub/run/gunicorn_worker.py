"""The Gunicorn worker: how its threads share requests, and when it collects garbage."""

import gc
import select
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

# How long a thread waits for the next request of its connection. A program that sends one request
# after another has sent it by then.
STAY_SECONDS = 1.0

# The number of new objects after which garbage is collected. Python's default is 700, while an
# answer is made of tens of thousands. Here collection waits until the answer is sent, except where
# a single one makes ten times as many.
COLLECT_AFTER_OBJECTS = 20_000
COLLECT_AT_ONCE_AFTER_OBJECTS = 200_000

# Python's default: the number of collections of a younger generation to one of the older.
_YOUNGER_TO_OLDER = 10


class Worker(ThreadWorker):
    """Gunicorn's worker with threads, without its detour between two requests of a connection.

    Gunicorn's main thread waits for the next request of each connection and then wakes up a thread
    for it, which takes about as long as an answer of the fast path. Here the thread that answered
    waits for a while itself. For that there are twice as many threads. Half of them may stay with
    their connections; the others take any request. No more requests are handled at a time than
    Gunicorn's setting ``threads`` says.

    It overrides methods that Gunicorn does not document; docs/decisions/0006-gunicorn.rst has the
    price and the gain.
    """

    def init_process(self) -> None:
        """Serve until it is stopped. See Gunicorn's."""
        gc.set_threshold(COLLECT_AT_ONCE_AFTER_OBJECTS)
        self._at_work = threading.BoundedSemaphore(self.cfg.threads)
        self._may_stay = threading.BoundedSemaphore(self.cfg.threads)
        super().init_process()

    def get_thread_pool(self) -> ThreadPoolExecutor:
        """See Gunicorn's."""
        return ThreadPoolExecutor(2 * self.cfg.threads)

    def handle(self, conn: TConn) -> Any:
        """Handle the request that has come, and those that soon follow it. See Gunicorn's."""
        result = self._handle_one(conn)
        if result is not True or not self._may_stay.acquire(blocking=False):
            return result
        try:
            while result is True and self._next_comes_soon(conn):
                result = self._handle_one(conn)
            return result
        finally:
            self._may_stay.release()

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """See Gunicorn's."""
        with self._at_work:
            return super().handle_request(req, conn)

    def _handle_one(self, conn: TConn) -> Any:
        result = super().handle(conn)
        collect_if_due()
        return result

    def _next_comes_soon(self, conn: TConn) -> bool:
        # The socket does not report what has been read from it already.
        if not self.alive or conn.parser.unreader.buf.getvalue():
            return False
        coming = select.poll()
        coming.register(conn.sock, select.POLLIN)
        return bool(coming.poll(STAY_SECONDS * 1000))


def collect_if_due() -> None:
    """Collect garbage if enough objects are new; older generations less often."""
    young, middle, old = gc.get_count()
    if young < COLLECT_AFTER_OBJECTS:
        return
    if middle <= _YOUNGER_TO_OLDER:
        gc.collect(0)
    elif old <= _YOUNGER_TO_OLDER:
        gc.collect(1)
    else:
        gc.collect(2)
