"""Which lane a request takes: what it costs, as far as its first line and headers show."""

import re
from collections.abc import Mapping

LIGHT = "light"
WITH_CREDENTIALS = "with credentials"
SEARCH = "search"
HEAVY = "heavy"
BULK = "bulk"
HEARTBEAT = "heartbeat"

# A page of a hundred records takes a few milliseconds, one of ten thousand up to a second.
MAX_LIGHT_PAGE = 100

_HEARTBEAT = re.compile(r"(?:/v[0-9]+)?/__heartbeat__/?")
_BATCH = re.compile(r"/v[0-9]+/batch/?")
_BULK = re.compile(r"/v[0-9]+/buckets/[^/]+/collections/[^/]+/bulk/?")
_SEARCH = re.compile(
    r"/v[0-9]+/buckets/[^/]+/collections/[^/]+/"
    r"(?:(?!records/)[^/]+/)?(?:_?search|_count|_msearch)/?"
)
_LIST = re.compile(r"/v[0-9]+/(?:.+/)?(?:records|buckets|collections|groups|history|accounts)/?")
_LIMIT = re.compile(r"(?:^|&)_limit=([0-9]{1,9})(?:&|$)")


def bounds(threads: int) -> Mapping[str, int]:
    """Return the number of requests that a process serves at once, by lane.

    Args:
        threads: the bound of the lanes that are not heavy.
    """
    return {
        LIGHT: threads,
        WITH_CREDENTIALS: threads,
        SEARCH: threads,
        # Each holds the interpreter for long stretches, and many megabytes.
        HEAVY: 2,
        BULK: 2,
        HEARTBEAT: 1,
    }


def find_lane(method: str, path: str, query: str, *, has_credentials: bool) -> str:
    """Return the lane of a request.

    Args:
        path: with the version of the API.
        query: the query string.
        has_credentials: whether there is an ``Authorization`` header, which may cost a check.
    """
    if _HEARTBEAT.fullmatch(path):
        return HEARTBEAT
    if method == "POST" and _BULK.fullmatch(path):
        return BULK
    if _BATCH.fullmatch(path):
        return HEAVY
    if method in ("GET", "DELETE") and _LIST.fullmatch(path) and _is_long(query):
        return HEAVY
    if _SEARCH.fullmatch(path):
        return SEARCH
    return WITH_CREDENTIALS if has_credentials else LIGHT


def _is_long(query: str) -> bool:
    limit = _LIMIT.search(query)
    return limit is None or int(limit[1]) > MAX_LIGHT_PAGE
