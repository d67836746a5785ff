"""The client that asks the archive."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from buildhub.aio.retries import parse_wait_seconds
from buildhub.aio.retry_policy import RetryPolicy
from buildhub.archive.fetch import Fetcher, address, open_fetcher, parse_length
from buildhub.errors import BadData, Unavailable

from tests.jobs.conftest import QUICK
from tests.stand_ins.http_server import running


def ask(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]],
    question: Callable[[Fetcher, str], Awaitable[Any]],
    *,
    parallel: int = 4,
    retries: int = 2,
    timeout_seconds: float = 10,
) -> Any:
    """Ask a server that gives *answer*."""

    async def run(url: str) -> Any:
        async with open_fetcher(
            parallel=parallel,
            retry_policy=RetryPolicy(retries, QUICK),
            timeout_seconds=timeout_seconds,
        ) as fetcher:
            return await question(fetcher, url)

    with running(answer) as url:
        return asyncio.run(run(url))


def replying(*responses: Callable[[], web.Response]) -> tuple[list[web.Request], Any]:
    """Return what was asked, and a handler that gives one response after another."""
    asked: list[web.Request] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request)
        return responses[min(len(asked), len(responses)) - 1]()

    return asked, answer


def ok() -> web.Response:
    return web.Response(text="it")


def test_a_body_is_returned_whole() -> None:
    asked, answer = replying(ok)
    response = ask(answer, lambda fetcher, url: fetcher.get(f"{url}/a", accept="application/json"))
    assert (response.status, response.body) == (200, b"it")
    assert asked[0].headers["Accept"] == "application/json"
    assert asked[0].headers["User-Agent"].startswith("buildhub/")


def test_what_the_caller_has_already_is_not_sent_again() -> None:
    async def answer(request: web.Request) -> web.Response:
        known = request.headers.get("If-None-Match") == "ab12"
        return (
            web.Response(status=304) if known else web.Response(text="it", headers={"ETag": "ab12"})
        )

    first = ask(answer, lambda fetcher, url: fetcher.get(f"{url}/a"))
    again = ask(answer, lambda fetcher, url: fetcher.get(f"{url}/a", known_etag=first.etag))
    assert (first.body, first.etag, first.is_unchanged) == (b"it", "ab12", False)
    assert (again.body, again.is_unchanged) == (None, True)


def test_the_length_that_head_tells_is_of_the_file_itself() -> None:
    asked, answer = replying(lambda: web.Response(headers={"Content-Length": "5000000000"}))
    headers = ask(answer, lambda fetcher, url: fetcher.head(f"{url}/a"))
    assert headers["content-length"] == "5000000000"
    assert asked[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_absent_is_asked_for_once(status: int) -> None:
    asked, answer = replying(lambda: web.Response(status=status))
    response = ask(answer, lambda fetcher, url: fetcher.get(f"{url}/a"))
    assert (response.status, response.body, len(asked)) == (status, None, 1)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_asked_for_again(status: int) -> None:
    asked, answer = replying(lambda: web.Response(status=status), ok)
    assert ask(answer, lambda fetcher, url: fetcher.get(f"{url}/a")).body == b"it"
    assert len(asked) == 2


def test_after_the_retries_the_address_is_named() -> None:
    asked, answer = replying(lambda: web.Response(status=503))
    with pytest.raises(Unavailable, match=r"/a: the archive answers 503"):
        ask(answer, lambda fetcher, url: fetcher.get(f"{url}/a"))
    assert len(asked) == 3


def test_a_refusal_is_not_taken_for_absence() -> None:
    asked, answer = replying(lambda: web.Response(status=403))
    with pytest.raises(Unavailable, match="the archive answers 403 Forbidden"):
        ask(answer, lambda fetcher, url: fetcher.get(f"{url}/a"))
    assert len(asked) == 1


# Answers that are no success, and say so not in one of the common ways.
ODD = [
    pytest.param(web.Response(status=302), "answers 302", id="redirect-to-nowhere"),
    pytest.param(web.Response(status=206, text="it"), "answers 206", id="a-part-of-it"),
    pytest.param(web.Response(status=204), "answers 204", id="nothing"),
    pytest.param(web.Response(status=304), "answers 304", id="unchanged-since-when"),
    pytest.param(
        web.Response(status=302, headers={"Location": f"http://{'a' * 300}.example/"}),
        "which is another server",
        id="redirect-to-no-host",
    ),
    pytest.param(
        web.Response(status=302, headers={"Location": "file:///etc/passwd"}),
        "file:///etc/passwd",
        id="redirect-to-a-file",
    ),
    pytest.param(
        web.Response(status=302, headers={"Location": "/a"}), "redirects without end", id="circle"
    ),
]


@pytest.mark.parametrize(("odd", "message"), ODD)
def test_an_odd_answer_is_no_answer(odd: web.Response, message: str, tmp_path: Path) -> None:
    def copy() -> web.Response:
        return web.Response(status=odd.status, body=odd.body, headers=odd.headers)

    questions: list[Callable[[Fetcher, str], Awaitable[Any]]] = [
        lambda fetcher, url: fetcher.get(f"{url}/a"),
        lambda fetcher, url: fetcher.head(f"{url}/a"),
        lambda fetcher, url: fetcher.download(f"{url}/a", tmp_path / "a", largest_bytes=10),
    ]
    for question in questions:
        with pytest.raises(Unavailable, match=message) as caught:
            ask(replying(copy)[1], question)
        assert "/a: " in str(caught.value)


def test_a_download_ends_where_it_is_more_than_it_may_be(tmp_path: Path) -> None:
    _, answer = replying(lambda: web.Response(body=bytes(2**20)))
    target = tmp_path / "part"
    with pytest.raises(BadData, match=r"/a: more than the 1000 bytes"):
        ask(answer, lambda f, url: f.download(f"{url}/a", target, largest_bytes=1000))
    assert target.stat().st_size <= 1000


@pytest.mark.parametrize("etag", ["ä", "a" * 257, ""], ids=["not-ascii", "long", "empty"])
def test_an_etag_that_could_not_be_sent_back_is_none(etag: str) -> None:
    _, answer = replying(lambda: web.Response(text="it", headers={"ETag": etag}))
    response = ask(answer, lambda fetcher, url: fetcher.get(f"{url}/a"))
    assert (response.body, response.etag) == (b"it", None)


@pytest.mark.parametrize("length", ["9007199254740992", "-1", "much", "9" * 5000, ""])
def test_a_length_that_no_file_has_is_none(length: str) -> None:
    assert parse_length({"Content-Length": length}) is None


def test_the_wait_that_the_archive_asks_for_is_kept() -> None:
    busy = web.Response
    _, answer = replying(lambda: busy(status=503, headers={"Retry-After": "1"}), ok)
    started = time.monotonic()
    ask(answer, lambda fetcher, url: fetcher.get(f"{url}/a"))
    assert time.monotonic() - started >= 1


def test_an_answer_that_does_not_come_is_given_up() -> None:
    async def never(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5)
        return ok()

    with pytest.raises(Unavailable, match=r"/a: "):
        ask(never, lambda f, url: f.get(f"{url}/a"), retries=0, timeout_seconds=0.2)


def test_a_body_that_cannot_be_what_was_meant_is_not_kept_in_memory() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(20):
            await response.write(bytes(2**20))
        return response

    with pytest.raises(BadData, match="more than the 16777216 bytes"):
        ask(endless, lambda fetcher, url: fetcher.get(f"{url}/a"))


def test_no_more_is_in_flight_than_allowed() -> None:
    in_flight, most = 0, 0

    async def slow(request: web.Request) -> web.StreamResponse:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        await asyncio.sleep(0.02)
        in_flight -= 1
        return ok()

    async def many(fetcher: Fetcher, url: str) -> None:
        await asyncio.gather(*(fetcher.get(f"{url}/{number}") for number in range(20)))

    ask(slow, many, parallel=3)
    assert most == 3


PATHS = [
    ("pub/a/Firefox Setup 1.0.exe", "https://host/pub/a/Firefox%20Setup%201.0.exe"),
    ("pub/firefox-1.0+.zip", "https://host/pub/firefox-1.0%2B.zip"),
    ("pub/a:b", "https://host/pub/a%3Ab"),
]


@pytest.mark.parametrize(("path", "url"), PATHS)
def test_address(path: str, url: str) -> None:
    assert address("https://host/", path) == url


WAITS = [
    ({}, None),
    ({"Retry-After": "7"}, 7.0),
    ({"Retry-After": "soon"}, None),
    ({"Retry-After": "Thu, 01 Jan 99999999999999999999 00:00:00 GMT"}, None),
    ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 +9999999999999999999"}, None),
    ({"Retry-After": "99999999"}, 99_999_999.0),
    ({"Retry-After": "Thu, 01 Jan 1970 00:01:10 GMT"}, 10.0),
    ({"Retry-After": "Thu, 01 Jan 1970 00:00:10 GMT"}, 0.0),
]


@pytest.mark.parametrize(("headers", "seconds"), WAITS)
def test_parse_wait_seconds(headers: dict[str, str], seconds: float | None) -> None:
    assert parse_wait_seconds(headers, clock=lambda: 60.0) == seconds


def test_a_number_of_any_length_is_read() -> None:
    assert parse_wait_seconds({"Backoff": "9" * 5000}, name="Backoff") == math.inf
