"""What the client says of answers that are no catalogue's, and of nothing."""

import logging
from collections.abc import Callable

import pytest
from aiohttp import web
from buildhub.client.errors import (
    BrokenAnswer,
    NotCovered,
    NotFound,
    NotIndexedYet,
    Refused,
    RequestError,
)
from buildhub.errors import Unavailable

from tests.jobs.client.conftest import Client
from tests.jobs.served_catalogue import Place
from tests.stand_ins.http_server import Handler, running
from tests.stand_ins.programs import free_port

EMPTY = {"hits": {"total": {"value": 0}}}
COVERAGE = {
    "data": {
        "complete_until": "2020-01-01T00:00:00Z",
        "channels": [
            {
                "product": "firefox",
                "channel": "nightly",
                "complete_until": "2020-01-01T00:00:00Z",
                "gaps": None,
            }
        ],
    }
}


def place_of(url: str) -> Place:
    return Place(f"{url}/v1", "build-hub", "releases")


def answering(*answers: web.Response) -> Handler:
    """Return a handler that gives these answers in turn, and the last one from then on."""
    left = list(answers)

    async def handle(_: web.Request) -> web.Response:
        answer = left.pop(0) if len(left) > 1 else left[0]
        headers = {name: value for name, value in answer.headers.items() if "Content" not in name}
        return web.Response(status=answer.status, body=answer.body, headers=headers)

    return handle


async def covered(request: web.Request) -> web.Response:
    """Answer as a catalogue without builds."""
    return web.json_response(COVERAGE if request.path.endswith("coverage") else EMPTY)


NO_CATALOGUES = [
    pytest.param(web.json_response([]), BrokenAnswer, "not what a catalogue", id="a-list"),
    pytest.param(web.Response(status=403, text="no"), Refused, "no .403", id="refused"),
    pytest.param(web.Response(status=418, text="tea"), RequestError, "tea .418", id="a-teapot"),
]


@pytest.mark.parametrize(("answer", "error", "message"), NO_CATALOGUES)
def test_what_is_no_catalogue_is_told(
    connect: Callable[..., Client], answer: web.Response, error: type[Exception], message: str
) -> None:
    with running(answering(answer)) as url, pytest.raises(error, match=message):
        connect(place_of(url)).count()


def test_a_server_that_is_down_is_told_in_a_line_and_nothing_is_printed(
    connect: Callable[..., Client], capfd: pytest.CaptureFixture[str]
) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(Unavailable) as failure:
        connect(place_of(url)).count()
    message = str(failure.value)
    assert message.startswith(f"{url}/v1/buckets/")
    assert len(message) < 200
    assert "HTTPConnection" not in message
    assert capfd.readouterr().out == ""


MISSING = [
    pytest.param("before", ("2016-01-01",), {}, NotFound, "complete until 2020", id="not-found"),
    pytest.param("build", ("20190101000000",), {}, NotFound, "complete until", id="no-build"),
    pytest.param("build", ("20210101000000",), {}, NotIndexedYet, "younger", id="too-young"),
    pytest.param(
        "versions", (), {"product": "seamonkey"}, NotCovered, "It covers firefox", id="not-covered"
    ),
]


@pytest.mark.parametrize(("verb", "arguments", "options", "error", "message"), MISSING)
def test_there_are_three_reasons_for_nothing(
    connect: Callable[..., Client],
    verb: str,
    arguments: tuple[str, ...],
    options: dict[str, str],
    error: type[Exception],
    message: str,
) -> None:
    async def handle(request: web.Request) -> web.Response:
        if request.path.endswith("/records"):
            return web.json_response({"data": []})
        return await covered(request)

    with running(handle) as url, pytest.raises(error, match=message):
        getattr(connect(place_of(url)), verb)(*arguments, **options)


def test_nothing_is_official_or_not_before_the_catalogue_knows(
    connect: Callable[..., Client],
) -> None:
    with running(covered) as url:
        hub = connect(place_of(url))
        assert hub.is_official("20190101000000") is False
        with pytest.raises(NotIndexedYet):
            hub.is_official("20210101000000")


def test_errors_are_logged(
    connect: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    with (
        running(answering(web.Response(status=403, text="no"))) as url,
        caplog.at_level(logging.ERROR),
        pytest.raises(Refused),
    ):
        connect(place_of(url), token="secret-token").count()
    (line,) = (each.getMessage() for each in caplog.records if each.name == "buildhub.client")
    assert "no (403" in line
    assert "secret-token" not in caplog.text


CREDENTIALS = [
    ({"client_id": "x"}, "belong together"),
    ({"auth": "a:b", "token": "t"}, "auth and token"),
    ({"token": "t", "client_id": "x", "secret": "y"}, "token and client_id"),
]


@pytest.mark.parametrize(("options", "message"), CREDENTIALS)
def test_credentials_are_of_one_kind(
    connect: Callable[..., Client], options: dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        connect(place_of("http://localhost"), **options)
