"""A collection's server, as a client sees it: pages, retries, what is no Kinto server."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from buildhub.errors import BadData, ConfigError
from buildhub.publish.server import Server, open_server
from buildhub.settings import Settings

from tests.stand_ins.http_server import Handler, running

MakeSettings = Callable[..., Settings]


def ask(
    make_settings: MakeSettings, handler: Handler, question: Callable[[Server], Awaitable[Any]]
) -> Any:
    """Ask a server whose requests *handler* answers."""

    async def run(url: str) -> Any:
        async with open_server(make_settings(SERVER_URL=f"{url}/v1")) as server:
            return await question(server)

    with running(handler) as url:
        return asyncio.run(run(url))


@pytest.mark.parametrize("host", ["127.0.0.1", "public.invalid"])
def test_all_pages_are_read_where_the_server_answers_few_records_at_a_time(
    make_settings: MakeSettings, host: str
) -> None:
    async def page(request: web.Request) -> web.Response:
        number = int(request.query.get("_token", "0"))
        assert request.query["in_id"] == "record-0,record-1,record-2"
        following = request.url.update_query(_token=str(number + 1)).with_host(host)
        headers = {"Next-Page": str(following)} if number < 2 else {}
        return web.json_response({"data": [{"id": f"record-{number}"}]}, headers=headers)

    ids = [f"record-{number}" for number in range(3)]
    found = ask(make_settings, page, lambda server: server.fetch_records(ids))
    assert list(found) == ids


def test_a_write_that_meets_another_one_is_tried_again(make_settings: MakeSettings) -> None:
    statuses = iter([409, 412])

    async def meet(request: web.Request) -> web.Response:
        return web.json_response({"message": "please retry"}, status=next(statuses))

    write = ask(make_settings, meet, lambda server: server.replace_if_unchanged({"id": "a"}, None))
    assert write is False


def test_a_record_that_the_server_will_not_have_is_bad_data(make_settings: MakeSettings) -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.json_response({"message": "data.id in body: invalid"}, status=400)

    with pytest.raises(BadData, match=r"answers 400 \(data\.id in body: invalid\)"):
        ask(make_settings, refuse, lambda server: server.replace_if_unchanged({"id": "a"}, None))


def test_what_answers_with_a_page_is_no_kinto_server(make_settings: MakeSettings) -> None:
    async def greet(request: web.Request) -> web.Response:
        return web.Response(text="<html>Hello")

    with pytest.raises(ConfigError, match="expected JSON from a Kinto server, got b'<html>Hello'"):
        ask(make_settings, greet, lambda server: server.fetch_server_info())
