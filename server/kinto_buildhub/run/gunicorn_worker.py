"""A server process: how its threads share the requests, and when it collects garbage."""

import gc
import select
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

# A program that asks one thing after another has its next request here by then.
STAY_SECONDS = 1.0

# Of objects that were made and are still there. Python would look for garbage after 700 of them,
# while an answer is made of objects by the ten thousand. Here it waits until the answer is out, but
# for what makes ten times as many at once.
COLLECT_AFTER_OBJECTS = 20_000
COLLECT_AT_ONCE_AFTER_OBJECTS = 200_000

# As often as Python: so many collections of the younger generation to one of the older.
_YOUNGER_TO_OLDER = 10


class Worker(ThreadWorker):
    """Gunicorn's worker with threads, without its detour between two requests of a connection.

    Gunicorn's main thread waits for the next request of each connection, and then wakes a thread
    for it, which takes longer than to answer a search from memory. Here the thread that answered
    waits itself for a while. There are twice the threads for that, of which half may stay with
    their connections; the others take one request after the other, whoever it is from. No more
    are at work at a time than Gunicorn has been told to have.
    """

    def init_process(self) -> None:
        """Serve until it is told to end. See Gunicorn's."""
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
        # What was read already, the socket does not announce.
        if not self.alive or conn.parser.unreader.buf.getvalue():
            return False
        coming = select.poll()
        coming.register(conn.sock, select.POLLIN)
        return bool(coming.poll(STAY_SECONDS * 1000))


def collect_if_due() -> None:
    """Collect garbage if there may be some; the older the objects, the more seldom."""
    young, middle, old = gc.get_count()
    if young < COLLECT_AFTER_OBJECTS:
        return
    if middle <= _YOUNGER_TO_OLDER:
        gc.collect(0)
    elif old <= _YOUNGER_TO_OLDER:
        gc.collect(1)
    else:
        gc.collect(2)
