"""The server that records go to, as a client sees it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
import structlog
from buildhub_schema.coverage import coverage_collection_id

from buildhub.aio.retries import (
    BROKEN,
    BUSY_STATUSES,
    Busy,
    asked_wait_seconds,
    describe_error,
    retrying,
)
from buildhub.archive.fetch import USER_AGENT
from buildhub.errors import BadData, ConfigError, Refused, Unavailable
from buildhub.publish.initialize import Initializer
from buildhub.settings import Settings

log = structlog.get_logger(__name__)

ADDED = ("last_modified", "schema")
"""What the server adds to a record that it stores."""

# Proxies commonly allow eight kilobytes for a request's first line.
_LONGEST_ID_LIST = 4000


class Server:
    """One collection of a Kinto server.

    Errors:
        Every method raises :class:`Unavailable` when the server does not answer, also after the
        retries, and :class:`Refused` when it says no.
    """

    def __init__(self, session: aiohttp.ClientSession, settings: Settings) -> None:
        self.session = session
        self.settings = settings
        self.url = settings.server_url
        self.collection = (
            f"{self.url}/buckets/{settings.bucket_id}/collections/{settings.collection_id}"
        )
        self._coverage = (
            f"{self.url}/buckets/{settings.bucket_id}/collections/"
            + coverage_collection_id(settings.collection_id)
        )

    async def fetch_server_info(self) -> dict[str, Any]:
        """Ask the server who it is, and whether it knows us.

        Returns:
            Its root page: ``capabilities``, ``settings`` and so on.

        Raises:
            ConfigError: what answers is no Kinto server.
            Refused: it does not know the account, or not with this password.
        """
        page = await self.request_json("GET", f"{self.url}/")
        if not isinstance(page, dict) or "http_api_version" not in page:
            raise ConfigError(f"{self.url}: no Kinto server, its root lacks http_api_version")
        if self.settings.auth and "user" not in page:
            raise self._unknown_account()
        return page

    async def create_missing(self) -> None:
        """Create bucket and collections where they are missing; what exists is left.

        Everyone may see the collections; the bucket is looked at only when it has to be made.
        """
        if await self._shows(self.collection) and await self._shows(self._coverage):
            return
        try:
            await asyncio.to_thread(self._create_missing)
        except Refused as exc:
            # Another account may have made the collection at the same moment, or long ago. Whoever
            # may only write to it can publish; that is worth more than to know how far.
            if not await self._shows(self.collection):
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

    async def replace_if_unchanged(
        self, record: dict[str, Any], replaced: dict[str, Any] | None
    ) -> bool:
        """Write one record, if the stored one is still *replaced*; None means that none is.

        Returns:
            False where another one is there by now; then nothing was written.

        Raises:
            BadData: the server will not have such a record; says why.
        """
        return await self._replace(self.collection, record, replaced)

    async def fetch_coverage(self) -> list[dict[str, Any]]:
        """Return what jobs have told of their coverage, a record a product and channel."""
        page = await self.request_json("GET", f"{self._coverage}/records")
        return list(page["data"])

    async def replace_coverage_if_unchanged(
        self, record: dict[str, Any], replaced: dict[str, Any] | None
    ) -> bool:
        """Write one record of coverage, as :meth:`replace_if_unchanged` does."""
        return await self._replace(self._coverage, record, replaced)

    async def _replace(
        self, collection: str, record: dict[str, Any], replaced: dict[str, Any] | None
    ) -> bool:
        url = f"{collection}/records/{record['id']}"
        condition = (
            {"If-None-Match": "*"}
            if replaced is None
            else {"If-Match": f'"{replaced["last_modified"]}"'}
        )
        async for attempt in retrying(self.settings.retry_count):
            with attempt:
                async with self._send(
                    "PUT", url, json={"data": record}, headers=condition
                ) as reply:
                    if reply.status == 412:
                        return False
                    self.raise_for_status(reply.status, await reply.read(), reply.headers)
                    return True
        raise AssertionError("stamina returns or raises")

    async def delete_if_unchanged(self, record_id: str, last_modified: int) -> bool:
        """Delete one record, if it is still the one that was seen.

        Returns:
            False where another one is there by now; True also where none is.
        """
        url = f"{self.collection}/records/{record_id}"
        condition = {"If-Match": f'"{last_modified}"'}
        async for attempt in retrying(self.settings.retry_count):
            with attempt:
                async with self._send("DELETE", url, headers=condition) as reply:
                    if reply.status in (404, 412):
                        return reply.status == 404
                    self.raise_for_status(reply.status, await reply.read(), reply.headers)
                    return True
        raise AssertionError("stamina returns or raises")

    def raise_for_status(self, status: int, body: bytes, headers: Any) -> None:
        """Turn an answer's status into an error, unless it is a success."""
        if status < 400:
            return
        message = _message(body)
        if status in BUSY_STATUSES:
            raise Busy(f"{self.url}: answers {status}", asked_wait_seconds(headers))
        if status == 401:
            raise self._unknown_account()
        if status in (403, 405):
            raise self._refusal(f"does not allow writing to {self.collection} ({message})")
        if status == 404:
            raise Refused(f"{self.collection}: not found on the server; `buildhub init` makes it")
        raise BadData(f"{self.url}: answers {status} ({message})")

    def _unknown_account(self) -> Refused:
        if not self.settings.auth:
            return Refused(f"{self.url} asks for an account: AUTH, or AUTH_FILE, is not set")
        return self._refusal("does not know this user name and password")

    def _refusal(self, why: str) -> Refused:
        return Refused(f"{self.url} {why}; writing as {self.settings.account!r}")

    async def _iter_stored(
        self, record_ids: Iterable[str], **params: str
    ) -> AsyncIterator[dict[str, Any]]:
        for ids in _in_short_lists(record_ids):
            page = await self.request_json(
                "GET", f"{self.collection}/records", params={"in_id": ",".join(ids)} | params
            )
            for record in page["data"]:
                yield record

    async def _shows(self, collection: str) -> bool:
        async for attempt in retrying(self.settings.retry_count):
            with attempt:
                async with self._send("GET", collection) as answer:
                    if answer.status in (403, 404):
                        return False
                    self.raise_for_status(answer.status, await answer.read(), answer.headers)
                    return True
        raise AssertionError("stamina returns or raises")

    def _create_missing(self) -> None:
        initializer = Initializer(
            server_url=self.url,
            bucket=self.settings.bucket_id,
            collection=self.settings.collection_id,
            auth=self.settings.auth,
        )
        initializer.apply([change for change in initializer.plan() if not change.exists])

    async def request_json(self, method: str, url: str, **kwargs: Any) -> Any:
        """Return the JSON that *url* answers.

        Raises:
            BadData: it answers that there is something wrong with the request.
            ConfigError: what it answers is no JSON.
        """
        async for attempt in retrying(self.settings.retry_count):
            with attempt:
                async with self._send(method, url, **kwargs) as answer:
                    body = await answer.read()
                    self.raise_for_status(answer.status, body, answer.headers)
                    try:
                        return orjson.loads(body)
                    except orjson.JSONDecodeError as exc:
                        raise ConfigError(
                            f"{url}: expected JSON from a Kinto server, got {body[:40]!r}"
                        ) from exc
        raise AssertionError("stamina returns or raises")

    @asynccontextmanager
    async def _send(
        self, method: str, url: str, **kwargs: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        with self.translating_errors():
            async with self.session.request(method, url, **kwargs) as answer:
                yield answer

    def translating_errors(self) -> "Translating":
        """Return a context that turns the client's exceptions into ours."""
        return Translating(self.url)


class Translating:
    """A context in which what breaks on the wire is :class:`Busy` or :class:`Unavailable`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Translate."""
        if isinstance(error, BROKEN):
            raise Busy(f"{self._name}: {describe_error(error)}") from error
        if isinstance(error, aiohttp.ClientError):
            raise Unavailable(f"{self._name}: {describe_error(error)}") from error


@asynccontextmanager
async def open_server(settings: Settings) -> AsyncIterator[Server]:
    """Open a client for the server that *settings* name, for as long as the context lasts."""
    headers = {"User-Agent": USER_AGENT}
    if settings.auth:
        user, _, password = settings.auth.partition(":")
        headers["Authorization"] = aiohttp.encode_basic_auth(user, password, encoding="utf-8")
    timeout = aiohttp.ClientTimeout(
        total=settings.timeout_seconds, sock_connect=min(settings.timeout_seconds, 30)
    )
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
        yield Server(session, settings)


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


def _message(body: bytes) -> str:
    """Return the message of Kinto's error object, or the beginning of whatever came."""
    try:
        error = orjson.loads(body)
        return str(error.get("message") or error["error"])
    except (orjson.JSONDecodeError, AttributeError, KeyError):
        return body[:80].decode(errors="replace")
