"""The webhook: events that others POST in, published records out.

For archives, or people, that push events instead of sending them to a queue. The answer is 200 when
the work is done and the server has said so; until then the event is the sender's to keep.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack

import structlog
from aiohttp import web

from buildhub.counts.summary import Summary
from buildhub.errors import BuildhubError, ConfigError, Refused, Unavailable
from buildhub.events.messages.message import ParsedMessage
from buildhub.events.messages.parse import parse_message
from buildhub.events.publish import EventPublisher, open_event_publisher
from buildhub.events.senders import Senders, make_senders
from buildhub.events.timing import ListenTiming
from buildhub.events.verdict import Fate, Verdict
from buildhub.publish.coverage import reporting_coverage
from buildhub.publish.deferred import Conflict
from buildhub.settings import Settings

log = structlog.get_logger(__name__)

PATH = "/events"

# A message of a queue has a quarter of that at most.
_LARGEST_BODY_BYTES = 2**20

# Writes to one collection take turns: while one is made, others ask the archive.
_REQUESTS_AT_A_TIME = 3

_RETRY_AFTER_SECONDS = 30

_STATUSES = {Fate.NOT_UNDERSTOOD: 400, Fate.REFUSED: 422, Fate.RETRY: 503}
"""Of the response, by what became of the event; 200 for every other fate."""


async def serve_webhook(
    settings: Settings,
    host: str,
    port: int,
    *,
    stop: asyncio.Event,
    on_ready: Callable[[str], None] = lambda url: None,
    on_progress: Callable[[Summary], None] = lambda summary: None,
    on_conflict: Callable[[Conflict], None] = lambda conflict: None,
    timing: ListenTiming | None = None,
) -> Summary:
    """Publish what POSTed events name, until *stop* is set.

    Args:
        settings: token, server, archive, and so on.
        host: address to listen on.
        port: 0 takes a free one.
        stop: ends the job when requests that were begun are answered.
        on_ready: called with the address to POST to.
        on_progress: called with the counts after each request.
        on_conflict: called with each file that is left out because another one takes its ID.
        timing: how long requests may take to end.

    Returns:
        What was done. Its ``failure`` is what ended the job early.
    """
    summary = Summary()
    timing = timing or ListenTiming()
    try:
        async with AsyncExitStack() as stack:
            publisher = await stack.enter_async_context(
                open_event_publisher(settings, summary, on_conflict, timing=timing)
            )
            await stack.enter_async_context(reporting_coverage(publisher.server, summary))
            senders = make_senders(settings, publisher.fetcher)
            webhook = Webhook(publisher, summary, senders, on_progress)
            application = web.Application(client_max_size=_LARGEST_BODY_BYTES)
            application.router.add_post(PATH, webhook.handle)
            runner = web.AppRunner(
                application, access_log=None, shutdown_timeout=timing.stop_seconds
            )
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


class Webhook:
    """Handles requests, each with an event document."""

    def __init__(
        self,
        publisher: EventPublisher,
        summary: Summary,
        senders: Senders,
        on_progress: Callable[[Summary], None],
    ) -> None:
        self._publisher = publisher
        self._summary = summary
        self._senders = senders
        self._on_progress = on_progress
        self._slots = asyncio.Semaphore(_REQUESTS_AT_A_TIME)

    async def handle(self, request: web.Request) -> web.Response:
        """Publish what a document names, and respond with what became of it."""
        try:
            problem = await self._senders.find_problem(request.headers.get("Authorization", ""))
        except Unavailable as exc:
            log.warning("sender_not_checked", error=str(exc))
            return _error(503, str(exc))
        if problem is not None:
            return _error(401, problem)
        message = parse_message(await request.read())
        self._summary.messages += 1
        async with self._slots:
            try:
                verdict = await self._publisher.publish_message(message)
            except (Unavailable, Refused, ConfigError) as exc:
                log.warning("event_not_published", error=str(exc))
                return _error(503, str(exc))
        self._on_progress(self._summary)
        return _respond(message, verdict)


def _respond(message: ParsedMessage, verdict: Verdict) -> web.Response:
    if verdict.fate in _STATUSES:
        return _error(_STATUSES[verdict.fate], verdict.reason)
    files = {entry.path for entry in message.entries}
    skipped = message.skipped + Counter(verdict.skipped.values())
    body = {"files": len(files), "skipped": dict(skipped), "skipped_files": dict(verdict.skipped)}
    return web.json_response(body)


def _error(status: int, message: str) -> web.Response:
    headers = {"Retry-After": str(_RETRY_AFTER_SECONDS)} if status == 503 else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return web.json_response({"error": message}, status=status, headers=headers)
