"""Receive: events that others POST in, published records out.

For archives, or people, that push news instead of putting it into a queue. The answer is 200 when
the work is done and the server has said so; until then the news is the sender's to keep.
"""

import asyncio
import hmac
from collections.abc import Callable
from contextlib import AsyncExitStack

import structlog
from aiohttp import web

from buildhub.counts.summary import Summary
from buildhub.errors import BadEvent, BuildhubError, ConfigError, Refused, Unavailable
from buildhub.events.parse import Events, parse_message
from buildhub.events.publish import Arrivals, Outcome, State, open_arrivals
from buildhub.publish.coverage import reporting_coverage
from buildhub.publish.deferred import Conflict
from buildhub.settings import Settings

log = structlog.get_logger(__name__)

PATH = "/events"

# A message of a queue has a quarter of that at most.
_LARGEST_BODY_BYTES = 2**20

# Writes to one collection take turns: while one is made, others ask the archive.
_AT_A_TIME = 3

_RETRY_AFTER_SECONDS = 30

# Containers are killed ten seconds after they were told to stop.
_STOP_SECONDS = 7.0


async def receive(
    settings: Settings,
    host: str,
    port: int,
    *,
    stop: asyncio.Event,
    on_ready: Callable[[str], None] = lambda url: None,
    on_progress: Callable[[Summary], None] = lambda summary: None,
    on_conflict: Callable[[Conflict], None] = lambda conflict: None,
) -> Summary:
    """Publish what POSTed events tell of, until *stop* is set.

    Args:
        settings: token, server, archive, and so on.
        host: address to listen on.
        port: 0 takes a free one.
        stop: ends the job when what was begun is answered.
        on_ready: is told the address to POST to.
        on_progress: is told of the counts after each request.
        on_conflict: is told of each file that is left out because another one takes its ID.

    Returns:
        What was done. Its ``failure`` is what ended the job early.
    """
    summary = Summary()
    try:
        if settings.listen_token is None:
            raise ConfigError("LISTEN_TOKEN is not set; expected what senders have to know")
        async with AsyncExitStack() as stack:
            arrivals = await stack.enter_async_context(
                open_arrivals(settings, summary, on_conflict)
            )
            await stack.enter_async_context(reporting_coverage(arrivals.server, summary))
            receiver = Receiver(arrivals, summary, settings.listen_token, on_progress)
            application = web.Application(client_max_size=_LARGEST_BODY_BYTES)
            application.router.add_post(PATH, receiver.answer)
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=_STOP_SECONDS)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            try:
                await web.TCPSite(runner, host, port).start()
            except OSError as exc:
                raise ConfigError(f"port {port} of {host}: {exc.strerror or exc}") from exc
            on_ready(f"http://{host}:{runner.addresses[0][1]}{PATH}")
            await stop.wait()
    except BuildhubError as exc:
        summary.failure = exc
    return summary


class Receiver:
    """Answers requests, each with an event document."""

    def __init__(
        self,
        arrivals: Arrivals,
        summary: Summary,
        token: str,
        on_progress: Callable[[Summary], None],
    ) -> None:
        self._arrivals = arrivals
        self._summary = summary
        self._authorization = f"Bearer {token}".encode()
        self._on_progress = on_progress
        self._turns = asyncio.Semaphore(_AT_A_TIME)

    async def answer(self, request: web.Request) -> web.Response:
        """Do the work that a document tells of, and say what became of it."""
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._authorization):
            return _tell(401, "expected the header Authorization: Bearer, and the token")
        events = parse_message(await request.read())
        self._summary.messages += 1
        self._summary.read_counts.skipped.update(events.skipped)
        async with self._turns:
            try:
                outcomes = await self._arrivals.take(events.entries)
            except (Unavailable, Refused, ConfigError) as exc:
                log.warning("event_not_published", error=str(exc))
                return _tell(503, str(exc))
        self._on_progress(self._summary)
        return _judge(events, list(outcomes.values()))


def _judge(events: Events, outcomes: list[Outcome]) -> web.Response:
    worst = max(outcomes, key=lambda outcome: outcome.state, default=Outcome(State.DONE))
    if worst.state == State.OUT_OF_REACH:
        return _tell(503, worst.reason)
    if worst.state == State.REFUSED:
        return _tell(422, worst.reason)
    try:
        events.check()
    except BadEvent as exc:
        return _tell(400, str(exc))
    return web.json_response({"files": len(outcomes), "skipped": dict(events.skipped)})


def _tell(status: int, message: str) -> web.Response:
    headers = {"Retry-After": str(_RETRY_AFTER_SECONDS)} if status == 503 else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return web.json_response({"error": message}, status=status, headers=headers)
