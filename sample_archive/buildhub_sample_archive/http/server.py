"""The sample archive over HTTP: folders, files, and the bucket of the inventories."""

import asyncio
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import unquote, unquote_plus

from aiohttp import web

from buildhub_sample_archive import made_up
from buildhub_sample_archive.archive import SampleArchive
from buildhub_sample_archive.http.bucket_listing import (
    API_PATH,
    ARCHIVE_BUCKET,
    BadQuery,
    ListQuery,
    error_page,
    list_page,
)
from buildhub_sample_archive.http.content_types import content_type_of
from buildhub_sample_archive.http.faults import Fault, Faults
from buildhub_sample_archive.http.listing import (
    STYLES,
    Page,
    Style,
    listing_page,
    missing_file_page,
    missing_folder_page,
)
from buildhub_sample_archive.http.product_details import product_details
from buildhub_sample_archive.http.s3 import error_xml, list_keys, list_xml
from buildhub_sample_archive.inventories.inventory import INVENTORY_BUCKET
from buildhub_sample_archive.inventories.parts import Stopped
from buildhub_sample_archive.inventories.store import InventoryStore
from buildhub_sample_archive.objects import (
    File,
    Folder,
    ObjectAttributes,
    describe,
    merge,
    tree,
)

S3_PATH = "/s3"
"""Path of the S3 protocol; a client's endpoint URL may leave it out."""

_MOVED_PREFIX = "pub/mozilla.org/"
_MAX_KEYS = 1000
_XML_HEADERS = {"Content-Type": "application/xml"}
_BLOCK_BYTES = 256 * 1024


@dataclass(slots=True)
class Reply:
    """A reply to send. *size* is that of the whole body in bytes, also for HEAD."""

    status: int
    headers: dict[str, str]
    size: int
    body: Iterable[bytes]

    @classmethod
    def from_page(cls, page: Page) -> "Reply":
        """Return the reply that sends a page."""
        return cls(page.status, page.headers, len(page.body), [page.body])


