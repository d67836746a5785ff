"""Exact sizes, where a folder's page tells rounded ones."""

from buildhub.archive.circuit_breaker import CircuitBreaker
from buildhub.archive.fetch import Fetcher, parse_length
from buildhub.archive.listing import rounds_to
from buildhub.errors import Unavailable
from buildhub.walk.pages import Missing


async def ask_size(fetcher: Fetcher, breaker: CircuitBreaker, url: str, rounded: str) -> int:
    """Return the size of the file at *url*, in bytes; its folder's page tells *rounded*, ``53M``.

    Raises:
        Missing: there is no such file, though its folder's page names it.
        Unavailable: it cannot be told, or what comes cannot be that file: pages of errors come
            with status 200, too.
        ArchiveDown: nothing can be had any more.
    """
    with breaker.calling():
        headers = await fetcher.head(url)
    if headers is None:
        raise Missing(f"{url}: its folder names it, and it is not there")
    size = parse_length(headers)
    if size is None or not rounds_to(size, rounded):
        told = headers.get("Content-Length")
        raise Unavailable(f"{url}: Content-Length {told!r}, and its folder tells {rounded}")
    return size
