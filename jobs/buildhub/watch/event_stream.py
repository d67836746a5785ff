"""Server-Sent Events, read from bytes as they come (HTML standard, section 9.2)."""

import re
from dataclasses import dataclass

from buildhub.client.errors import BrokenAnswer

# A record has a kilobyte. Whoever sends more than that without a line break is no catalogue.
_LONGEST_LINE_BYTES = 16 * 2**20

# The end of a line, unless its other half may still come.
_LINE_END = re.compile(rb"\r\n|\n|\r(?!\Z)")


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """An event: its name, ``message`` where it has none, and its data."""

    name: str
    data: str


class EventStreamParser:
    """Reads a stream.

    Attributes:
        last_id: the ``id`` that came last, "" before the first; it may come without an event.
        retry_seconds: how long the server asks to wait before coming back; None: it does not.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._name = self._id = ""
        self._data: list[str] = []
        self.last_id = ""
        self.retry_seconds: float | None = None

    def feed(self, data: bytes) -> list[ServerEvent]:
        """Return the events that are complete.

        Raises:
            BrokenAnswer: there is no end of a line for too long.
        """
        *lines, self._rest = _LINE_END.split(self._rest + data)
        if len(self._rest) > _LONGEST_LINE_BYTES:
            raise BrokenAnswer(f"a line of over {_LONGEST_LINE_BYTES} bytes in a stream of events")
        found = (self._read_line(line.decode(errors="replace")) for line in lines)
        return [event for event in found if event is not None]

    def _read_line(self, line: str) -> ServerEvent | None:
        if not line:
            return self._finish_event()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._name = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdecimal():
            self.retry_seconds = int(value) / 1000
        return None

    def _finish_event(self) -> ServerEvent | None:
        self.last_id = self._id  # Not before: what breaks off was not received.
        name, data = self._name or "message", self._data
        self._name, self._data = "", []
        return ServerEvent(name, "\n".join(data)) if data else None
