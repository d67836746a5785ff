"""A client of Server-Sent Events, which reads the bytes itself, and waits for what it expects."""

import http.client
import json
import queue
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

PATIENCE_SECONDS = 20.0

_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Event:
    """An event, as the HTML standard has a browser dispatch it."""

    id: str
    name: str
    data: str

    @property
    def json(self) -> Any:
        return json.loads(self.data)


@dataclass
class EventParser:
    """The standard's algorithm (section 9.2.6), a whole text at a time, written from it alone."""

    last_id: str = ""
    retry_ms: int | None = None
    _name: str = ""
    _data: list[str] = field(default_factory=list)

    def parse(self, text: str) -> Iterator[Event]:
        for line in _LINE_END.split(text):
            if not line:
                if self._data:
                    yield Event(self.last_id, self._name or "message", "\n".join(self._data))
                self._name, self._data = "", []
                continue
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                self._name = value
            elif name == "data":
                self._data.append(value)
            elif name == "id" and "\0" not in value:
                self.last_id = value
            elif name == "retry" and value.isdecimal():
                self.retry_ms = int(value)


class Stream:
    """An open answer, which a thread reads.

    Attributes:
        response: of http.client, whose headers have come.
        has_ended: the server has ended it, as a whole.
        is_broken: the connection broke off.
        comment_count: number of comments so far.
    """

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        self._connection.request("GET", f"{parts.path}?{parts.query}", headers=headers or {})
        self._socket = self._connection.sock
        self.response = self._connection.getresponse()
        self._parser = EventParser()
        self._pieces: queue.Queue[bytes | None] = queue.Queue()
        self._text = ""
        self.has_ended = self.is_broken = False
        self.comment_count = 0
        self._thread = threading.Thread(target=self._read_all, daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def last_id(self) -> str:
        return self._parser.last_id

    @property
    def retry_ms(self) -> int | None:
        return self._parser.retry_ms

    def wait_for(self, count: int) -> list[Event]:
        """Return so many events; fewer only where the stream ends."""
        found: list[Event] = []
        give_up = time.monotonic() + PATIENCE_SECONDS
        while len(found) < count and not self.has_ended:
            assert time.monotonic() < give_up, f"{len(found)} of {count} events came"
            found += self.read(1.0)
        return found

    def wait_for_end(self) -> list[Event]:
        """Return all events up to the end."""
        return self.wait_for(sys.maxsize)

    def read(self, seconds: float) -> list[Event]:
        """Return the events that come next, if some do in the time."""
        try:
            data = self._pieces.get(timeout=seconds)
        except queue.Empty:
            return []
        if data is None:
            self.has_ended = True
            return []
        self._text += data.decode()
        whole, end, self._text = self._text.rpartition("\n\n")
        self.comment_count += len(re.findall(r"(?m)^:", whole))
        return list(self._parser.parse(whole + end))

    def _read_all(self) -> None:
        try:
            while data := self.response.read1(1 << 20):
                self._pieces.put(data)
        except (OSError, ValueError, http.client.HTTPException):
            self.is_broken = True
        self._pieces.put(None)

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        if self._thread.is_alive():
            self._thread.join(PATIENCE_SECONDS)
        self.response.close()
        self._connection.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def listening(url: str, headers: dict[str, str] | None = None) -> Iterator[Stream]:
    """Listen; return once the position is known, after which nothing is missed."""
    with Stream(url, headers) as stream:
        assert stream.response.status == 200, stream.response.read()
        stream.start()
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not stream.last_id:
            assert time.monotonic() < give_up
            assert stream.read(1.0) == []
        yield stream
