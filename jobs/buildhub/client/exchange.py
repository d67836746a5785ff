"""A request and how its answer is read, as values: the drivers do nothing but carry them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import orjson

from buildhub.client.errors import BadRequest, BrokenAnswer, Refused, RequestError

Value = TypeVar("Value")
Other = TypeVar("Other")

_REFUSALS = frozenset({401, 403})
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered, whole."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body's JSON.

        Raises:
            BrokenAnswer: it is none.
        """
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as exc:
            raise BrokenAnswer(
                f"{self.url}: expected JSON from a catalogue, got {self.body[:40]!r}"
            ) from exc

    def check(self) -> None:
        """Raise the error that the server answered, if it is one."""
        if 300 <= self.status < 400:
            target = self.headers.get("Location", "nowhere")
            raise BrokenAnswer(f"{self.url}: leads to {target}, which a catalogue does not")
        if self.status < 400:
            return
        if self.status in _REFUSALS:
            raise Refused(self.message, self.status)
        if self.status < 500:
            raise BadRequest(self.message, self.status)
        raise RequestError(self.message, self.status)

    @property
    def message(self) -> str:
        """What went wrong, in the server's own sentence, and where."""
        return f"{self.sentence} ({self.status}, {self.url})"

    @property
    def sentence(self) -> str:
        """The message of the server's error object, or the beginning of what came."""
        return error_sentence(self.body)


def error_sentence(body: bytes) -> str:
    """Return the message of Kinto's or Elasticsearch's error object, or the body's beginning."""
    try:
        error = orjson.loads(body)
        inner = error.get("error")
        error = inner if isinstance(inner, dict) else error
        return str(error.get("message") or error.get("reason") or error["error"])
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
        return body[:_SHOWN].decode(errors="replace") or "no message"


@dataclass(frozen=True, slots=True)
class Question(Generic[Value]):
    """One request, and how its answer is read.

    Attributes:
        path: below the address of the API, such as ``/buckets/…``, or a whole address.
        read: makes the value of an answer that is no error; raises what `Answer.json` does, and
            `Empty`.
        parameters: of the query string, in their order.
        body: None where there is none.
        headers: besides those that every request has.
        expected_errors: statuses that `read` understands, though they are errors.
    """

    path: str
    read: Callable[[Answer], Value]
    method: str = "GET"
    parameters: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    expected_errors: frozenset[int] = frozenset()

    def url(self, root: str) -> str:
        """Return the address; *root* is that of the API."""
        address = self.path if "://" in self.path else root + self.path
        return f"{address}?{urlencode(self.parameters)}" if self.parameters else address

    def then(self, change: Callable[[Value], Other]) -> "Question[Other]":
        """Return the same question, whose answer is changed."""
        read = self.read
        return Question(
            self.path,
            lambda answer: change(read(answer)),
            self.method,
            self.parameters,
            self.body,
            self.headers,
            self.expected_errors,
        )

    def answered(self, answer: Answer) -> Value:
        """Return the value of an answer.

        Raises:
            RequestError: it is an error.
            BrokenAnswer: it is not what a catalogue answers.
            Empty: nothing was found.
        """
        if answer.status not in self.expected_errors:
            answer.check()
        try:
            return self.read(answer)
        except (KeyError, TypeError, ValueError, IndexError) as exc:
            raise BrokenAnswer(f"{answer.url}: not what a catalogue answers ({exc!r})") from exc


@dataclass(frozen=True, slots=True)
class Asked:
    """What nothing was found for, to say why.

    Attributes:
        text: in words: ``build 20170914084942``.
        product: that was asked for, or None for any.
        channel: likewise.
        moment: when what was asked for was built, or None if that does not matter.
        sentence: why the server says that there is nothing, or None.
    """

    text: str
    product: str | None = None
    channel: str | None = None
    moment: datetime | None = None
    sentence: str | None = None


class Empty(Exception):
    """Nothing was found. The drivers look at the coverage, and raise why.

    Attributes:
        asked: for what.
    """

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked.text)
        self.asked = asked
