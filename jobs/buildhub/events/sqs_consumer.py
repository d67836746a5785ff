"""What a consumer of a queue does with messages: takes, settles, puts back, buries."""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog

from buildhub.counts.summary import Summary
from buildhub.errors import BadEvent, BuildhubError, Unavailable
from buildhub.events.parse import Events, parse_message
from buildhub.events.publish import METADATA_AWAITED, Arrivals, Outcome, State
from buildhub.events.sqs import LARGEST_BATCH, LONGEST_DELAY_SECONDS, Message, Queue
from buildhub.settings import Settings

log = structlog.get_logger(__name__)

DEAD_LETTER = "dead-letter"
POISON = "not-understood"
INTERRUPTED = "interrupted"
SERVER_OUT_OF_REACH = "server-out-of-reach"
FOLDER_WATCHED = "folder-watched"

# Writes to one collection take turns: while one worker's are made, another one asks the archive,
# and a third takes messages.
_WORKERS = 3

_LONGEST_WAIT_SECONDS = 20
_LAST_LOOK_SECONDS = 1

# A message that waits is looked at again when it is twice as old, and not sooner than this.
_FIRST_DELAY_SECONDS = 15

# How long the other side is left alone when it fails, from the first time to the tenth.
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0

# Containers are killed ten seconds after they were told to stop.
_STOP_SECONDS = 7.0

_LAST_ANSWER_SECONDS = 1.0

# Messages that were put back and may come again, of which the last reason is remembered.
_REMEMBERED = 10_000