class SampleServer:
    """Responds to requests for one archive in one style.

    Args:
        size: of the sample.
        style: ``s3`` or ``gcs``: which of the archive's two listing services to imitate.
        faults: to inject.
        cache: keeps the parts of the inventories; a temporary folder by default.
    """

    def __init__(
        self,
        size: str | int = "default",
        style: str = "gcs",
        faults: Sequence[Fault] = (),
        cache: Path | None = None,
    ) -> None:
        if style not in STYLES:
            raise ValueError(f"style {style!r}: expected one of {', '.join(STYLES)}")
        self.archive = SampleArchive(size)
        self.style: Style = STYLES[style]
        self.faults = Faults(faults)
        self.store = InventoryStore(self.archive, cache)

    def application(self) -> web.Application:
        """Return the aiohttp application."""
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self.handle)

        async def close(_: web.Application) -> None:
            self.store.close()

        application.on_shutdown.append(close)
        return application

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Respond to one request, with the faults that are due."""
        raw = request.raw_path.partition("?")[0]
        path = unquote_plus(raw) if self.style.plus_is_space else unquote(raw)
        if path.startswith(API_PATH):
            return await self._handle_listing(request, path)
        due = self.faults.due(path)
        if "delay" in due:
            await asyncio.sleep(due["delay"].seconds)
        reply = _fault_response(due, path, self.style) or await self._respond(request, path, due)
        return await _send_with_faults(request, reply, due)

    async def _handle_listing(self, request: web.Request, path: str) -> web.StreamResponse:
        """Respond to a listing of the bucket; its faults go by where its page begins."""
        if request.method not in ("GET", "HEAD") or path != f"{API_PATH}{ARCHIVE_BUCKET}/o":
            page = error_page(404, f"{path}: not found; the bucket is {ARCHIVE_BUCKET}")
            return await _send(request, Reply.from_page(page), truncated=False)
        try:
            query = ListQuery.parse(request.query)
        except BadQuery as exc:
            reply = Reply.from_page(error_page(400, str(exc)))
            return await _send(request, reply, truncated=False)
        due = self.faults.due(f"{path}/{query.position}")
        # A listing is there for what it lists.
        due.pop("listed-only", None)
        if "delay" in due:
            await asyncio.sleep(due["delay"].seconds)
        reply = _fault_response(due, path, self.style) or self._bucket_response(query, due)
        return await _send_with_faults(request, reply, due)

    def _bucket_response(self, query: ListQuery, due: dict[str, Fault]) -> Reply:
        root = self.archive.root
        if "nameless" in due:
            marker = tree({f"{query.position.rpartition('/')[0]}/": File("", 0, "2015-09-01T00:")})
            root = merge(root, marker)
        page = list_page(root, ARCHIVE_BUCKET, query, hides_metadata="no-metadata" in due)
        return Reply.from_page(page)

    async def _respond(self, request: web.Request, path: str, due: dict[str, Fault]) -> Reply:
        if request.method not in ("GET", "HEAD"):
            return Reply(405, {"Allow": "GET, HEAD"}, 0, [])
        key = path.removeprefix(S3_PATH).lstrip("/")
        bucket, _, object_key = key.partition("/")
        if bucket == INVENTORY_BUCKET:
            try:
                return await self._s3_response(request, object_key)
            except Stopped:
                return Reply(503, {}, 0, [])
        if path.startswith(f"{S3_PATH}/"):
            body = error_xml("NoSuchBucket", "The specified bucket does not exist", bucket)
            return Reply(404, _XML_HEADERS, len(body), [body])
        details = product_details(key, self.archive.size)
        if details is not None:
            return Reply(200, {"Content-Type": "application/json"}, len(details), [details])
        return self._archive_response(request, key, due)

    def _archive_response(self, request: web.Request, path: str, due: dict[str, Fault]) -> Reply:
        if path.startswith(_MOVED_PREFIX):
            moved = request.raw_path.replace("/mozilla.org", "", 1)
            return Reply(301, {"Location": moved}, 0, [])
        found = self.archive.find(path)
        if isinstance(found, File):
            if "no-metadata" in due and found.body is not None:
                return Reply.from_page(missing_file_page(path))
            return self._file_response(request, path, found)
        is_folder = path.endswith("/") or not path
        folder_path = path
        if not is_folder and self.style.slash_optional:
            folder_path = f"{path}/"
            found = self.archive.find(folder_path)
        if isinstance(found, Folder):
            return self._folder_response(request, folder_path, found, due)
        page = missing_folder_page(self.style) if is_folder else missing_file_page(path)
        return Reply.from_page(page)

    def _folder_response(
        self, request: web.Request, path: str, folder: Folder, due: dict[str, Fault]
    ) -> Reply:
        index = next((file for file in folder.files if file.name == "index.html"), None)
        if index is not None and self.style.serves_index_html:
            return self._file_response(request, f"{path}index.html", index)
        files = list(folder.files)
        if "no-metadata" in due:
            files = [file for file in files if file.body is None]
        if "nameless" in due:
            files.insert(0, File("", 0, "2015-09-01T00:", exact=True))
        accept = request.headers.get("Accept", "")
        known = request.headers.get("If-None-Match", "")
        return Reply.from_page(
            listing_page(self.style, path, Folder(files, folder.folders), accept, known)
        )

    def _file_response(self, request: web.Request, path: str, file: File) -> Reply:
        attributes = describe(path, file)
        headers = {
            "Content-Type": content_type_of(file.name, attributes.modified),
            "ETag": f'"{attributes.etag}"',
            "Last-Modified": _http_date(attributes),
        }
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return Reply(304, headers, 0, [])
        body = [file.body()] if file.body else made_up.stream(path, attributes.size)
        return Reply(200, headers, attributes.size, body)

    async def _s3_response(self, request: web.Request, key: str) -> Reply:
        if not key:
            body = await self._list_objects(dict(request.query))
            return Reply(200, _XML_HEADERS, len(body), [body])
        if not self.store.has(key):
            return Reply.from_page(missing_file_page(key))
        stored = await self.store.get(key)
        kind = "application/json" if key.endswith(".json") else "application/octet-stream"
        headers = {"Content-Type": kind, "ETag": f'"{stored.etag}"'}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return Reply(304, headers, 0, [])
        content = stored.content
        blocks = _file_blocks(content) if isinstance(content, Path) else [content]
        return Reply(200, headers, stored.size, blocks)

    async def _list_objects(self, query: dict[str, str]) -> bytes:
        after = query.get("continuation-token") or query.get("start-after") or query.get("marker")
        page = list_keys(
            self.store.keys,
            prefix=query.get("prefix", ""),
            delimiter=query.get("delimiter", ""),
            after=after or "",
            limit=min(int(query.get("max-keys", _MAX_KEYS)), _MAX_KEYS),
        )
        objects = {}
        for key in page.keys:
            stored = await self.store.get(key)
            objects[key] = (stored.size, stored.etag)
        return list_xml(INVENTORY_BUCKET, page, query, objects, "2024-06-01T00:20:00")


@contextmanager
def running_sample_archive(
    size: str | int = "tiny",
    style: str = "gcs",
    faults: Sequence[Fault] = (),
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    cache: Path | None = None,
) -> Iterator[str]:
    """Run the server in a thread of its own; yield its URL, without a slash at the end.

    Raises:
        OSError: the port is taken.
        ValueError: unknown size or style.
    """
    server = SampleServer(size, style, faults, cache)
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=1)

    async def start() -> int:
        await runner.setup()
        site = web.TCPSite(runner, host, port)
        await site.start()
        return int(runner.addresses[0][1])

    try:
        bound_port = loop.run_until_complete(start())
        thread = threading.Thread(target=loop.run_forever, name="sample-archive", daemon=True)
        thread.start()
        try:
            yield f"http://{host}:{bound_port}"
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
    finally:
        loop.run_until_complete(runner.cleanup())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def _fault_response(due: dict[str, Fault], path: str, style: Style) -> Reply | None:
    """Return the reply of a fault that replaces the normal one, None if there is none."""
    html = b"<!DOCTYPE html>\n<html><body><h1>We will be back</h1></body></html>\n"
    xml = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InternalError</Code></Error>'
    is_file = not path.endswith("/")
    missing = missing_file_page(path) if is_file else missing_folder_page(style)
    busy = {"Retry-After": f"{due['busy'].seconds:g}"} if "busy" in due else {}
    instead = {
        "missing": Reply.from_page(missing),
        "listed-only": Reply.from_page(missing) if is_file else None,
        "unavailable": Reply(503, {}, 0, []),
        "busy": Reply(503, busy, 0, []),
        "error": Reply(500, {}, 22, [b"Internal Server Error."]),
        "html": Reply(200, {"Content-Type": "text/html; charset=utf-8"}, len(html), [html]),
        "xml": Reply(200, dict(_XML_HEADERS), len(xml), [xml]),
    }
    return next((instead[kind] for kind in due if instead.get(kind)), None)


async def _send_with_faults(
    request: web.Request, reply: Reply, due: dict[str, Fault]
) -> web.StreamResponse:
    if "octet-stream" in due:
        reply.headers["Content-Type"] = "application/octet-stream"
    return await _send(request, reply, truncated="truncated" in due)


async def _send(request: web.Request, reply: Reply, *, truncated: bool) -> web.StreamResponse:
    headers = {"X-Sample-Data": made_up.LABEL} | reply.headers
    response = web.StreamResponse(status=reply.status, headers=headers)
    if reply.status != 304:
        response.content_length = reply.size
    await response.prepare(request)
    if request.method != "HEAD" and reply.status != 304:
        left = reply.size // 2 if truncated else reply.size
        for block in reply.body:
            await response.write(block[:left])
            left -= len(block)
            if left <= 0:
                break
        if truncated and request.transport is not None:
            request.transport.close()
            return response
    await response.write_eof()
    return response


def _http_date(attributes: ObjectAttributes) -> str:
    return format_datetime(
        datetime.fromisoformat(attributes.modified).replace(tzinfo=UTC), usegmt=True
    )


def _file_blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            yield block
