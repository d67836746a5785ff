"""A consumer of a queue: receives messages, works on them, deletes or releases each."""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog

from buildhub.counts.summary import Summary
from buildhub.errors import BuildhubError, Unavailable
from buildhub.events.messages.parse import parse_message
from buildhub.events.publish import EventPublisher
from buildhub.events.queues.queue import Message, Queue
from buildhub.events.timing import ListenTiming
from buildhub.events.verdict import METADATA_AWAITED, NOT_IN_ARCHIVE, Fate, Verdict
from buildhub.settings import Settings

log = structlog.get_logger(__name__)

DEAD_LETTER = "dead-letter"
INTERRUPTED = "interrupted"
SERVER_OUT_OF_REACH = "server-out-of-reach"
FOLDER_WATCHED = "folder-watched"

_MAY_BE_COMPLETED = (Fate.NOT_IN_ARCHIVE, Fate.AWAITS_METADATA)
"""A file that is named by an event and not there yet, or a build without its metadata."""

# Writes to one collection take turns: while one worker's are made, another one asks the archive,
# and a third receives messages.
_WORKERS = 3

# Messages that were released and may come again, of which the last reason is remembered.
_REMEMBERED = 10_000


@dataclass(slots=True)
class _Batch:
    """Messages that are worked on together, and what is to become of them."""

    messages: list[Message]
    done: list[Message] = field(default_factory=list)
    released: dict[Message, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


class QueueConsumer:
    """Receives messages, works on them, and sees to it that each is deleted or comes again."""

    def __init__(
        self,
        settings: Settings,
        queue: Queue,
        publisher: EventPublisher,
        summary: Summary,
        on_progress: Callable[[Summary], None],
        *,
        timing: ListenTiming,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._queue = queue
        self._publisher = publisher
        self._summary = summary
        self._on_progress = on_progress
        self._timing = timing
        self._clock = clock
        self._visibility_timeout_seconds = settings.visibility_timeout_seconds
        self._metadata_wait_seconds = settings.metadata_wait_minutes * 60
        self._metadata_only = settings.metadata_events_only
        self._workers = min(_WORKERS, settings.messages_in_flight)
        self._batch_size = settings.messages_in_flight // self._workers
        self._released = _ReleasedMessages()

    async def run(self, stop: asyncio.Event, *, once: bool) -> None:
        """Work until *stop* is set, or, *once*, until the queue is empty.

        Raises:
            Refused, ConfigError: going on is pointless.
        """
        workers = [asyncio.create_task(self._work(stop, once)) for _ in range(self._workers)]
        ending = asyncio.create_task(self._cancel_late_ones(stop, workers))
        try:
            await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in (ending, *workers):
                task.cancel()
            results = await asyncio.gather(*workers, return_exceptions=True)
            self._released.count_into(self._summary)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _cancel_late_ones(
        self, stop: asyncio.Event, workers: list[asyncio.Task[None]]
    ) -> None:
        """Give workers a while to end, once they are to stop."""
        await stop.wait()
        _, late = await asyncio.wait(workers, timeout=self._timing.stop_seconds)
        for worker in late:
            worker.cancel()

    async def _work(self, stop: asyncio.Event, once: bool) -> None:
        failures = 0
        timing = self._timing
        poll_seconds = timing.last_poll_seconds if once else timing.long_poll_seconds
        while not stop.is_set():
            try:
                messages = await self._receive(stop, poll_seconds)
                if messages:
                    await self._handle(messages)
                failures = 0
            except Unavailable as exc:
                failures += 1
                log.warning("consumer_paused", error=str(exc), failures_in_a_row=failures)
                if once and failures > 1:
                    raise
                await _wait(stop, timing.pause_seconds(failures))
                continue
            self._on_progress(self._summary)
            if once and not messages:
                return

    async def _receive(self, stop: asyncio.Event, poll_seconds: int) -> list[Message]:
        """Receive a batch: what comes first, and what is there beside it."""
        messages: list[Message] = []
        while len(messages) < self._batch_size and not stop.is_set():
            receiving = asyncio.create_task(
                self._queue.receive_messages(
                    min(self._batch_size - len(messages), self._queue.largest_batch),
                    wait_seconds=0 if messages else poll_seconds,
                    visibility_timeout_seconds=self._visibility_timeout_seconds,
                )
            )
            await self._first_of(receiving, stop)
            if messages and not receiving.cancelled() and receiving.exception():
                break
            some = [] if receiving.cancelled() else receiving.result()
            messages += some
            if not some:
                break
        return messages

    async def _first_of(self, receiving: asyncio.Task[list[Message]], stop: asyncio.Event) -> None:
        """Wait for *receiving* or *stop*; after *stop* it is cancelled unless it ends at once."""
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((receiving, stopping), return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait((receiving,), timeout=self._timing.last_response_seconds)
        finally:
            stopping.cancel()
            receiving.cancel()
            # Also where it ended in an error, which a cancelled worker does not look at.
            await asyncio.gather(receiving, return_exceptions=True)

    async def _handle(self, messages: list[Message]) -> None:
        """Bring *messages* to their end; those for which that fails are released."""
        batch = _Batch(messages)
        try:
            async with self._extending_visibility(batch):
                await self._settle(batch)
        except (Unavailable, asyncio.CancelledError) as exc:
            await self._release_all(batch, exc)
            raise

    @asynccontextmanager
    async def _extending_visibility(self, batch: _Batch) -> AsyncIterator[None]:
        """Keep the messages invisible to others for as long as the work takes."""
        seconds = self._visibility_timeout_seconds

        async def extend() -> None:
            while True:
                await asyncio.sleep(seconds / 2)
                with suppress(Unavailable):
                    await self._queue.change_visibility(dict.fromkeys(batch.messages, seconds))

        extending = asyncio.create_task(extend())
        try:
            yield
        finally:
            extending.cancel()
            await asyncio.gather(extending, return_exceptions=True)

    async def _settle(self, batch: _Batch) -> None:
        verdicts = await self._publisher.publish_messages(
            {each: parse_message(each.body, each.attributes) for each in batch.messages}
        )
        for message, verdict in verdicts.items():
            self._summary.messages += 1
            await self._apply(verdict, message, batch)
        await self._queue.delete_messages(batch.done)
        for message in batch.done:
            self._released.forget(message)
        await self._queue.change_visibility(batch.released)
        if batch.failures:
            count, reason = len(batch.failures), batch.failures[0]
            log.warning("messages_released", count=count, reason=reason)

    async def _apply(self, verdict: Verdict, message: Message, batch: _Batch) -> None:
        """Note in *batch* what becomes of one message; it may go to the dead-letter queue."""
        if verdict.fate in (Fate.NOT_UNDERSTOOD, Fate.REFUSED):
            await self._dead_letter(batch, message, verdict)
        elif verdict.fate == Fate.RETRY:
            batch.failures.append(verdict.reason)
            self._release_later(batch, message, verdict.reason_code)
        elif self._is_looked_at_again(verdict, message):
            self._release_later(batch, message, verdict.reason_code or FOLDER_WATCHED)
        else:
            batch.done.append(message)

    def _is_looked_at_again(self, verdict: Verdict, message: Message) -> bool:
        is_watched = self._metadata_only and verdict.fate == Fate.DONE
        may_be_completed = is_watched or verdict.fate in _MAY_BE_COMPLETED
        age_seconds = self._clock() - message.sent
        return may_be_completed and age_seconds < self._metadata_wait_seconds

    async def _dead_letter(self, batch: _Batch, message: Message, verdict: Verdict) -> None:
        log.error("message_dead_lettered", message_id=message.id, reason=verdict.reason)
        if await self._queue.send_to_dead_letter_queue(message, verdict.reason):
            self._summary.read_counts.unsettled[DEAD_LETTER] += 1
            batch.done.append(message)
        else:
            self._release_later(batch, message, verdict.reason_code)

    def _release_later(self, batch: _Batch, message: Message, reason_code: str) -> None:
        """Let the message become visible when it is twice as old as now."""
        age_seconds = self._clock() - message.sent
        delay_seconds = max(age_seconds, self._timing.first_delay_seconds)
        batch.released[message] = int(min(delay_seconds, self._queue.longest_delay_seconds))
        self._released.note(message, reason_code)

    async def _release_all(self, batch: _Batch, error: BaseException) -> None:
        """Release what was received, so that another consumer need not wait for it."""
        interrupted = isinstance(error, asyncio.CancelledError)
        delay_seconds = 0 if interrupted else self._timing.first_delay_seconds
        for message in batch.messages:
            self._released.note(message, INTERRUPTED if interrupted else SERVER_OUT_OF_REACH)
        releasing = self._queue.change_visibility(dict.fromkeys(batch.messages, delay_seconds))
        with suppress(BuildhubError):
            await asyncio.shield(releasing)


class _ReleasedMessages:
    """Messages that were released and may come again, each with its last reason."""

    def __init__(self) -> None:
        self._reason_codes: OrderedDict[str, str] = OrderedDict()

    def note(self, message: Message, reason_code: str) -> None:
        """Note why a message was released."""
        self._reason_codes[message.id] = reason_code
        self._reason_codes.move_to_end(message.id)
        if len(self._reason_codes) > _REMEMBERED:
            self._reason_codes.popitem(last=False)

    def forget(self, message: Message) -> None:
        """Forget a message that was deleted."""
        self._reason_codes.pop(message.id, None)

    def count_into(self, summary: Summary) -> None:
        """Count what is left in the queue: it waits for the archive, or could not be settled."""
        reasons = Counter(self._reason_codes.values())
        waiting = (METADATA_AWAITED, FOLDER_WATCHED, NOT_IN_ARCHIVE)
        summary.waiting = sum(reasons.pop(reason, 0) for reason in waiting)
        summary.read_counts.unsettled.update(reasons)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
