"""Server-Sent Events, as the HTML standard has them (section 9.2).

An event is a block of lines, ``name: value``, and ends with an empty line. The ``id`` of an event
is the timestamp of the change, so that a client that comes back with ``Last-Event-ID`` goes on
after the last change that it has.
"""

from collections.abc import Iterable

from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.source import dump_json

MEDIA_TYPE = "text/event-stream"

CHANGE = "change"
DELETE = "delete"
END = "end"

RETRY_MS = 2000
"""How long a client is asked to wait before it comes back."""

KEEP_ALIVE = b":\n\n"
"""A comment: clients skip it, and whoever stands between sees that the connection lives."""


def render_start(position: int) -> bytes:
    """Return the beginning of a stream, which tells the position without being an event.

    A client that comes back before anything has happened misses nothing, therefore.
    """
    return b"retry: %d\nid: %d\n\n" % (RETRY_MS, position)


def render_changes(changes: Iterable[Change]) -> bytes:
    """Return an event for each change, in their order."""
    return b"".join(map(_render_change, changes))


def render_end(reason: str) -> bytes:
    """Return the event that says why the stream ends for good.

    Args:
        reason: a sentence without line breaks.
    """
    return b"event: %s\ndata: %s\n\n" % (END.encode(), dump_json({"message": reason}).strip())


def _render_change(change: Change) -> bytes:
    name, data = CHANGE, change.record
    if data is None:
        name = DELETE
        data = {"id": change.record_id, "last_modified": change.timestamp, "deleted": True}
    # JSON has no line breaks, whatever is in its strings.
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (
        change.timestamp,
        name.encode(),
        dump_json(data).strip(),
    )
