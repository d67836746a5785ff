"""Where redirects may lead."""

import asyncio

import pytest
import yarl
from aiohttp import web
from buildhub.aio.retry_policy import RetryPolicy
from buildhub.archive.fetch import open_fetcher
from buildhub.archive.hosts import is_same_server
from buildhub.errors import Unavailable

from tests.stand_ins.http_server import running

ARCHIVE = "https://archive.mozilla.org/pub/a"

# From, to, and whether the redirect is followed.
REDIRECTS = [
    (ARCHIVE, "https://archive.mozilla.org/pub/b", True),
    (ARCHIVE, "https://download-installer.cdn.mozilla.net/pub/a", True),
    ("http://ftp.mozilla.org/a", "https://archive.mozilla.org/a", True),
    ("http://host/a", "https://host/a", True),
    ("http://127.0.0.1:81/a", "http://127.0.0.1:81/b", True),
    ("https://host/a", "http://host/a", False),
    (ARCHIVE, "http://archive.mozilla.org/pub/a", False),
    (ARCHIVE, "https://archive.mozilla.org:8443/pub/a", False),
    (ARCHIVE, "https://archive.mozilla.org.evil.example/a", False),
    (ARCHIVE, "http://169.254.169.254/latest/meta-data/", False),
    (ARCHIVE, "https://127.0.0.1/", False),
    (ARCHIVE, "https://[::1]/", False),
    (ARCHIVE, "file:///etc/passwd", False),
    ("http://127.0.0.1:81/a", "http://127.0.0.1:82/a", False),
    ("http://127.0.0.1:81/a", "http://localhost:81/a", False),
]


@pytest.mark.parametrize(("source", "target", "is_followed"), REDIRECTS)
def test_is_same_server(source: str, target: str, is_followed: bool) -> None:
    assert is_same_server(yarl.URL(source), yarl.URL(target)) == is_followed


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("header", ["Location", "URI"])
def test_a_redirect_to_another_server_is_not_followed(status: int, header: str) -> None:
    internal: list[str] = []

    async def secret(request: web.Request) -> web.Response:
        internal.append(request.path)
        return web.Response(text="internal")

    with running(secret) as elsewhere:

        async def redirect(request: web.Request) -> web.Response:
            if request.path == "/here":
                return web.Response(text="here")
            target = "/here" if request.path == "/within" else f"{elsewhere}/secret"
            return web.Response(status=status, headers={header: target})

        async def fetch(root: str) -> None:
            async with open_fetcher(
                parallel=1, retry_policy=RetryPolicy(0), timeout_seconds=10
            ) as fetcher:
                assert (await fetcher.get(f"{root}/within")).body == b"here"
                with pytest.raises(Unavailable, match="which is another server"):
                    await fetcher.get(f"{root}/elsewhere")
                with pytest.raises(Unavailable, match="which is another server"):
                    await fetcher.head(f"{root}/elsewhere")

        with running(redirect) as root:
            asyncio.run(fetch(root.rstrip("/")))
    assert internal == []


def test_the_account_goes_to_the_archive_only() -> None:
    received: list[tuple[str, str | None]] = []

    async def answer(request: web.Request) -> web.Response:
        received.append((request.path, request.headers.get("Authorization")))
        return web.Response(text="x")

    async def fetch(root: str) -> None:
        async with open_fetcher(
            parallel=1,
            retry_policy=RetryPolicy(0),
            timeout_seconds=10,
            account="user:secret",
            account_root=f"{root}/archive/",
        ) as fetcher:
            await fetcher.get(f"{root}/archive/a")
            await fetcher.get(f"{root}/other")

    with running(answer) as root:
        asyncio.run(fetch(root.rstrip("/")))
    assert received == [("/archive/a", "Basic dXNlcjpzZWNyZXQ="), ("/other", None)]
