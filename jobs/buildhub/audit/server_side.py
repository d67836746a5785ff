"""The server's side of an audit: catalogue and index, read in the order of record IDs."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from itertools import pairwise
from typing import Any, TypeVar

from buildhub.audit.scope import server_filters
from buildhub.errors import BadData
from buildhub.publish.server import Server
from buildhub.walk.scope import Scope

# Five megabytes of JSON; two such pages are in memory at a time.
RECORDS_PER_PAGE = 5000

# The most that one search may return. These documents are short.
DOCUMENTS_PER_PAGE = 10_000

_IDS_PER_REQUEST = 200

Record = dict[str, Any]
IndexedVersion = tuple[str, int]
"""A document of the index: its record's ID and ``last_modified``."""

Element = TypeVar("Element")


async def iter_records(server: Server, scope: Scope) -> AsyncGenerator[list[Record], None]:
    """Yield the catalogue's records, a page at a time, by ID.

    A page continues behind the last ID, not at an offset, so that no write shifts records.

    Raises:
        BadData: the server sorts in another order, so nothing can be compared.
    """

    async def fetch(last: Record | None) -> list[Record]:
        after = {"gt_id": last["id"]} if last else {}
        params = {"_sort": "id", "_limit": str(RECORDS_PER_PAGE), **server_filters(scope), **after}
        page = await server.request_json("GET", f"{server.collection}/records", params=params)
        records: list[Record] = page["data"]
        _check_order([each["id"] for each in (*([last] if last else []), *records)], server)
        return records

    async for page in _fetch_ahead(fetch):
        yield page


async def iter_indexed(
    server: Server, scope: Scope, *, after: str, up_to: str | None
) -> AsyncGenerator[list[IndexedVersion], None]:
    """Yield what the index has between two IDs, a page at a time, by ID.

    An index sorts all matches for each page, so a short range of IDs is fast: one that fits into a
    page is read once.

    Args:
        after: the last ID that is known already; empty before the first.
        up_to: the last ID of the range; None for all that is left.
    """
    bounds = {"gt": after} | ({"lte": up_to} if up_to is not None else {})
    query = _query(scope, {"range": {"id": bounds}})

    async def fetch(last: IndexedVersion | None) -> list[IndexedVersion]:
        found = await _search(server, query, {"search_after": last} if last else {})
        _check_order([each[0] for each in (*([last] if last else []), *found)], server)
        return found

    page = await fetch(None)
    while page:
        yield page
        page = await fetch(page[-1]) if len(page) == DOCUMENTS_PER_PAGE else []


async def find_indexed(server: Server, record_ids: Sequence[str]) -> dict[str, int]:
    """Return the ``last_modified`` of those records that the index has, by ID."""
    found: dict[str, int] = {}
    for start in range(0, len(record_ids), _IDS_PER_REQUEST):
        some = record_ids[start : start + _IDS_PER_REQUEST]
        found |= dict(await _search(server, {"terms": {"id": list(some)}}, {}))
    return found


async def _search(server: Server, query: Record, after: Record) -> list[IndexedVersion]:
    body = {
        "query": query,
        "sort": [{"id": "asc"}, {"last_modified": "asc"}],
        "size": DOCUMENTS_PER_PAGE,
        "_source": False,
        "track_total_hits": False,
        **after,
    }
    response = await server.request_json("POST", f"{server.collection}/_search", json=body)
    return [(each["sort"][0], each["sort"][1]) for each in response["hits"]["hits"]]


def _query(scope: Scope, bounds: Record) -> Record:
    conditions = [bounds]
    for name, value in server_filters(scope).items():
        kind, _, path = name.partition("_")
        if kind == "in":
            conditions.append({"terms": {path: value.split(",")}})
        else:
            conditions.append({"range": {path: {"gte": value}}})
    return {"bool": {"filter": conditions}}


async def _fetch_ahead(
    fetch: Callable[[Element | None], Awaitable[list[Element]]],
) -> AsyncGenerator[list[Element], None]:
    """Yield pages until one is empty, fetching the next one while one is worked on."""
    coming = asyncio.ensure_future(fetch(None))
    try:
        while page := await coming:
            coming = asyncio.ensure_future(fetch(page[-1]))
            yield page
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


def _check_order(record_ids: list[str], server: Server) -> None:
    for before, after in pairwise(record_ids):
        if before >= after:
            raise BadData(
                f"{server.url}: expected records by ID in the order of their characters,"
                f" but {after!r} came after {before!r}"
            )
