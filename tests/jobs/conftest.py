"""What the tests of the jobs share: settings, a proxy that breaks things, quick retries."""

import asyncio
import gzip
import hashlib
import json
import threading
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from aiohttp import ClientSession, web
from buildhub.aio import retries
from buildhub.settings import SETTINGS, Settings, read_settings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

AUTH = "publisher:secret"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the shell that runs the tests are not the tests'."""
    for setting in SETTINGS:
        monkeypatch.delenv(setting.variable, raising=False)


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let retries follow at once, but for waits that the other side asks for."""
    for name in ("FIRST_WAIT_SECONDS", "LAST_WAIT_SECONDS", "JITTER_SECONDS"):
        monkeypatch.setattr(retries, name, 0.01)


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Settings]:
    """Return a function that makes settings; each test has a data folder and a bucket."""
    bucket = f"test-{uuid.uuid4().hex}"

    def make(**variables: str) -> Settings:
        defaults = {
            "AUTH": AUTH,
            "BUCKET": bucket,
            "BUILDHUB_DATA": str(tmp_path / "data"),
            "NB_RETRY_REQUEST": "1",
            "TIMEOUT_SECONDS": "20",
        }
        return read_settings(defaults | variables)

    return make


@contextmanager
def running(handler: Handler) -> Iterator[str]:
    """Run *handler* for every path, in a thread of its own; yield its URL."""
    loop = asyncio.new_event_loop()
    application = web.Application(client_max_size=2**30)
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)

    async def start() -> int:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return int(runner.addresses[0][1])

    port = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def forwarding(target: str, breaking: Callable[[web.Request, int], Any]) -> Handler:
    """Return a handler that forwards to *target*, unless *breaking* has an answer of its own.

    *breaking* is given the request and how many bulk requests came before; it returns None to
    forward, a response, a number: so many bytes of the real answer are let through, or a function
    that changes the answer's body.
    """
    bulk_count = 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal bulk_count
        broken = breaking(request, bulk_count)
        bulk_count += request.path.endswith("/bulk")
        body = await request.read()
        if isinstance(broken, web.StreamResponse):
            return broken
        # What was read is unpacked, and of another length.
        ours = ("Host", "Content-Encoding", "Content-Length")
        headers = {name: value for name, value in request.headers.items() if name not in ours}
        async with (
            ClientSession(auto_decompress=False) as session,
            session.request(
                request.method, f"{target}{request.path_qs}", data=body, headers=headers
            ) as answer,
        ):
            content = await answer.read()
            if callable(broken):
                content = broken(content)
            kept = {"Content-Type": answer.headers.get("Content-Type", "text/plain")}
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


def stored(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return the records that the server has, by ID."""
    url = (
        f"{settings.server_url}/buckets/{settings.bucket_id}"
        f"/collections/{settings.collection_id}/records"
    )
    answer = requests.get(url, auth=tuple(settings.auth.split(":")), timeout=30)
    answer.raise_for_status()
    return {record["id"]: record for record in answer.json()["data"]}


def plain(records: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return records without what differs from one collection to the next."""
    return {
        record_id: {name: record[name] for name in record.keys() - {"last_modified", "schema"}}
        for record_id, record in records.items()
    }


def row(key: str, size: str = "1000", modified: str = "2015-10-09T15:20:10.000Z") -> str:
    return f'"bucket","{key}","{size}","{modified}","1afa742ef0973db098947bd6d875aa13"\n'


def write_inventory(folder: Path, rows: list[str], **changes: Any) -> str:
    """Write a manifest with one part beside it; *changes* are about the part."""
    packed = changes.pop("packed", gzip.compress("".join(rows).encode(), mtime=0))
    told = {"key": "data/part.csv.gz", "size": len(packed), "MD5checksum": md5(packed)} | changes
    (folder / "part.csv.gz").write_bytes(packed)
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({"files": [told]}))
    return str(manifest)


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
