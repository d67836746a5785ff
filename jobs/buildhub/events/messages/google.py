"""Notifications of Google Cloud Storage, as Pub/Sub delivers them.

What happened is in the message's attributes, and the object as the JSON API has it in its data, if
the notification is configured so. Names are as they are, not encoded.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import orjson

from buildhub.archive.bucket.objects import parse_md5
from buildhub.errors import BadEvent
from buildhub.events.messages.message import (
    NOT_WRITTEN,
    ParsedMessage,
    dig,
    parse_moment,
    parse_optional_size,
    parse_path,
    shown,
)
from buildhub.rules.entry import Entry

Value = TypeVar("Value")

_WRITTEN = "OBJECT_FINALIZE"
# In a bucket with versions the second one says that no version is current any more.
_DELETED = ("OBJECT_DELETE", "OBJECT_ARCHIVE")
_REPLACED = "overwrittenByGeneration"
_OBJECT_KIND = "storage#object"


def is_notification(attributes: object) -> bool:
    """Whether these are the attributes of a notification."""
    return isinstance(attributes, Mapping) and {"eventType", "objectId"} <= attributes.keys()


def is_push(document: Mapping[str, Any]) -> bool:
    """Whether Pub/Sub has wrapped a message to push it."""
    return isinstance(document.get("message"), dict) and "subscription" in document


def is_object(document: Mapping[str, Any]) -> bool:
    """Whether this is an object of the JSON API: what is pushed without a wrapper."""
    return document.get("kind") == _OBJECT_KIND


def read_push_data(document: Mapping[str, Any]) -> bytes:
    """Return the data of a pushed message.

    Raises:
        BadEvent: it is not in Base64.
    """
    return bytes(dig(document, _decode_data, "message", "data"))


def read_notification(attributes: Mapping[str, Any], data: bytes, message: ParsedMessage) -> None:
    """Read the attributes and the data of a notification; the data may be empty."""
    event_type = attributes["eventType"]
    is_deleted = event_type in _DELETED and _REPLACED not in attributes
    if event_type != _WRITTEN and not is_deleted:
        message.skipped[NOT_WRITTEN] += 1
        return
    try:
        path = dig(attributes, parse_path, "objectId")
        if is_deleted:
            message.removed.append(path)
            return
        resource = _resource(data)
        # When the object was made is what listings say of it; the event is a moment later.
        has_time = "timeCreated" in resource
        event, time_name = (resource, "timeCreated") if has_time else (attributes, "eventTime")
        message.entries.append(_entry(path, dig(event, parse_moment, time_name), resource))
    except BadEvent as exc:
        message.note_fault(str(exc))


def read_object(resource: Mapping[str, Any], message: ParsedMessage) -> None:
    """Read an object that was pushed without a wrapper; the archive knows whether it is there."""
    try:
        path = dig(resource, parse_path, "name")
        message.entries.append(_entry(path, dig(resource, parse_moment, "timeCreated"), resource))
    except BadEvent as exc:
        message.note_fault(str(exc))


def _entry(path: str, modified: datetime, resource: Mapping[str, Any]) -> Entry:
    """Return the file with what an object says of it, which may be nothing.

    Raises:
        BadEvent: it says something that cannot be understood.
    """
    return Entry(
        path,
        dig(resource, parse_optional_size, "size"),
        modified,
        md5=dig(resource, _if_given(parse_md5), "md5Hash"),
        expires=dig(resource, _if_given(parse_moment), "customTime"),
    )


def _if_given(parse: Callable[[Any], Value]) -> Callable[[Any], Value | None]:
    return lambda value: None if value is None else parse(value)


def _resource(data: bytes) -> dict[str, Any]:
    if not data:
        return {}
    try:
        resource = orjson.loads(data)
    except orjson.JSONDecodeError as exc:
        raise BadEvent(f"data: expected an object in JSON, got {shown(data)}") from exc
    if not isinstance(resource, dict):
        raise BadEvent(f"data: expected an object, got {shown(resource)}")
    return resource


def _decode_data(value: object) -> bytes:
    if value is None:
        return b""
    if not isinstance(value, str):
        raise TypeError(f"expected data in Base64, got {shown(value)}")
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as exc:
        raise ValueError(f"expected data in Base64, got {shown(value)}") from exc
