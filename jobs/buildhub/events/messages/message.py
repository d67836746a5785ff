"""What a message says, as it is read piece by piece."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from buildhub.archive.values import parse_modified, parse_size
from buildhub.errors import BadEvent
from buildhub.rules.entry import Entry
from buildhub.rules.paths import LONGEST_KEY_BYTES

TEST_MESSAGE = "test-message"
SUBSCRIPTION = "subscription-message"
NOT_WRITTEN = "event-of-another-kind"
WITHOUT_S3 = "event-without-s3"

_SHOWN_CHARACTERS = 120

# A message of a mebibyte may have half a million faults; nobody reads that many.
_FAULTS_SHOWN = 20


@dataclass(slots=True)
class ParsedMessage:
    """What a message says.

    Attributes:
        entries: files that were written, in the message's order; ``modified`` is the time of the
            event, cut to seconds.
        removed: the paths of files that were deleted.
        skipped: what is about no file, by reason.
        faults: what could not be understood, a sentence each, of the first ones.
        fault_count: how many there are.
    """

    entries: list[Entry] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
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


def dig(event: object, parse: Callable[[Any], Any], *place: str) -> Any:
    """Return a parsed value of an event.

    Args:
        event: decoded JSON.
        parse: raises ValueError, TypeError or OverflowError.
        place: the names that lead to the value; what is missing is parsed as None.

    Raises:
        BadEvent: it cannot be parsed; the message names the place and shows the event.
    """
    value: Any = event
    for name in place:
        value = value.get(name) if isinstance(value, dict) else None
    try:
        return parse(value)
    except (ValueError, TypeError, OverflowError) as exc:
        message = f"{'.'.join(place)}: {_cut(str(exc))}, in the event {shown(event)}"
        raise BadEvent(message) from exc


def parse_path(value: object) -> str:
    """Read the name of an object as it is."""
    if not isinstance(value, str) or not value:
        raise TypeError(f"expected an object's key, got {shown(value)}")
    if len(value.encode(errors="replace")) > LONGEST_KEY_BYTES:
        raise ValueError(f"expected a key of {LONGEST_KEY_BYTES} bytes at most, got {shown(value)}")
    return value


def parse_optional_size(value: object) -> int | None:
    """Read a size in bytes; some senders leave it out."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(f"expected a number of bytes, got {shown(value)}")
    return parse_size(str(value))


def parse_moment(value: object) -> datetime:
    """Read a time, cut to seconds."""
    if not isinstance(value, str):
        raise TypeError(f"expected a moment as 2018-08-08T09:31:05.412Z, got {shown(value)}")
    return parse_modified(value).replace(microsecond=0)


def shown(value: object) -> str:
    """Return a value as text that is short and harmless."""
    return _cut(ascii(value))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
