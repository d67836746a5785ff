"""Changes of a catalogue as they happen: by its stream of events, or by polling where it has none.

Both go on from a position, the timestamp of the last change, so changing from one to the other
misses nothing and brings nothing twice.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson

from buildhub.aio.retries import Busy
from buildhub.client.async_transport import AsyncTransport
from buildhub.client.errors import BrokenAnswer, RequestError, Unavailable
from buildhub.client.options import RECORDS_PER_REQUEST, Options
from buildhub.client.questions import Questions
from buildhub.watch.event_stream import EventStreamParser, ServerEvent

Document = Mapping[str, Any]
"""A record, or the tombstone of a deleted one."""

# The server sends a comment every 15 seconds. Where nothing comes for that long, the connection is
# dead, or a proxy holds events back.
SILENCE_SECONDS = 45.0

# A server without the endpoint, or one that cannot leave an answer open.
_WITHOUT_STREAM = frozenset({404, 405, 406, 501})

_JITTER = 0.2

_KEYS = frozenset({"id", "last_modified"})


@dataclass(frozen=True, slots=True)
class Batch:
    """What has come together: documents in the order of their timestamps.

    Attributes:
        position: the timestamp after which to go on, once they are dealt with.
    """

    documents: Sequence[Document]
    position: int


class Follower:
    """Follows a catalogue, through breaks and restarts of its server.

    Args:
        options: the server.
        poll_seconds: how often to ask a server that has no stream.
        report: takes a sentence about each trouble.
    """

    def __init__(
        self, options: Options, *, poll_seconds: float, report: Callable[[str], None]
    ) -> None:
        self._options, self._poll_seconds, self._report = options, poll_seconds, report
        self._questions = Questions(options.bucket, options.collection)
        self._transport = AsyncTransport(options)
        self._position = 0
        self._retry_seconds = 0.0
        self._has_stream = True

    async def batches(self, position: int | None) -> AsyncGenerator[Batch, None]:
        """Yield what changes after a timestamp, without end; None stands for now.

        The first batch says where it begins.

        Raises:
            RequestError: the server refuses; waiting would not help.
        """
        if position is None:
            position = await self._transport.ask(self._questions.timestamp())
        self._position = position
        yield Batch((), position)
        waits = self._options.retry_policy.waits.iter_own()
        while True:
            began = self._position
            try:
                async with aclosing(self._listen() if self._has_stream else self._poll()) as some:
                    async for batch in some:
                        self._position = batch.position
                        yield batch
                wait = self._retry_seconds if self._has_stream else self._poll_seconds
            except Unavailable as exc:
                self._report(str(exc))
                if self._position != began:
                    waits = self._options.retry_policy.waits.iter_own()
                asked = exc.asked_wait_seconds if isinstance(exc, Busy) else None
                wait = self._options.retry_policy.waits.limit(asked) + next(waits)
            # Clients that have lost their server together do not come back together.
            await asyncio.sleep(wait * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311
            if self._has_stream:
                async for batch in self._poll_if_possible():
                    self._position = batch.position
                    yield batch

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def _listen(self) -> AsyncGenerator[Batch, None]:
        """Yield what comes until the server ends the stream."""
        question = self._questions.listen(self._position)
        parser = EventStreamParser()
        try:
            async with (
                self._transport.stream(question, silence_seconds=SILENCE_SECONDS) as pieces,
                aclosing(pieces),
            ):
                async for piece in pieces:
                    documents = _documents(parser.feed(piece))
                    self._retry_seconds = parser.retry_seconds or self._retry_seconds
                    if parser.last_id and int(parser.last_id) != self._position:
                        yield Batch(documents, int(parser.last_id))
        except RequestError as exc:
            if exc.status not in _WITHOUT_STREAM:
                raise
            self._has_stream = False
            self._report(f"There is no stream of changes, so the server is polled: {exc}")
            async for batch in self._poll():
                yield batch
        except ValueError as exc:
            raise BrokenAnswer(f"the stream of changes is none of a catalogue: {exc}") from exc

    async def _poll(self) -> AsyncGenerator[Batch, None]:
        """Yield what has changed, up to now."""
        position = self._position
        while True:
            question = self._questions.changed_since(position, limit=RECORDS_PER_REQUEST)
            documents = await self._transport.ask(question)
            if not documents:
                return
            position = int(documents[-1]["last_modified"])
            yield Batch(documents, position)
            if len(documents) < RECORDS_PER_REQUEST:
                return

    async def _poll_if_possible(self) -> AsyncGenerator[Batch, None]:
        try:
            async with aclosing(self._poll()) as some:
                async for batch in some:
                    yield batch
        except Unavailable as exc:
            self._report(str(exc))


def _documents(events: Sequence[ServerEvent]) -> list[Document]:
    """Return what events are about.

    Raises:
        Busy: the server has ended the stream for good; asking again says why.
        ValueError: there is no record in one.
    """
    found: list[Document] = []
    for event in events:
        if event.name == "end":
            raise Busy(str(orjson.loads(event.data).get("message", "The stream has ended.")))
        if event.name in ("change", "delete"):
            document = orjson.loads(event.data)
            if not isinstance(document, dict) or not document.keys() >= _KEYS:
                raise ValueError(f"{event.data[:40]!r} is no record")
            found.append(document)
    return found
