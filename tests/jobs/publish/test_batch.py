"""Publishing to a stock Kinto."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import orjson
import pytest
from aiohttp import web
from buildhub.counts.published import PublishedCounts
from buildhub.errors import Unavailable
from buildhub.publish.publisher import open_transport, publish
from buildhub.publish.server import open_server
from buildhub.settings import Settings

from tests.conftest import make_record
from tests.jobs.conftest import stored
from tests.stand_ins.http_server import forwarding, running


@pytest.fixture
def settings(make_settings: Callable[..., Settings], stock_server: str) -> Settings:
    return make_settings(SERVER_URL=stock_server)


def send(settings: Settings, records: list[dict[str, object]]) -> PublishedCounts:
    counts = PublishedCounts()

    async def stream() -> AsyncIterator[list[bytes]]:
        yield [orjson.dumps(record) + b"\n" for record in records]

    async def run() -> None:
        async with open_server(settings) as server:
            await publish(stream(), await open_transport(server, counts, initialize=True))

    asyncio.run(run())
    return counts


def test_records_are_created_changed_ones_updated_and_others_left(settings: Settings) -> None:
    records = [make_record(id=f"record-{number}") for number in range(230)]
    assert send(settings, records).created == 230
    before = stored(settings)
    records[5] = make_record(id="record-5", target__locale="de")
    counts = send(settings, records)
    assert (counts.created, counts.updated, counts.unchanged) == (0, 1, 229)
    after = stored(settings)
    assert {name for name in after if after[name] != before[name]} == {"record-5"}


def test_an_invalid_record_does_not_cost_the_others(settings: Settings) -> None:
    records = [make_record(id="good"), make_record(id="bad", target__os="amiga")]
    counts = send(settings, records)
    assert (counts.created, counts.invalid) == (1, {"target.os": 1})


def test_what_has_no_id_is_counted_as_invalid(settings: Settings) -> None:
    counts = send(settings, [make_record(id="good"), {"id": 5}, {"id": None}, {}])
    assert (counts.created, counts.invalid) == (1, {"id": 3})


def test_a_server_that_goes_away_is_named(settings: Settings) -> None:
    def cut(request, bulk_count):
        return 0 if request.path.endswith("/batch") else None

    target = settings.server_url.removesuffix("/v1")
    with running(forwarding(target, cut)) as url, pytest.raises(Unavailable, match=url):
        send(replace(settings, server_url=f"{url}/v1"), [make_record()])


MISMATCHES = [
    pytest.param(lambda answers: answers[1:], "3 requests were sent, and 2 answered", id="missing"),
    pytest.param(
        lambda answers: [*answers, answers[0]], "3 requests were sent, and 4 answered", id="doubled"
    ),
    pytest.param(
        lambda answers: answers[::-1], "expected the answer for .*/record-0, got", id="reversed"
    ),
    pytest.param(lambda answers: [{}, *answers[1:]], "got that for None", id="empty"),
]


@pytest.mark.parametrize(("change", "complaint"), MISMATCHES)
def test_an_answer_that_does_not_match_what_was_sent_is_not_believed(
    settings: Settings, change: Callable[[list[object]], list[object]], complaint: str
) -> None:
    def lie(content: bytes) -> bytes:
        return orjson.dumps({"responses": change(orjson.loads(content)["responses"])})

    def lying(request: web.Request, bulk_count: int) -> object:
        return lie if request.path.endswith("/batch") else None

    records = [make_record(id=f"record-{number}") for number in range(3)]
    target = settings.server_url.removesuffix("/v1")
    with running(forwarding(target, lying)) as url, pytest.raises(Unavailable, match=complaint):
        send(replace(settings, server_url=f"{url}/v1"), records)
