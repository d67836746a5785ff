"""Records in, requests out: a few in flight, and no more taken in than the server takes."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from functools import partial
from typing import Protocol

import structlog

from buildhub.aio.streams import close, map_ordered
from buildhub.counts.published import PublishedCounts
from buildhub.publish.batch import BatchTransport
from buildhub.publish.bulk import CAPABILITY, BulkTransport
from buildhub.publish.server import Server

log = structlog.get_logger(__name__)

# With two requests in flight the server has the next one at hand when it finishes one. More gain
# nothing: writes to one collection take turns.
REQUESTS_IN_FLIGHT = 2


class Transport(Protocol):
    """A way to get lines to the server, counting what became of each."""

    lines_per_request: int

    async def send(self, lines: list[bytes]) -> None:
        """Publish *lines*; raises Refused or Unavailable."""


async def open_transport(server: Server, counts: PublishedCounts, *, initialize: bool) -> Transport:
    """Choose the best way to publish, and create the collection where that is asked for.

    Raises:
        ConfigError: no credentials are set, or no Kinto server is there.
        Refused: it does not accept them, or does not allow them to write.
        Unavailable: it does not answer.
    """
    return (await choose_transport(server, initialize=initialize))(counts)


async def choose_transport(
    server: Server, *, initialize: bool
) -> Callable[[PublishedCounts], Transport]:
    """Do as :func:`open_transport`; the counts are given later, for each piece of work anew."""
    server.client.require_credentials()
    info = await server.fetch_server_info()
    if initialize:
        await server.create_missing()
    if CAPABILITY in info.get("capabilities", {}):
        # Nothing is written, but whoever may not write is told so before anything is read.
        await BulkTransport(server, PublishedCounts()).send([])
        return partial(BulkTransport, server)
    log.info("server_without_bulk", server=server.url, fallback="batch")
    return partial(BatchTransport, server, info["settings"]["batch_max_requests"])


async def publish(
    lines: AsyncIterator[list[bytes]],
    transport: Transport,
    *,
    on_acknowledged: Callable[[int], None] = lambda count: None,
) -> None:
    """Publish a stream of records, each as JSON with ``\\n`` at its end, to the last one.

    Args:
        lines: the records, in pieces of any size.
        transport: takes them to the server.
        on_acknowledged: called, in the order of the stream, with the number of further lines that
            the server has stored or refused.

    Raises:
        Refused, Unavailable: what was sent before is stored, and publishing it again is harmless.
    """

    async def send(request: list[bytes]) -> int:
        await transport.send(request)
        return len(request)

    requests = map_ordered(
        send, _regroup(lines, transport.lines_per_request), limit=REQUESTS_IN_FLIGHT
    )
    async with aclosing(requests) as answered:
        async for count in answered:
            on_acknowledged(count)


async def _regroup(pieces: AsyncIterator[list[bytes]], size: int) -> AsyncIterator[list[bytes]]:
    """Yield full requests, whatever the size of the pieces."""
    waiting: list[bytes] = []
    try:
        async for piece in pieces:
            waiting += piece
            while len(waiting) >= size:
                yield waiting[:size]
                waiting = waiting[size:]
        if waiting:
            yield waiting
    finally:
        await close(pieces)
