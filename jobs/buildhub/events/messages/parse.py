"""A message about the archive's bucket: which files were written.

Object stores wrap the same document in several ways, one inside the other:

* direct: ``{"Records": [{"eventName": …, "s3": {…}}]}``
* SNS to a function: ``{"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "…"}}]}``
* SNS into a queue: ``{"Type": "Notification", "Message": "…"}``
* a queue to a function: ``{"Records": [{"eventSource": "aws:sqs", "body": "…"}]}``
* EventBridge: ``{"detail-type": "Object Created", "detail": {…}}``
* Pub/Sub, pushed: ``{"message": {"attributes": {…}, "data": "…"}, "subscription": "…"}``
* Pub/Sub, pushed without a wrapper: ``{"kind": "storage#object", …}``
* Pub/Sub, pulled: the object, or nothing, beside attributes

Wrapped documents are texts of JSON. Messages may come twice, and in any order.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson

from buildhub.errors import BadEvent
from buildhub.events.messages.google import (
    is_notification,
    is_object,
    is_push,
    read_notification,
    read_object,
    read_push_data,
)
from buildhub.events.messages.message import (
    SUBSCRIPTION,
    TEST_MESSAGE,
    WITHOUT_S3,
    ParsedMessage,
    shown,
)
from buildhub.events.messages.s3 import is_event_bridge, read_event_bridge, read_s3

_SUBSCRIPTION_TYPES = ("SubscriptionConfirmation", "UnsubscribeConfirmation")

# A queue to a function around SNS around the document itself, and one to spare.
_DEEPEST = 4


def parse_document(document: object) -> ParsedMessage:
    """Read a message. Never raises: one bad record must not cost the good ones beside it.

    Args:
        document: decoded JSON, of any form above.
    """
    message = ParsedMessage()
    _read(document, message, 0)
    return message


def parse_message(
    text: str | bytes, attributes: Mapping[str, str] = MappingProxyType({})
) -> ParsedMessage:
    """Read a message that is a text of JSON, as queues hold them.

    Args:
        text: the message, or an empty one where its attributes say all.
        attributes: of the message in the queue.
    """
    message = ParsedMessage()
    if is_notification(attributes):
        data = text.encode(errors="surrogateescape") if isinstance(text, str) else text
        read_notification(attributes, data, message)
    else:
        _read_text(text, message, 0)
    return message


def _read_text(text: object, message: ParsedMessage, depth: int) -> None:
    try:
        document = orjson.loads(text)  # type: ignore[arg-type]
    except orjson.JSONDecodeError:
        message.note_fault(f"expected a message in JSON, got {shown(text)}")
        return
    _read(document, message, depth)


def _read(document: object, message: ParsedMessage, depth: int) -> None:
    if depth > _DEEPEST:
        message.note_fault(f"expected an event, got messages {depth} deep in one another")
    elif not isinstance(document, dict):
        message.note_fault(f"expected an object with Records, got {shown(document)}")
    elif isinstance(document.get("Records"), list):
        for record in document["Records"]:
            _read_record(record, message, depth)
    else:
        _read_single(document, message, depth)


def _read_single(document: dict[str, Any], message: ParsedMessage, depth: int) -> None:
    if document.get("Event") == "s3:TestEvent":
        message.skipped[TEST_MESSAGE] += 1
    elif document.get("Type") in _SUBSCRIPTION_TYPES:
        message.skipped[SUBSCRIPTION] += 1
    elif "Message" in document:
        _read_text(document["Message"], message, depth + 1)
    elif is_event_bridge(document):
        read_event_bridge(document, message)
    elif is_push(document):
        _read_push(document, message, depth)
    elif is_object(document):
        read_object(document, message)
    else:
        message.note_fault(f"expected Records or Message, got {shown(document)}")


def _read_record(record: object, message: ParsedMessage, depth: int) -> None:
    if not isinstance(record, dict):
        message.note_fault(f"expected a record that is an object, got {shown(record)}")
    elif "s3" in record:
        read_s3(record, message)
    elif isinstance(record.get("Sns"), dict):
        _read_text(record["Sns"].get("Message"), message, depth + 1)
    elif "body" in record:
        _read_text(record["body"], message, depth + 1)
    else:
        message.skipped[WITHOUT_S3] += 1


def _read_push(document: dict[str, Any], message: ParsedMessage, depth: int) -> None:
    try:
        data = read_push_data(document)
    except BadEvent as exc:
        message.note_fault(str(exc))
        return
    attributes = document["message"].get("attributes")
    if is_notification(attributes):
        read_notification(attributes, data, message)
    else:
        _read_text(data, message, depth + 1)
