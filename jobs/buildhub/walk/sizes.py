"""Exact sizes, where a folder's page shows rounded ones."""

from buildhub.archive.circuit_breaker import CircuitBreaker
from buildhub.archive.fetch import Fetcher, parse_length
from buildhub.archive.listing import rounds_to
from buildhub.errors import Unavailable
from buildhub.walk.pages import NamedButMissing


async def fetch_size(fetcher: Fetcher, breaker: CircuitBreaker, url: str, rounded: str) -> int:
    """Return the size of the file at *url*, in bytes; its folder's page shows *rounded*, ``53M``.

    Raises:
        NamedButMissing: the archive does not have the file.
        Unavailable: no size could be fetched, or one that cannot be that file's: error pages
            come with status 200, too.
        ArchiveDown: the archive has stopped answering.
    """
    with breaker.calling():
        headers = await fetcher.head(url)
    if headers is None:
        raise NamedButMissing(f"{url}: not found, but its folder's page names it")
    size = parse_length(headers)
    if size is None or not rounds_to(size, rounded):
        length = headers.get("Content-Length")
        raise Unavailable(f"{url}: Content-Length {length!r}, but its folder's page says {rounded}")
    return size
