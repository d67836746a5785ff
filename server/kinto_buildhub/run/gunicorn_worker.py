"""The Gunicorn worker: who waits for whom, and when garbage is collected."""

import errno
import gc
import math
import resource
import select
import selectors
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn.util import unquote_to_wsgi_str
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from kinto_buildhub.client_presence import Client, answering
from kinto_buildhub.run.connection import Connection, ConnectionLimits, State
from kinto_buildhub.run.error_responses import describe, find_status, render_error
from kinto_buildhub.run.lanes import Entry, Lanes
from kinto_buildhub.run.receiver import Receiver
from kinto_buildhub.run.request_lane import bounds, find_lane
from kinto_buildhub.run.response_socket import ResponseSocket
from kinto_buildhub.run.spool import SpoolSize

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

# A connection may have a file for its body or its answer; the application opens some, too.
_FILES_PER_CONNECTION = 2
_OTHER_FILES = 500

# For an application that has no limits of its own.
_MAX_BODY_BYTES = 512 * 1024 * 1024

_READ_BYTES = 64 * 1024
# Many clients send head and body apart. What comes in more pieces is left to the main thread.
_MOST_PIECES = 4
_TICK_SECONDS = 0.5

# Connections that are closed for the sake of new ones, in this order.
_LEAST_NEEDED = (State.LINGERING, State.IDLE, State.HEAD)

# What is sent is more than the client has taken, or may be.
_SENDING = (State.SENDING, State.OPEN)

_BUSY = "The server is busy; try again later."


