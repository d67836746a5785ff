"""Events of Amazon S3: its own, and those that EventBridge passes on."""

from collections.abc import Callable, Mapping
from typing import Any

from buildhub.archive.values import decode_key
from buildhub.errors import BadEvent
from buildhub.events.messages.message import (
    NOT_WRITTEN,
    ParsedMessage,
    dig,
    parse_moment,
    parse_optional_size,
    parse_path,
)
from buildhub.rules.entry import Entry

_CREATED = ("ObjectCreated:", "s3:ObjectCreated:")
_REMOVED = (
    "ObjectRemoved:",
    "s3:ObjectRemoved:",
    "LifecycleExpiration:",
    "s3:LifecycleExpiration:",
)
_CREATED_DETAIL = "Object Created"
_REMOVED_DETAIL = "Object Deleted"


def read_s3(record: Mapping[str, Any], message: ParsedMessage) -> None:
    """Read one of ``Records``: ``{"eventName": …, "eventTime": …, "s3": {"object": {…}}}``."""
    name = record.get("eventName", _CREATED[0])
    place = ("s3", "object")
    if not isinstance(name, str):
        message.skipped[NOT_WRITTEN] += 1
    elif name.startswith(_CREATED):
        _read_object(record, message, _encoded_path, place, time_name="eventTime")
    elif name.startswith(_REMOVED):
        _read_removed(record, message, _encoded_path, place)
    else:
        message.skipped[NOT_WRITTEN] += 1


def is_event_bridge(document: Mapping[str, Any]) -> bool:
    """Whether this is an event as EventBridge wraps it."""
    return "detail-type" in document


def read_event_bridge(document: Mapping[str, Any], message: ParsedMessage) -> None:
    """Read ``{"detail-type": …, "time": …, "detail": {"object": {…}}}``; keys are not encoded."""
    place = ("detail", "object")
    if document["detail-type"] == _CREATED_DETAIL:
        _read_object(document, message, parse_path, place, time_name="time")
    elif document["detail-type"] == _REMOVED_DETAIL:
        _read_removed(document, message, parse_path, place)
    else:
        message.skipped[NOT_WRITTEN] += 1


def _read_object(
    event: Mapping[str, Any],
    message: ParsedMessage,
    parse_key: Callable[[Any], str],
    place: tuple[str, ...],
    *,
    time_name: str,
) -> None:
    try:
        message.entries.append(
            Entry(
                path=dig(event, parse_key, *place, "key"),
                size=dig(event, parse_optional_size, *place, "size"),
                modified=dig(event, parse_moment, time_name),
            )
        )
    except BadEvent as exc:
        message.note_fault(str(exc))


def _read_removed(
    event: Mapping[str, Any],
    message: ParsedMessage,
    parse_key: Callable[[Any], str],
    place: tuple[str, ...],
) -> None:
    try:
        message.removed.append(dig(event, parse_key, *place, "key"))
    except BadEvent as exc:
        message.note_fault(str(exc))


def _encoded_path(value: object) -> str:
    """Read a key, which is encoded as a form's value: ``+`` is a space, then ``%XX``."""
    return parse_path(decode_key(value) if isinstance(value, str) else value)
