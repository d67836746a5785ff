"""Requests say who sends them, in the form that the credentials need."""

import asyncio
import logging
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import mohawk
import pytest
from aiohttp import web
from buildhub.client.signing import authorization
from buildhub.counts.published import PublishedCounts
from buildhub.errors import Refused
from buildhub.publish.bulk import BulkTransport
from buildhub.publish.server import Server, open_server
from buildhub.settings import Settings, read_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stand_ins.http_server import running

MakeSettings = Callable[..., Settings]

SECRET = "key-that-nobody-sees"
HAWK = {"AUTH": "", "BUILDHUB_CLIENT_ID": "release-job", "BUILDHUB_SECRET": SECRET}
TOKEN = {"AUTH": "", "BUILDHUB_TOKEN": f"bh_{SECRET}"}
ACCOUNT = {"AUTH": f"publisher:{SECRET}"}
TOO_LATE = "Hawk authentication failed: The token has expired. Is your system clock correct?"


def accept(header: str, nonces: set[str], **request: Any) -> None:
    """Check a signature as a server does; raises what mohawk does."""

    def is_seen(client_id: str, nonce: str, timestamp: str) -> bool:
        if nonce in nonces:
            return True
        nonces.add(nonce)
        return False

    key = {"id": "release-job", "key": SECRET, "algorithm": "sha256"}
    mohawk.Receiver({"release-job": key}.__getitem__, header, seen_nonce=is_seen, **request)


@dataclass
class StrictServer:
    """Answers the first request with 503, and every next one whose signature is right."""

    requests: list[str] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        accept(
            request.headers["Authorization"],
            self.nonces,
            url=str(request.url),
            method=request.method,
            content=body,
            content_type=request.headers.get("Content-Type", ""),
        )
        self.requests.append(f"{request.method} {request.headers.get('Content-Encoding', '')}")
        if len(self.requests) == 1:
            return web.Response(status=503)
        if request.path.endswith("/bulk"):
            return web.Response(text='{"id":"a","status":"created"}\n{"summary":{}}\n')
        return web.json_response({"data": []})

    @contextmanager
    def running(self) -> Iterator[str]:
        with running(self.handle, auto_decompress=False) as url:
            yield f"{url}/v1"


async def read(server: Server) -> None:
    # A query that has to be encoded.
    await server.request_json("GET", f"{server.url}/x", params={"gte": "target.version,ü 5&6+7"})


async def replace_record(server: Server) -> None:
    assert await server.replace_if_unchanged({"id": "a", "name": "ü"}, None)


async def delete(server: Server) -> None:
    assert await server.delete_if_unchanged("a", 1)


def bulk(*, compress: bool) -> Callable[[Server], Any]:
    async def send(server: Server) -> None:
        counts = PublishedCounts()
        await BulkTransport(server, counts, compress=compress).send([b'{"id":"a"}\n'])
        assert counts.created == 1

    return send


REQUESTS = [
    pytest.param(read, ["GET ", "GET "], id="read"),
    pytest.param(replace_record, ["PUT ", "PUT "], id="conditional-write"),
    pytest.param(delete, ["DELETE ", "DELETE "], id="delete"),
    pytest.param(bulk(compress=False), ["POST ", "POST "], id="bulk"),
    pytest.param(bulk(compress=True), ["POST gzip", "POST gzip"], id="compressed-bulk"),
]


@pytest.mark.parametrize(("request_something", "requests"), REQUESTS)
def test_each_attempt_has_a_signature_of_its_own_of_the_bytes_that_are_sent(
    make_settings: MakeSettings, request_something: Callable[[Server], Any], requests: list[str]
) -> None:
    strict = StrictServer()

    async def run(url: str) -> None:
        async with open_server(make_settings(SERVER_URL=url, **HAWK)) as server:
            await request_something(server)

    with strict.running() as url:
        asyncio.run(run(url))
    assert strict.requests == requests
    assert len(strict.nonces) == 2


HEADERS = [
    pytest.param(TOKEN, f"Bearer bh_{SECRET}", id="token"),
    pytest.param(
        ACCOUNT, f"Basic {b64encode(f'publisher:{SECRET}'.encode()).decode()}", id="account"
    ),
    pytest.param({}, None, id="nobody"),
]


@pytest.mark.parametrize(("variables", "header"), HEADERS)
def test_the_header_of_other_credentials(variables: dict[str, str], header: str | None) -> None:
    request = {"method": "GET", "url": "https://host/v1/", "content_type": "", "body": b""}
    assert authorization(read_settings(variables), **request) == header


@settings(deadline=None)
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE"]),
    path=st.text("abz09/%20?&=,:", max_size=20),
    content_type=st.sampled_from(["", "application/json", "application/json; charset=utf-8"]),
    body=st.binary(max_size=100),
)
def test_every_signature_is_accepted_once(
    method: str, path: str, content_type: str, body: bytes
) -> None:
    request = {
        "method": method,
        "url": f"https://host:8443/v1/{path}",
        "content_type": content_type,
    }
    header = authorization(read_settings(HAWK), body=body, **request)
    assert header is not None
    nonces: set[str] = set()
    accept(header, nonces, content=body, **request)
    with pytest.raises(mohawk.exc.AlreadyProcessed):
        accept(header, nonces, content=body, **request)
    with pytest.raises(mohawk.exc.MisComputedContentHash):
        accept(header, set(), content=body + b" ", **request)


REFUSED = [
    pytest.param(
        HAWK, f"this client ID and secret ({TOO_LATE}); writing as 'release-job'", id="clock"
    ),
    pytest.param(
        TOKEN, f"this token ({TOO_LATE}); writing as 'the owner of the token'", id="token"
    ),
]


@pytest.mark.parametrize(("variables", "message"), REFUSED)
def test_what_the_server_says_about_credentials_is_passed_on_and_no_secret_is(
    make_settings: MakeSettings,
    caplog: pytest.LogCaptureFixture,
    variables: dict[str, str],
    message: str,
) -> None:
    async def refuse(request: web.Request) -> web.Response:
        body = {"code": 401, "message": "Please authenticate yourself", "detail": TOO_LATE}
        return web.json_response(body, status=401)

    async def ask(url: str) -> None:
        async with open_server(make_settings(SERVER_URL=f"{url}/v1", **variables)) as server:
            await server.fetch_server_info()

    caplog.set_level(logging.DEBUG)
    with running(refuse) as url, pytest.raises(Refused) as caught:
        asyncio.run(ask(url))
    assert str(caught.value) == f"{url}/v1 does not accept {message}"
    assert SECRET not in caplog.text


def test_credentials_that_the_server_overlooks_are_not_taken_for_accepted(
    make_settings: MakeSettings,
) -> None:
    async def greet(request: web.Request) -> web.Response:
        return web.json_response({"http_api_version": "1.23"})

    async def ask(settings: Settings) -> None:
        async with open_server(settings) as server:
            await server.fetch_server_info()

    with running(greet) as url:
        settings = make_settings(SERVER_URL=f"{url}/v1", **TOKEN)
        with pytest.raises(Refused, match="does not accept this token"):
            asyncio.run(ask(settings))
        asyncio.run(ask(replace(settings, token=None)))
