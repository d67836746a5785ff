"""Which lane a request takes: what it costs, as far as its first line and headers show."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

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
    r"(?:(?!records/)[^/]+/)?(?:_?search|_search/scroll(?:/.+)?|_count|_msearch|_mget)/?"
)
_CATALOG = re.compile(r"/v[0-9]+/catalog/(?!static/).*")
_LIST = re.compile(r"/v[0-9]+/(?:.+/)?(?:records|buckets|collections|groups|history|accounts)/?")
# Deleting one deletes what it holds.
_PLACE = re.compile(r"/v[0-9]+/buckets/[^/]+(?:/collections/[^/]+)?/?")
_NUMBER = re.compile(r"[0-9]{1,9}")


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
    if method == "DELETE" and _PLACE.fullmatch(path):
        return HEAVY
    if _SEARCH.fullmatch(path) or _CATALOG.fullmatch(path):
        return SEARCH
    return WITH_CREDENTIALS if has_credentials else LIGHT


def _is_long(query: str) -> bool:
    limits = [value for name, value in parse_qsl(query, keep_blank_values=True) if name == "_limit"]
    return not limits or not all(map(_is_short, limits))


def _is_short(limit: str) -> bool:
    return _NUMBER.fullmatch(limit) is not None and int(limit) <= MAX_LIGHT_PAGE
