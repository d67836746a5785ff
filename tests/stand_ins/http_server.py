"""HTTP servers for faults: any handler, or a proxy that breaks some responses."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import ClientSession, web

_FORWARDED = ("Content-Type", "Content-Encoding", "ETag")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@contextmanager
def running(handler: Handler, *, auto_decompress: bool = True, port: int = 0) -> Iterator[str]:
    """Run *handler* for every path, in its own thread; yield its URL. Port 0 is any free one."""
    loop = asyncio.new_event_loop()
    application = web.Application(client_max_size=2**30)
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(
        application, access_log=None, shutdown_timeout=0.1, auto_decompress=auto_decompress
    )

    async def start() -> int:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        return int(runner.addresses[0][1])

    bound = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{bound}"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def forwarding(target: str, breaking: Callable[[web.Request, int], Any]) -> Handler:
    """Return a handler that forwards to *target*, unless *breaking* interferes.

    Args:
        breaking: called with the request and the number of earlier bulk requests. Returns None to
            forward, a response to send instead, the number of bytes after which the response is
            cut off, or a function that changes its body.
    """
    bulk_count = 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal bulk_count
        is_bulk = request.path.endswith("/bulk")
        # One without lines asks whether the account may write, and always comes through.
        is_question = is_bulk and request.content_length == 0
        broken = None if is_question else breaking(request, bulk_count)
        bulk_count += is_bulk and not is_question
        body = await request.read()
        if isinstance(broken, web.StreamResponse):
            return broken
        # The body has been decompressed, so its length differs.
        ours = ("Host", "Content-Encoding", "Content-Length", "Accept-Encoding")
        headers = {name: value for name, value in request.headers.items() if name not in ours}
        if callable(broken) or isinstance(broken, int):  # It is about plain text.
            headers["Accept-Encoding"] = "identity"
        elif "Accept-Encoding" in request.headers:
            headers["Accept-Encoding"] = request.headers["Accept-Encoding"]
        async with (
            ClientSession(auto_decompress=False) as session,
            session.request(
                request.method, f"{target}{request.path_qs}", data=body, headers=headers
            ) as answer,
        ):
            content = await answer.read()
            if callable(broken):
                content = broken(content)
            kept = {"Content-Type": "text/plain"} | {
                name: answer.headers[name] for name in _FORWARDED if name in answer.headers
            }
            response = web.StreamResponse(status=answer.status, headers=kept)
            response.content_length = len(content)
            await response.prepare(request)
            if isinstance(broken, int):
                await response.write(content[:broken])
                request.transport.close()
                return response
            await response.write(content)
            return response

    return handle