class Worker(ThreadWorker):
    """Gunicorn's worker with threads, where no thread waits for a client.

    The main thread receives requests, and gives them to a thread only when they are complete. What
    a client does not read of its answer at once, the main thread sends. Clients that are too slow
    are cut off, and what is too much is answered with 503: see :class:`ConnectionLimits` and
    :class:`Lanes`.

    Between two requests of a connection, the thread that has answered waits for a while itself:
    waking up another one takes about as long as an answer of the fast path.

    It overrides methods that Gunicorn does not document; docs/decisions/0006-gunicorn.rst has the
    price and the gain.
    """

    limits = ConnectionLimits()

    def init_process(self) -> None:
        """Serve until it is stopped. See Gunicorn's."""
        gc.set_threshold(COLLECT_AT_ONCE_AFTER_OBJECTS)
        _allow_files(_FILES_PER_CONNECTION * self.cfg.worker_connections + _OTHER_FILES)
        self._lanes: Lanes[Connection] = Lanes(
            bounds(self.cfg.threads),
            max_waiting=self.limits.max_waiting,
            max_wait_seconds=self.limits.max_wait_seconds,
        )
        self._may_stay = threading.BoundedSemaphore(self.cfg.threads)
        self._spools = SpoolSize()
        self._connections: dict[Connection, None] = {}
        self._next_tick = 0.0
        super().init_process()

    def load_wsgi(self) -> None:
        """Load the application, and find the limits of its requests' bodies. See Gunicorn's."""
        super().load_wsgi()
        limits = getattr(getattr(self.wsgi, "registry", None), "buildhub_body_limits", None)
        self._max_body_bytes: Callable[[str], int] = (
            (lambda _: _MAX_BODY_BYTES) if limits is None else limits.max_bytes
        )

    def get_thread_pool(self) -> ThreadPoolExecutor:
        """See Gunicorn's. Each lane is full, and other threads stay with their connections."""
        return ThreadPoolExecutor(sum(bounds(self.cfg.threads).values()) + self.cfg.threads)

    # The main thread: its loop.

    def run(self) -> None:
        """Receive requests and finish answers until it is stopped. See Gunicorn's."""
        self.poller.register(
            self.method_queue.fileno(), selectors.EVENT_READ, self.method_queue.run_callbacks
        )
        self.set_accept_enabled(True)
        while self.alive and self.is_parent_alive():
            self._turn()
        self.set_accept_enabled(False)
        for each in [each for each in self._connections if each.state is State.OPEN]:
            self._end_open(each)
        stop = time.monotonic() + self.cfg.graceful_timeout
        latest = time.monotonic() + STOP_KEEPALIVE_LINGER
        while self._connections and time.monotonic() < stop:
            for each in self._connections:
                if each.state is State.IDLE:
                    each.deadline = min(each.deadline, latest)
            self._turn()
        for each in list(self._connections):
            self._drop(each)
        self.tpool.shutdown(wait=False)
        self.poller.close()
        self.method_queue.close()
        for listener in self.sockets:
            listener.close()

    def _turn(self) -> None:
        self.notify()
        self.wait_for_and_dispatch_events(timeout=_TICK_SECONDS)
        now = time.monotonic()
        if now >= self._next_tick:
            self._next_tick = now + _TICK_SECONDS
            self._end_what_is_over(now)

    def _end_what_is_over(self, now: float) -> None:
        for each in self._lanes.take_late():
            self._answer_at_once(each, HTTPStatus.SERVICE_UNAVAILABLE, _BUSY)
        for each in list(self._connections):
            if each.state is not State.HANDLED and now >= each.deadline:
                self._expire(each)
        while self._spools.total_bytes > self.limits.max_spooled_bytes:
            sending = [
                each
                for each in self._connections
                if each.state in _SENDING and each.sock.spooled_bytes
            ]
            if not sending:
                break
            self._drop(max(sending, key=lambda each: each.sock.spooled_bytes))

    def _expire(self, conn: Connection) -> None:
        is_moving = conn.state in (State.BODY, *_SENDING)
        if is_moving and conn.moved_bytes() >= self.limits.min_bytes:
            self._set_state(conn, conn.state)
        elif conn.state in (State.HEAD, State.BODY):
            self._answer_at_once(
                conn, HTTPStatus.REQUEST_TIMEOUT, "The request did not come in time."
            )
        else:
            self._drop(conn)

    # The main thread: connections and what comes from them.

    def accept(self, listener: Any) -> None:
        """Take a new connection. See Gunicorn's."""
        try:
            raw, client = listener.accept()
        except OSError as exc:
            if exc.errno in (errno.EMFILE, errno.ENFILE):
                self._make_room()
            elif exc.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        raw.setblocking(False)
        receiver = Receiver(
            self.cfg, client, max_body_bytes=self._max_body_bytes, size=self._spools
        )
        out = ResponseSocket(raw, self._spools)
        conn = Connection(raw, client, listener.getsockname(), receiver, out)
        is_full = len(self._connections) >= self.cfg.worker_connections
        if is_full and not self._make_room():
            self._write_error(conn, HTTPStatus.SERVICE_UNAVAILABLE, _BUSY)
            conn.close()
            return
        self._connections[conn] = None
        self._set_state(conn, State.IDLE, self.limits.head_seconds)
        self._watch(conn, selectors.EVENT_READ, self._on_readable)
        self._call(conn, self._on_readable)  # Most clients have sent their request by now.

    def _make_room(self) -> bool:
        for state in _LEAST_NEEDED:
            for each in self._connections:  # The oldest first.
                if each.state is state:
                    self._drop(each)
                    return True
        return False

    def _on_readable(self, conn: Connection) -> None:
        try:
            data = conn.raw.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            self._drop(conn)
            return
        if data:
            self._take(conn, data)
        elif conn.receiver.has_head:
            self._answer_at_once(conn, HTTPStatus.BAD_REQUEST, "The body breaks off.")
        else:
            self._drop(conn)

    def _take(self, conn: Connection, data: bytes) -> None:
        """Take what has come; have the request handled when it is complete."""
        try:
            conn.request = self._feed(conn, data)
        except _Refused:
            self._take_back(conn, is_kept=False)
            return
        if conn.request is not None:
            self._dispatch(conn)
        elif self._spools.total_bytes > self.limits.max_spooled_bytes:
            self._answer_at_once(conn, HTTPStatus.SERVICE_UNAVAILABLE, _BUSY)
        elif conn.receiver.has_head and conn.state is not State.BODY:
            self._set_state(conn, State.BODY)
            if conn.receiver.take_continue():
                conn.raw.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        elif conn.state is State.IDLE and not conn.receiver.is_idle:
            self._set_state(conn, State.HEAD)

    def _dispatch(self, conn: Connection) -> None:
        self._unwatch(conn)
        conn.state = State.HANDLED
        _classify(conn)
        entry = self._lanes.enter(conn.lane, conn)
        if entry is Entry.STARTS:
            self.tpool.submit(self._serve, conn)
        elif entry is Entry.IS_REFUSED:
            self._answer_at_once(conn, HTTPStatus.SERVICE_UNAVAILABLE, _BUSY)

    # The main thread: what is left of answers.

    def _take_back(self, conn: Connection, is_kept: bool) -> None:
        """Send the rest of an answer; then go on with the connection, or close it."""
        if conn.is_open and not conn.is_gone:
            self._leave_open(conn)
            return
        conn.is_kept = is_kept
        try:
            is_sent = not conn.is_gone and conn.sock.finish()
        except OSError:
            conn.is_gone = True
        if conn.is_gone or conn.sock.is_closed:
            self._drop(conn)
        elif is_sent:
            self._go_on(conn)
        else:
            self._set_state(conn, State.SENDING)
            self._watch(conn, selectors.EVENT_WRITE, self._on_writable)

    def _on_writable(self, conn: Connection) -> None:
        try:
            if conn.sock.flush():
                self._go_on(conn)
        except OSError:
            self._drop(conn)

    def _go_on(self, conn: Connection) -> None:
        if not conn.is_kept:
            self._linger(conn)
        elif conn.request is not None:
            self._dispatch(conn)
        else:
            self._set_state(conn, State.IDLE, self.cfg.keepalive)
            self._watch(conn, selectors.EVENT_READ, self._on_readable)
            if not conn.receiver.is_idle:
                self._take(conn, b"")

    def _linger(self, conn: Connection) -> None:
        """Let the client read the answer: closing at once would destroy it on its way.

        See RFC 9112, section 9.6.
        """
        try:
            conn.raw.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
            return
        self._set_state(conn, State.LINGERING)
        self._watch(conn, selectors.EVENT_READ, self._on_leftover)

    def _on_leftover(self, conn: Connection) -> None:
        try:
            if conn.raw.recv(_READ_BYTES):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._drop(conn)

    def _answer_at_once(self, conn: Connection, status: HTTPStatus, message: str) -> None:
        request, conn.request = conn.request, None
        try:
            self._write_error(conn, status, message, request)
        except OSError:
            conn.is_gone = True
        self._take_back(conn, is_kept=False)

    def _write_error(
        self, conn: Connection, status: HTTPStatus, message: str, request: Any = None
    ) -> None:
        conn.sock.sendall(render_error(status, message, request))
        conn.sock.finish()

    # The main thread: answers that go on after their requests.

    def _leave_open(self, conn: Connection) -> None:
        """Send what there is to tell when there is something, and notice when the client goes."""
        answer = conn.reader.open_answer
        if answer is None or not self.alive:
            self._end_open(conn)
            return
        defer = self.method_queue.defer
        answer.begin(partial(defer, self._send_part, conn), partial(defer, self._end_open, conn))
        self._set_state(conn, State.OPEN)
        self._on_open(conn)

    def _on_open(self, conn: Connection) -> None:
        """Send what the client has not taken yet, and wait for what comes next."""
        if not self._drain(conn):
            self._drop(conn)
            return
        if conn.sock.unsent_bytes:
            if math.isinf(conn.deadline):
                self._set_state(conn, State.OPEN)
            self._watch(conn, selectors.EVENT_READ | selectors.EVENT_WRITE, self._on_open)
        else:
            conn.deadline = math.inf
            self._watch(conn, selectors.EVENT_READ, self._on_open)
            if conn.reader.open_answer is not None:
                conn.reader.open_answer.on_sent()

    def _drain(self, conn: Connection) -> bool:
        """Send what waits, and drop what has come; return whether the client is still there."""
        try:
            conn.sock.flush()
            return bool(conn.raw.recv(_READ_BYTES))
        except BlockingIOError:
            return True
        except OSError:
            return False

    def _send_part(self, conn: Connection, data: bytes) -> None:
        if conn.state is State.OPEN:
            self._call(conn, partial(self._send_part_now, data=data))

    def _send_part_now(self, conn: Connection, data: bytes) -> None:
        try:
            conn.sock.send_part(data)
        except OSError:
            self._drop(conn)
        else:
            self._on_open(conn)

    def _end_open(self, conn: Connection) -> None:
        """End the answer as one that is complete, so that the client comes back for the rest."""
        if conn not in self._connections or not conn.is_open:
            return
        conn.is_open = False
        conn.end_answer()
        self._unwatch(conn)
        try:
            conn.sock.end_parts()
        except OSError:
            conn.is_gone = True
        self._take_back(conn, is_kept=False)

    # The main thread: its notes about connections.

    def _set_state(self, conn: Connection, state: State, seconds: float | None = None) -> None:
        conn.state = state
        if seconds is None:
            seconds = {
                State.HEAD: self.limits.head_seconds,
                State.BODY: self.limits.body_seconds,
                State.SENDING: self.limits.sending_seconds,
                State.OPEN: self.limits.sending_seconds,
                State.LINGERING: self.limits.linger_seconds,
            }[state]
        conn.deadline = time.monotonic() + seconds
        conn.mark_bytes = 0
        conn.mark_bytes = conn.moved_bytes()

    def _watch(self, conn: Connection, events: int, call: Callable[[Connection], None]) -> None:
        self._unwatch(conn)
        self.poller.register(conn.raw, events, lambda _: self._call(conn, call))
        conn.is_watched = True

    def _call(self, conn: Connection, call: Callable[[Connection], None]) -> None:
        """Call a method for what has happened on a connection, which must not end the process."""
        if conn not in self._connections:
            return  # It was dropped for another, after its event had been reported.
        try:
            call(conn)
        except Exception:
            self.log.exception("Error on a connection")
            self._drop(conn)

    def _unwatch(self, conn: Connection) -> None:
        if conn.is_watched:
            self.poller.unregister(conn.raw)
            conn.is_watched = False

    def _drop(self, conn: Connection) -> None:
        if conn in self._connections:
            del self._connections[conn]
            self._unwatch(conn)
            conn.close()

    # The threads.

    def _serve(self, conn: Connection) -> None:
        """Handle the request that is complete, and those that soon follow it."""
        is_kept = False
        try:
            is_kept = self._handle_all(conn)
        except _Refused:
            pass
        except Exception:
            self.log.exception("Error on a connection")
            conn.is_gone = True
        finally:
            self.method_queue.defer(self._take_back, conn, is_kept)

    def _handle_all(self, conn: Connection) -> bool:
        """Return whether another request may come."""
        stays = False
        try:
            while self._handle_in_lane(conn):
                if conn.sock.unsent_bytes:
                    return True
                stays = stays or self._may_stay.acquire(blocking=False)
                if not stays or not self._receive_next(conn):
                    return True
                _classify(conn)
                if not self._lanes.try_start(conn.lane):
                    return True
            return False
        finally:
            if stays:
                self._may_stay.release()

    def _handle_in_lane(self, conn: Connection) -> bool:
        try:
            return self._handle_one(conn)
        finally:
            waiting = self._lanes.leave(conn.lane)
            if waiting is not None:
                self.tpool.submit(self._serve, waiting)
            collect_if_due()

    def _handle_one(self, conn: Connection) -> bool:
        request, conn.request = conn.request, None
        try:
            if conn.reader.is_gone():  # It has waited for its turn, and given up.
                conn.is_gone = True
                return False
            with answering(conn.reader):
                is_kept = bool(self.handle_request(request, conn))
            conn.sock.finish()
            conn.is_open = conn.reader.open_answer is not None
            return is_kept and not conn.is_open
        except StopIteration:  # An answer was broken off.
            conn.is_gone = True
        except OSError as exc:
            if exc.errno not in (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN):
                self.log.exception("Error on a connection")
            conn.is_gone = True
        except Exception as exc:  # noqa: BLE001 - whatever the application raises.
            self.handle_error(request, conn.sock, conn.client, exc)
        finally:
            conn.receiver.release()
        return False

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer what was raised, and log it if it is not the client's mistake. See Gunicorn's.

        Args:
            client: the connection's :class:`ResponseSocket`.
        """
        status = find_status(exc)
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log.error("Error handling a request", exc_info=exc)
        else:
            self.log.warning("Invalid request from ip=%s: %s", addr[0] if addr else "", exc)
        try:
            client.sendall(render_error(status, describe(exc, status), req))
        except OSError:
            self.log.debug("The client has not waited for the error.")

    def _receive_next(self, conn: Connection) -> bool:
        """Wait for a moment; return whether another request has come, completely."""
        deadline = time.monotonic() + STAY_SECONDS
        if not conn.receiver.is_idle:
            conn.request = self._feed(conn, b"")
        for _ in range(_MOST_PIECES):
            if conn.request is not None or not self._receive_piece(conn, deadline):
                break
        return conn.request is not None

    def _receive_piece(self, conn: Connection, deadline: float) -> bool:
        """Wait for bytes of a request; return whether the rest of it may be here soon."""
        if not self.alive and conn.receiver.is_idle:
            return False
        coming = select.poll()
        coming.register(conn.raw, select.POLLIN)
        if not coming.poll(max(0.0, deadline - time.monotonic()) * 1000):
            return False
        try:
            data = conn.raw.recv(_READ_BYTES)
        except OSError:
            conn.is_gone = True
            return False
        if not data:  # What breaks off is answered by the main thread.
            conn.is_gone = conn.receiver.is_idle
            return False
        conn.request = self._feed(conn, data)
        return not conn.receiver.waits_for_continue

    def _feed(self, conn: Connection, data: bytes) -> Any:
        """Return the request that is complete now, or None.

        Raises:
            _Refused: the client has sent something else; the answer says so.
        """
        try:
            return conn.receiver.feed(data)
        except OSError as exc:
            self.log.warning("A body cannot be kept: %s", exc)
            self._write_error(conn, HTTPStatus.SERVICE_UNAVAILABLE, _BUSY)
        except Exception as exc:  # noqa: BLE001 - Gunicorn's errors have no common base.
            self.handle_error(None, conn.sock, conn.client, exc)
        raise _Refused


class _Refused(Exception):
    """A request is refused before it is handled, and the answer is written."""


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


def _classify(conn: Connection) -> None:
    request = conn.request
    conn.reader = Client(conn.sock.has_client_left, hold=conn.sock.hold)
    conn.lane = find_lane(
        request.method,
        unquote_to_wsgi_str(request.path),
        request.query,
        has_credentials=any(name == "AUTHORIZATION" for name, _ in request.headers),
    )


def _allow_files(count: int) -> None:
    """Raise the number of files that this process may open, as far as its owner is allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
