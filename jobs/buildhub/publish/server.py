"""The collection that records go to, on its server, as a client sees it."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import structlog
from buildhub_schema.coverage import coverage_collection_id

from buildhub.errors import Refused
from buildhub.publish.initialize import Initializer
from buildhub.publish.kinto_client import KintoClient, KintoResponse, open_kinto_client
from buildhub.settings import Settings

log = structlog.get_logger(__name__)

ADDED = ("last_modified", "schema")
"""What the server adds to a record that it stores."""

# Proxies commonly allow eight kilobytes for a request's first line.
_LONGEST_ID_LIST = 4000


class Server:
    """One collection of a Kinto server.

    Errors:
        Every method raises what :class:`KintoClient` does; messages name the collection.
    """

    def __init__(self, client: KintoClient, settings: Settings) -> None:
        self.client = client
        self.settings = settings
        self.url = settings.server_url
        collections = f"{self.url}/buckets/{settings.bucket_id}/collections"
        self.collection = f"{collections}/{settings.collection_id}"
        self._coverage = f"{collections}/{coverage_collection_id(settings.collection_id)}"

    async def fetch_server_info(self) -> dict[str, Any]:
        """Do as :meth:`KintoClient.fetch_server_info`."""
        return await self.client.fetch_server_info()

    async def create_missing(self) -> None:
        """Create bucket and collections where they are missing; what exists is left.

        Everyone may see the collections; the bucket is looked at only when it has to be made.
        """
        if await self._is_visible(self.collection) and await self._is_visible(self._coverage):
            return
        try:
            initializer = Initializer(self.client, self.settings)
            changes = await initializer.plan()
            await initializer.apply([change for change in changes if not change.exists])
        except Refused as exc:
            # Another account may have made the collection at the same moment, or long ago. Whoever
            # may only write to it can publish; that is worth more than to know how far.
            if not await self._is_visible(self.collection):
                raise
            log.warning("coverage_not_kept", error=str(exc))

    async def is_empty(self) -> bool:
        """Return whether the collection has no record at all."""
        page = await self.request_json(
            "GET", f"{self.collection}/records", params={"_limit": "1", "_fields": "id"}
        )
        return not page["data"]

    async def fetch_download_urls(self, record_ids: Iterable[str]) -> dict[str, str]:
        """Return the ``download.url`` of those records that the server has, by ID."""
        stored = self._iter_stored(record_ids, _fields="id,download.url")
        return {each["id"]: each.get("download", {}).get("url", "") async for each in stored}

    async def fetch_last_modified(self, record_ids: Iterable[str]) -> dict[str, int]:
        """Return the ``last_modified`` of those records that the server has, by ID."""
        stored = self._iter_stored(record_ids, _fields="id,last_modified")
        return {each["id"]: each["last_modified"] async for each in stored}

    async def fetch_records(self, record_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return those records that the server has, whole, by ID."""
        return {each["id"]: each async for each in self._iter_stored(record_ids)}

    async def fetch_coverage(self) -> list[dict[str, Any]]:
        """Return the coverage that jobs have reported, a record a product and channel."""
        return [each async for each in self._iter_pages(f"{self._coverage}/records")]

    async def replace_if_unchanged(
        self, record: dict[str, Any], replaced: dict[str, Any] | None
    ) -> bool:
        """Write one record, if the stored one is still *replaced*; None means that none is.

        Returns:
            False where another one is there by now; then nothing was written.

        Raises:
            BadData: the server will not have such a record; says why.
        """
        return await self._put_if_unchanged(self.collection, record, replaced)

    async def replace_coverage_if_unchanged(
        self, record: dict[str, Any], replaced: dict[str, Any] | None
    ) -> bool:
        """Write one record of coverage, as :meth:`replace_if_unchanged` does."""
        return await self._put_if_unchanged(self._coverage, record, replaced)

    async def change_permissions(self, record_id: str, permissions: dict[str, Any]) -> None:
        """Replace those permissions of a record that are given; do nothing if there is no record.

        Raises:
            BadData: they are not permissions.
        """
        await self._request(
            "PATCH",
            f"{self.collection}/records/{record_id}",
            json={"permissions": permissions},
            expected_errors=(404,),
        )

    async def delete_if_unchanged(self, record_id: str, last_modified: int) -> bool:
        """Delete one record, if its ``last_modified`` is still this one.

        Returns:
            False where another one is there by now; True also where none is.
        """
        response = await self._request(
            "DELETE",
            f"{self.collection}/records/{record_id}",
            headers={"If-Match": f'"{last_modified}"'},
            expected_errors=(404, 412),
        )
        return response.status != 412

    async def patch_if_unchanged(
        self, record_id: str, last_modified: int, change: dict[str, Any]
    ) -> bool:
        """Change one record, if its ``last_modified`` is still this one.

        Args:
            record_id: of the record.
            last_modified: that was read, in milliseconds.
            change: a JSON merge patch of the record.

        Returns:
            False where another one is there by now, or none.
        """
        response = await self._request(
            "PATCH",
            f"{self.collection}/records/{record_id}",
            json={"data": change},
            headers={
                "If-Match": f'"{last_modified}"',
                "Content-Type": "application/merge-patch+json",
            },
            expected_errors=(404, 412),
        )
        return response.status < 400

    async def request_json(self, method: str, url: str, **arguments: Any) -> Any:
        """Return the JSON that *url* answers; see :meth:`KintoClient.request`."""
        return (await self._request(method, url, **arguments)).json()

    def raise_for_status(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        """Do as :meth:`KintoClient.raise_for_status`."""
        self.client.raise_for_status(status, body, headers, self.collection)

    async def _request(self, method: str, url: str, **arguments: Any) -> KintoResponse:
        is_coverage = url == self._coverage or url.startswith(f"{self._coverage}/")
        target = self._coverage if is_coverage else self.collection
        return await self.client.request(method, url, target=target, **arguments)

    async def _put_if_unchanged(
        self, collection: str, record: dict[str, Any], replaced: dict[str, Any] | None
    ) -> bool:
        condition = (
            {"If-None-Match": "*"}
            if replaced is None
            else {"If-Match": f'"{replaced["last_modified"]}"'}
        )
        response = await self._request(
            "PUT",
            f"{collection}/records/{record['id']}",
            json={"data": record},
            headers=condition,
            expected_errors=(412,),
        )
        return response.status != 412

    async def _is_visible(self, collection: str) -> bool:
        response = await self._request("GET", collection, expected_errors=(403, 404))
        return response.status < 400

    async def _iter_stored(
        self, record_ids: Iterable[str], **params: str
    ) -> AsyncIterator[dict[str, Any]]:
        for ids in _in_short_lists(record_ids):
            query = {"in_id": ",".join(ids)} | params
            async for record in self._iter_pages(f"{self.collection}/records", query):
                yield record

    async def _iter_pages(
        self, url: str, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the records of all pages: a server may be set up to answer few at a time.

        Of the address of the next page only the query is used: its host may be the public one,
        where this job's password need not go, or one that this machine does not reach.
        """
        response = await self._request("GET", url, params=params)
        while True:
            for record in response.json()["data"]:
                yield record
            if "Next-Page" not in response.headers:
                return
            query = urlsplit(response.headers["Next-Page"]).query
            response = await self._request("GET", f"{url}?{query}")


@asynccontextmanager
async def open_server(settings: Settings) -> AsyncIterator[Server]:
    """Open a client for the collection that *settings* name, for as long as the context lasts."""
    async with open_kinto_client(settings) as client:
        yield Server(client, settings)


def _in_short_lists(record_ids: Iterable[str]) -> Iterable[list[str]]:
    ids: list[str] = []
    length = 0
    for record_id in record_ids:
        if ids and length + len(record_id) > _LONGEST_ID_LIST:
            yield ids
            ids, length = [], 0
        ids.append(record_id)
        length += len(record_id) + 1
    if ids:
        yield ids
