"""A message about the archive's bucket: which files were written.

Object stores wrap the same document in several ways, one inside the other:

* direct: ``{"Records": [{"eventName": …, "s3": {…}}]}``
* SNS to a function: ``{"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "…"}}]}``
* SNS into a queue: ``{"Type": "Notification", "Message": "…"}``
* a queue to a function: ``{"Records": [{"eventSource": "aws:sqs", "body": "…"}]}``

Wrapped documents are texts of JSON. Messages may come twice, and in any order.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from buildhub.archive.values import decode_key, parse_modified, parse_size
from buildhub.errors import BadEvent
from buildhub.rules.entry import Entry
from buildhub.rules.paths import LONGEST_KEY_BYTES

TEST_MESSAGE = "test-message"
SUBSCRIPTION = "subscription-message"
NOT_WRITTEN = "event-of-another-kind"
WITHOUT_S3 = "event-without-s3"

_CREATED = ("ObjectCreated:", "s3:ObjectCreated:")
_SUBSCRIPTION_TYPES = ("SubscriptionConfirmation", "UnsubscribeConfirmation")

# A queue to a function around SNS around the document itself, and one to spare.
_DEEPEST = 4
_SHOWN_CHARACTERS = 120

# A message of a mebibyte may have half a million faults; nobody reads that many.
_FAULTS_SHOWN = 20


@dataclass(slots=True)
class ParsedMessage:
    """What a message says.

    Attributes:
        entries: files that were written, in the message's order; ``modified`` is the time of the
            event, cut to seconds.
        skipped: what is about no written file, by reason.
        faults: what could not be understood, a sentence each, of the first ones.
        fault_count: how many there are.
    """

    entries: list[Entry] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    fault_count: int = 0

    def note_fault(self, sentence: str) -> None:
        """Note something that could not be understood."""
        self.fault_count += 1
        if len(self.faults) < _FAULTS_SHOWN:
            self.faults.append(sentence)

    @property
    def faults_text(self) -> str:
        """What could not be understood, in one line; "" where everything was."""
        rest = self.fault_count - len(self.faults)
        return "; ".join([*self.faults, f"and {rest} more"] if rest else self.faults)


def parse_document(document: object) -> ParsedMessage:
    """Read a message. Never raises: one bad record must not cost the good ones beside it.

    Args:
        document: decoded JSON, of any form above.
    """
    message = ParsedMessage()
    _read(document, message, 0)
    return message


def parse_message(text: str | bytes) -> ParsedMessage:
    """Read a message that is a text of JSON, as queues hold them."""
    message = ParsedMessage()
    _read_text(text, message, 0)
    return message


def _read_text(text: object, message: ParsedMessage, depth: int) -> None:
    try:
        document = orjson.loads(text)  # type: ignore[arg-type]
    except orjson.JSONDecodeError:
        message.note_fault(f"expected a message in JSON, got {_shown(text)}")
        return
    _read(document, message, depth)


def _read(document: object, message: ParsedMessage, depth: int) -> None:
    if depth > _DEEPEST:
        message.note_fault(f"expected an event, got messages {depth} deep in one another")
    elif not isinstance(document, dict):
        message.note_fault(f"expected an object with Records, got {_shown(document)}")
    elif isinstance(document.get("Records"), list):
        for record in document["Records"]:
            _read_record(record, message, depth)
    elif document.get("Event") == "s3:TestEvent":
        message.skipped[TEST_MESSAGE] += 1
    elif document.get("Type") in _SUBSCRIPTION_TYPES:
        message.skipped[SUBSCRIPTION] += 1
    elif "Message" in document:
        _read_text(document["Message"], message, depth + 1)
    else:
        message.note_fault(f"expected Records or Message, got {_shown(document)}")


def _read_record(record: object, message: ParsedMessage, depth: int) -> None:
    if not isinstance(record, dict):
        message.note_fault(f"expected a record that is an object, got {_shown(record)}")
    elif "s3" in record:
        _read_s3(record, message)
    elif isinstance(record.get("Sns"), dict):
        _read_text(record["Sns"].get("Message"), message, depth + 1)
    elif "body" in record:
        _read_text(record["body"], message, depth + 1)
    else:
        message.skipped[WITHOUT_S3] += 1


def _read_s3(record: Mapping[str, Any], message: ParsedMessage) -> None:
    name = record.get("eventName", _CREATED[0])
    if not (isinstance(name, str) and name.startswith(_CREATED)):
        message.skipped[NOT_WRITTEN] += 1
        return
    try:
        message.entries.append(
            Entry(
                path=_dig(record, _key, "s3", "object", "key"),
                size=_dig(record, _size, "s3", "object", "size"),
                modified=_dig(record, _moment, "eventTime"),
            )
        )
    except BadEvent as exc:
        message.note_fault(str(exc))


def _dig(record: Mapping[str, Any], parse: Callable[[Any], Any], *place: str) -> Any:
    value: Any = record
    for name in place:
        value = value.get(name) if isinstance(value, dict) else None
    try:
        return parse(value)
    except (ValueError, TypeError, OverflowError) as exc:
        message = f"{'.'.join(place)}: {_cut(str(exc))}, in the event {_shown(record)}"
        raise BadEvent(message) from exc


def _key(value: object) -> str:
    """Read a key, which is encoded as a form's value: ``+`` is a space, then ``%XX``."""
    if not isinstance(value, str) or not value:
        raise TypeError(f"expected an object's key, got {_shown(value)}")
    path = decode_key(value)
    if len(path.encode(errors="replace")) > LONGEST_KEY_BYTES:
        raise ValueError(f"expected a key of {LONGEST_KEY_BYTES} bytes at most, got {_shown(path)}")
    return path


def _size(value: object) -> int | None:
    """Read a size in bytes; some senders leave it out."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(f"expected a number of bytes, got {_shown(value)}")
    return parse_size(str(value))


def _moment(value: object) -> datetime:
    if not isinstance(value, str):
        raise TypeError(f"expected a moment as 2018-08-08T09:31:05.412Z, got {_shown(value)}")
    return parse_modified(value).replace(microsecond=0)


def _shown(value: object) -> str:
    return _cut(ascii(value))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
