"""The catalogue and the index as the server tells of them, in the order of record IDs."""

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

# A search may answer so many at most, and these are short.
DOCUMENTS_PER_PAGE = 10_000

Record = dict[str, Any]
Document = tuple[str, int]
"""What the index has of a record: its ID and its ``last_modified``."""

_IDS_AT_A_TIME = 200

Element = TypeVar("Element")


async def iter_records(server: Server, scope: Scope) -> AsyncGenerator[list[Record], None]:
    """Yield the catalogue's records, a page at a time, by ID.

    Pages are asked for by the last ID and not by number, so what is written meanwhile moves none.

    Raises:
        BadData: the server sorts otherwise; then nothing could be compared.
    """

    async def ask(last: Record | None) -> list[Record]:
        after = {"gt_id": last["id"]} if last else {}
        params = {"_sort": "id", "_limit": str(RECORDS_PER_PAGE), **server_filters(scope), **after}
        page = await server.request_json("GET", f"{server.collection}/records", params=params)
        found: list[Record] = page["data"]
        _must_rise([each["id"] for each in (*([last] if last else []), *found)], server)
        return found

    async for page in _ahead(ask):
        yield page


async def iter_documents(
    server: Server, scope: Scope, *, after: str, up_to: str | None
) -> AsyncGenerator[list[Document], None]:
    """Yield what the index has between two IDs, a page at a time, by ID.

    An index sorts all that matches for each page, so only a short range of IDs is quick: of one
    that fits into a page, each record is read once.

    Args:
        after: the last ID that is known already; empty before the first.
        up_to: the last ID of the range; None for all that is left.
    """
    bounds = {"gt": after} | ({"lte": up_to} if up_to is not None else {})
    query = _query(scope, {"range": {"id": bounds}})

    async def ask(last: Document | None) -> list[Document]:
        found = await _search(server, query, {"search_after": last} if last else {})
        _must_rise([each[0] for each in (*([last] if last else []), *found)], server)
        return found

    page = await ask(None)
    while page:
        yield page
        page = await ask(page[-1]) if len(page) == DOCUMENTS_PER_PAGE else []


async def find_documents(server: Server, record_ids: Sequence[str]) -> dict[str, int]:
    """Return the ``last_modified`` of those records that the index has, by ID."""
    found: dict[str, int] = {}
    for start in range(0, len(record_ids), _IDS_AT_A_TIME):
        some = record_ids[start : start + _IDS_AT_A_TIME]
        found |= dict(await _search(server, {"terms": {"id": list(some)}}, {}))
    return found


async def _search(server: Server, query: Record, after: Record) -> list[Document]:
    body = {
        "query": query,
        "sort": [{"id": "asc"}, {"last_modified": "asc"}],
        "size": DOCUMENTS_PER_PAGE,
        "_source": False,
        "track_total_hits": False,
        **after,
    }
    answer = await server.request_json("POST", f"{server.collection}/_search", json=body)
    return [(each["sort"][0], each["sort"][1]) for each in answer["hits"]["hits"]]


def _query(scope: Scope, bounds: Record) -> Record:
    conditions = [bounds]
    for name, value in server_filters(scope).items():
        kind, _, path = name.partition("_")
        if kind == "in":
            conditions.append({"terms": {path: value.split(",")}})
        else:
            conditions.append({"range": {path: {"gte": value}}})
    return {"bool": {"filter": conditions}}


async def _ahead(
    ask: Callable[[Element | None], Awaitable[list[Element]]],
) -> AsyncGenerator[list[Element], None]:
    """Yield pages until one is empty; the next one comes while one is worked on."""
    coming = asyncio.ensure_future(ask(None))
    try:
        while page := await coming:
            coming = asyncio.ensure_future(ask(page[-1]))
            yield page
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


def _must_rise(record_ids: list[str], server: Server) -> None:
    for before, after in pairwise(record_ids):
        if before >= after:
            raise BadData(
                f"{server.url}: records should come by ID in the order of their characters, "
                f"and {after!r} came after {before!r}"
            )