@dataclass(slots=True)
class _Batch:
    """Messages that are worked on together, and what is to become of them."""

    messages: list[Message]
    done: list[Message] = field(default_factory=list)
    delays: dict[Message, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


class Consumer:
    """Takes messages, works on them, and sees to it that each is settled or comes again."""

    def __init__(
        self,
        settings: Settings,
        queue: Queue,
        arrivals: Arrivals,
        summary: Summary,
        on_progress: Callable[[Summary], None],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._queue = queue
        self._arrivals = arrivals
        self._summary = summary
        self._on_progress = on_progress
        self._clock = clock
        self._hold_seconds = settings.visibility_timeout_seconds
        self._metadata_wait_seconds = settings.metadata_wait_minutes * 60
        self._metadata_only = settings.metadata_events_only
        self._workers = min(_WORKERS, settings.messages_in_flight)
        self._batch_size = settings.messages_in_flight // self._workers
        self._put_back: OrderedDict[str, str] = OrderedDict()

    async def run(self, stop: asyncio.Event, *, once: bool) -> None:
        """Work until *stop* is set, or, *once*, until the queue is empty.

        Raises:
            Refused, ConfigError: going on is pointless.
        """
        workers = [asyncio.create_task(self._work(stop, once)) for _ in range(self._workers)]
        ending = asyncio.create_task(self._end_late_ones(stop, workers))
        try:
            await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in (ending, *workers):
                task.cancel()
            results = await asyncio.gather(*workers, return_exceptions=True)
            self._conclude()
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _end_late_ones(self, stop: asyncio.Event, workers: list[asyncio.Task[None]]) -> None:
        """Give workers a while to end, once they are to stop."""
        await stop.wait()
        _, late = await asyncio.wait(workers, timeout=_STOP_SECONDS)
        for worker in late:
            worker.cancel()

    async def _work(self, stop: asyncio.Event, once: bool) -> None:
        failures = 0
        while not stop.is_set():
            try:
                messages = await self._take(stop, _LAST_LOOK_SECONDS if once else None)
                if messages:
                    await self._handle(messages)
                failures = 0
            except Unavailable as exc:
                failures += 1
                log.warning("listen_pauses", error=str(exc), failures_in_a_row=failures)
                if once and failures > 1:
                    raise
                pause = min(_FIRST_PAUSE_SECONDS * 2 ** min(failures, 10), _LONGEST_PAUSE_SECONDS)
                await _wait(stop, pause)
                continue
            self._on_progress(self._summary)
            if once and not messages:
                return

    async def _take(self, stop: asyncio.Event, wait_seconds: int | None) -> list[Message]:
        """Take a batch: what comes first, and what is there beside it."""
        messages: list[Message] = []
        wait = _LONGEST_WAIT_SECONDS if wait_seconds is None else wait_seconds
        while len(messages) < self._batch_size and not stop.is_set():
            count = min(self._batch_size - len(messages), LARGEST_BATCH)
            taking = asyncio.create_task(self._queue.take(count, wait, self._hold_seconds))
            await _first_of(taking, stop)
            if messages and not taking.cancelled() and taking.exception():
                break
            some = [] if taking.cancelled() else taking.result()
            messages += some
            if not some:
                break
            wait = 0
        return messages

    async def _handle(self, messages: list[Message]) -> None:
        """Bring *messages* to their end; those for which that fails are put back."""
        batch = _Batch(messages)
        try:
            async with self._holding(batch):
                await self._settle(batch)
        except (Unavailable, asyncio.CancelledError) as exc:
            await self._give_back(batch, exc)
            raise

    @asynccontextmanager
    async def _holding(self, batch: _Batch) -> AsyncIterator[None]:
        """Keep the messages ours for as long as the work takes."""

        async def hold() -> None:
            while True:
                await asyncio.sleep(self._hold_seconds / 2)
                with suppress(Unavailable):
                    await self._queue.delay(dict.fromkeys(batch.messages, self._hold_seconds))

        holding = asyncio.create_task(hold())
        try:
            yield
        finally:
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)

    async def _settle(self, batch: _Batch) -> None:
        parsed = {message: parse_message(message.body) for message in batch.messages}
        entries = [entry for events in parsed.values() for entry in events.entries]
        outcomes = await self._arrivals.take(entries)
        for message, events in parsed.items():
            self._summary.messages += 1
            self._summary.read_counts.skipped.update(events.skipped)
            await self._judge(batch, message, events, outcomes)
        await self._queue.delete(batch.done)
        for message in batch.done:
            self._put_back.pop(message.id, None)
        await self._queue.delay(batch.delays)
        if batch.failures:
            shown = batch.failures[0]
            log.warning("messages_put_back", count=len(batch.failures), reason=shown)

    async def _judge(
        self, batch: _Batch, message: Message, events: Events, outcomes: dict[str, Outcome]
    ) -> None:
        """Decide what becomes of one message."""
        try:
            events.check()
        except BadEvent as exc:
            await self._bury(batch, message, f"{POISON}: {exc}")
            return
        worst = max(
            (outcomes[entry.path] for entry in events.entries),
            key=lambda outcome: outcome.state,
            default=Outcome(State.DONE),
        )
        if worst.state == State.REFUSED:
            await self._bury(batch, message, worst.reason)
        elif worst.state == State.OUT_OF_REACH:
            batch.failures.append(worst.reason)
            self._postpone(batch, message, worst.reason)
        elif events.entries and self._is_worth_another_look(message, worst):
            self._postpone(batch, message, worst.reason or FOLDER_WATCHED)
        else:
            batch.done.append(message)

    def _is_worth_another_look(self, message: Message, outcome: Outcome) -> bool:
        if outcome.state == State.DONE and not self._metadata_only:
            return False
        return self._clock() - message.sent < self._metadata_wait_seconds

    async def _bury(self, batch: _Batch, message: Message, reason: str) -> None:
        log.error("message_hopeless", message_id=message.id, reason=reason)
        if await self._queue.bury(message, reason):
            self._summary.read_counts.unsettled[DEAD_LETTER] += 1
            batch.done.append(message)
        else:
            self._postpone(batch, message, reason)

    def _postpone(self, batch: _Batch, message: Message, reason: str) -> None:
        """Let the message come again when it is twice as old as now."""
        age_seconds = self._clock() - message.sent
        delay = max(age_seconds, _FIRST_DELAY_SECONDS)
        batch.delays[message] = int(min(delay, LONGEST_DELAY_SECONDS))
        self._note_put_back(message, reason)

    def _note_put_back(self, message: Message, reason: str) -> None:
        self._put_back[message.id] = reason.partition(":")[0]
        self._put_back.move_to_end(message.id)
        if len(self._put_back) > _REMEMBERED:
            self._put_back.popitem(last=False)

    async def _give_back(self, batch: _Batch, error: BaseException) -> None:
        """Put back what was taken, so that another consumer need not wait for it."""
        interrupted = isinstance(error, asyncio.CancelledError)
        delay = 0 if interrupted else _FIRST_DELAY_SECONDS
        reason = INTERRUPTED if interrupted else SERVER_OUT_OF_REACH
        for message in batch.messages:
            self._note_put_back(message, reason)
        with suppress(BuildhubError):
            await asyncio.shield(self._queue.delay(dict.fromkeys(batch.messages, delay)))

    def _conclude(self) -> None:
        """Count what waits in the queue: for metadata that is not there, or for better times."""
        reasons = Counter(self._put_back.values())
        self._summary.waiting = reasons.pop(METADATA_AWAITED, 0) + reasons.pop(FOLDER_WATCHED, 0)
        self._summary.read_counts.unsettled.update(reasons)


async def _first_of(task: asyncio.Task[list[Message]], stop: asyncio.Event) -> None:
    """Wait for *task* or *stop*; what is stopped, and not about to end, is cancelled."""
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((task, stopping), return_when=asyncio.FIRST_COMPLETED)
        # Where messages are there they are on their way; without us they would be hidden a while.
        await asyncio.wait((task,), timeout=_LAST_ANSWER_SECONDS)
    finally:
        stopping.cancel()
        task.cancel()
        # Also where it ended in an error: whoever is cancelled here does not look at it any more.
        await asyncio.gather(task, return_exceptions=True)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
