"""Publishing through the bulk endpoint: what breaks on the way, and what becomes of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from aiohttp import web
from buildhub.counts.published import PublishedCounts
from buildhub.errors import BadData, Refused, Unavailable
from buildhub.publish.bulk import BulkTransport
from buildhub.publish.publisher import open_transport, publish
from buildhub.publish.server import open_server
from buildhub.settings import Settings

from tests.conftest import make_record
from tests.jobs.conftest import stored
from tests.stand_ins.http_server import forwarding, running

RECORDS = [make_record(id=f"record-{number}", target__locale="fr") for number in range(25)]
LINES = [orjson.dumps(record) + b"\n" for record in RECORDS]
IDS = {record["id"] for record in RECORDS}


@pytest.fixture
def settings(make_settings: Callable[..., Settings], live_server: str) -> Settings:
    patient = make_settings(SERVER_URL=live_server, NB_RETRY_REQUEST="3")
    return replace(patient, lines_per_request=10)


def send(settings: Settings, lines: list[bytes] = LINES, **changes: Any) -> PublishedCounts:
    """Publish *lines*, and return what became of them; *changes* are about the transport."""
    counts = PublishedCounts()

    async def stream() -> AsyncIterator[list[bytes]]:
        for start in range(0, len(lines), 7):
            yield lines[start : start + 7]

    async def run() -> None:
        async with open_server(settings) as server:
            transport = await open_transport(server, counts, initialize=True)
            if changes:
                transport = BulkTransport(server, counts, **changes)
            await publish(stream(), transport)

    asyncio.run(run())
    return counts


def answering(lines: list[bytes]) -> bytes:
    """Return what a server says that has created all *lines*."""
    ids = [orjson.loads(line)["id"] for line in lines]
    answers = [{"id": record_id, "status": "created", "last_modified": 1} for record_id in ids]
    return b"".join(orjson.dumps(each) + b"\n" for each in (*answers, {"summary": {}}))


def send_through(
    settings: Settings,
    breaking: Callable[[web.Request, int], Any],
    lines: list[bytes] = LINES,
    **changes: Any,
) -> PublishedCounts:
    """Publish over a wire on which *breaking* has its way."""
    target = settings.server_url.removesuffix("/v1")
    with running(forwarding(target, breaking)) as url:
        return send(replace(settings, server_url=f"{url}/v1"), lines, **changes)


def test_records_are_created_once(settings: Settings) -> None:
    assert send(settings).created == 25
    assert set(stored(settings)) == IDS
    assert send(settings).unchanged == 25


def test_a_changed_record_is_updated_and_the_others_are_not(settings: Settings) -> None:
    send(settings)
    changed = orjson.dumps(make_record(id="record-3", target__locale="de")) + b"\n"
    counts = send(settings, [*LINES[:3], changed, *LINES[4:]])
    assert (counts.created, counts.updated, counts.unchanged) == (0, 1, 24)
    assert stored(settings)["record-3"]["target"]["locale"] == "de"


BROKEN = [
    pytest.param(lambda: web.Response(status=503), id="busy"),
    pytest.param(lambda: web.Response(status=429), id="too-many"),
    pytest.param(lambda: web.Response(status=502, text="<html>"), id="a-proxy-s-page"),
    pytest.param(lambda: 0, id="no-answer"),
    pytest.param(lambda: 100, id="an-answer-that-breaks-off-in-a-line"),
    pytest.param(lambda: 300, id="an-answer-that-breaks-off-later"),
]


@pytest.mark.parametrize("make_broken", BROKEN)
def test_what_breaks_once_is_sent_again(settings: Settings, make_broken: Any) -> None:
    counts = send_through(
        settings, lambda _, bulk_count: make_broken() if bulk_count == 1 else None
    )
    assert counts.settled == 25
    assert not counts.invalid
    assert set(stored(settings)) == IDS


def swapped(answers: list[bytes]) -> list[bytes]:
    return [answers[1], answers[0], *answers[2:]]


MISMATCHES = [
    pytest.param(lambda answers: answers[1:], "expected the answer for 'record-", id="one-missing"),
    pytest.param(
        lambda answers: [*answers[:-2], answers[-1]],
        r"10 lines were sent, and 9 answered",
        id="the-last-missing",
    ),
    pytest.param(
        lambda answers: [answers[0], *answers], "expected the answer for 'record-", id="one-doubled"
    ),
    pytest.param(
        lambda answers: [*answers[:-1], *answers[-2:]],
        "more lines than the 10 that were sent",
        id="the-last-doubled",
    ),
    pytest.param(swapped, "expected the answer for 'record-", id="out-of-order"),
    pytest.param(
        lambda answers: answers[::-1], "10 lines were sent, and 0 answered", id="reversed"
    ),
    pytest.param(
        lambda _: [b"<!doctype html>\n", b"<p>Hello</p>\n"], "got '<!doctype html>", id="a-page"
    ),
    pytest.param(
        lambda answers: [*answers[:5], b"{...}\n", *answers[5:]], "expected JSON", id="noise"
    ),
    pytest.param(lambda _: [b"[]\n"], "expected a JSON object", id="a-list"),
    pytest.param(lambda _: [b"{}\n"], "expected a status or a summary", id="an-empty-object"),
    pytest.param(
        lambda answers: [each.replace(b'"status":"', b'"status":"un') for each in answers],
        "expected a status of a record, got 'un",
        id="no-such-status",
    ),
    pytest.param(
        lambda answers: [each.replace(b'"status":', b'"status":[],"":') for each in answers],
        "expected a status of a record",
        id="a-status-of-another-type",
    ),
    pytest.param(
        lambda _: [b'{"error": {"code": "none", "message": "Oh."}}\n'],
        "answers 500",
        id="an-error-without-a-status",
    ),
]


def altered(change: Callable[[list[bytes]], list[bytes]], times: int) -> Any:
    """Return a wire on which the first answers are changed, *times* times."""

    def breaking(request: web.Request, bulk_count: int) -> Any:
        if not request.path.endswith("/bulk") or bulk_count >= times:
            return None
        return lambda content: b"".join(change(content.splitlines(keepends=True)))

    return breaking


@pytest.mark.parametrize(("change", "complaint"), MISMATCHES)
def test_an_answer_that_does_not_match_what_was_sent_is_not_believed(
    settings: Settings, change: Any, complaint: str
) -> None:
    counts = send_through(settings, altered(change, times=1), LINES[:10])
    # The server did store them at first, so nobody knows who has created them.
    assert (counts.created, counts.unchanged, counts.invalid) == (0, 10, {})
    with pytest.raises(Unavailable, match=complaint):
        send_through(settings, altered(change, times=100), LINES[:10])


def test_an_endless_line_is_not_read_to_its_end(settings: Settings) -> None:
    endless = altered(lambda _: [b"x" * 1_000_000], times=100)
    with pytest.raises(Unavailable, match="over 10000 bytes"):
        send_through(settings, endless, longest_answer_bytes=10_000)


def test_a_long_answer_is_read(settings: Settings) -> None:
    # aiohttp's own lines end at 64 kilobytes.
    line = orjson.dumps({"id": "x" * 200_000}) + b"\n"
    counts = send(settings, [*LINES[:3], line, *LINES[3:6]])
    assert (counts.created, counts.invalid) == (6, {"invalid": 1})


def test_what_has_no_id_is_counted_as_invalid(settings: Settings) -> None:
    lines = [b'{"id": 5}\n', b'{"id": null}\n', b"{}\n"]
    assert send(settings, [*LINES[:3], *lines]).invalid == {"id": 3}


def test_lines_that_were_answered_are_not_sent_again(settings: Settings) -> None:
    sent = []

    async def note(request: web.Request) -> None:
        sent.append((await request.read()).count(b"\n"))

    def breaking(request: web.Request, bulk_count: int) -> Any:
        # An answer of a line is some eighty bytes: two whole ones get through.
        return 200 if request.path.endswith("/bulk") and bulk_count == 0 else None

    handler = forwarding(settings.server_url.removesuffix("/v1"), breaking)

    async def watch(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/bulk") and request.content_length:
            await note(request)
        return await handler(request)

    with running(watch) as url:
        counts = send(replace(settings, server_url=f"{url}/v1"), LINES[:10])
    assert sent[0] == 10
    assert 5 < sent[1] < 10
    assert counts.settled == 10


def test_the_wait_that_the_server_asks_for_is_kept(settings: Settings) -> None:
    asked = []

    def busy_once(request: web.Request, bulk_count: int) -> Any:
        if not request.path.endswith("/bulk"):
            return None
        asked.append(time.monotonic())
        return None if bulk_count else web.Response(status=503, headers={"Retry-After": "1"})

    assert send_through(settings, busy_once).created == 25
    assert asked[-1] - asked[0] >= 1


def test_no_server_can_stop_us_for_a_day(settings: Settings) -> None:
    short = replace(settings.retry_waits, longest_asked_seconds=0.1)

    def asking_for_a_day(request: web.Request, bulk_count: int) -> Any:
        if not request.path.endswith("/bulk") or bulk_count:
            return None
        return web.Response(body=answering(LINES[:10]), headers={"Backoff": "86400"})

    started = time.monotonic()
    send_through(replace(settings, retry_waits=short), asking_for_a_day)
    assert time.monotonic() - started < 30


def test_a_server_that_stays_busy_is_given_up(settings: Settings) -> None:
    asked = []

    def busy(request: web.Request, bulk_count: int) -> Any:
        if request.path.endswith("/bulk"):
            asked.append(bulk_count)
            return web.Response(status=503)
        return None

    with pytest.raises(Unavailable, match="answers 503"):
        send_through(settings, busy)
    # Two requests are in flight, each with an attempt and three more.
    assert 4 <= len(asked) <= 8


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_not_tried_again(settings: Settings, status: int) -> None:
    asked = []

    def refuse(request: web.Request, bulk_count: int) -> Any:
        if request.path.endswith("/bulk"):
            asked.append(bulk_count)
            return web.json_response({"code": status, "message": "No."}, status=status)
        return None

    with pytest.raises(Refused, match="writing as 'publisher'"):
        send_through(settings, refuse)
    assert len(asked) <= 2


def test_an_error_at_the_end_of_an_answer_is_judged_as_its_status(settings: Settings) -> None:
    def refuse(request: web.Request, bulk_count: int) -> Any:
        if request.path.endswith("/bulk"):
            return web.Response(body=b'{"error": {"code": 403, "message": "Read only."}}\n')
        return None

    with pytest.raises(Refused, match="Read only"):
        send_through(settings, refuse)


def test_what_the_server_does_not_understand_is_named(settings: Settings) -> None:
    def confuse(request: web.Request, bulk_count: int) -> Any:
        if request.path.endswith("/bulk"):
            return web.json_response({"message": "What?"}, status=415)
        return None

    with pytest.raises(BadData, match=r"answers 415 \(What\?\)"):
        send_through(settings, confuse)


def test_a_request_that_is_too_large_is_cut_in_two(settings: Settings) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if request.path.endswith("/bulk") and body.count(b"\n") > 3:
            return web.json_response({"message": "Too large."}, status=413)
        return await handler(request)

    handler = forwarding(settings.server_url.removesuffix("/v1"), lambda *_: None)
    with running(handle) as url:
        assert send(replace(settings, server_url=f"{url}/v1")).created == 25
    assert set(stored(settings)) == IDS


def test_a_record_that_is_too_large_alone_is_counted(settings: Settings) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/bulk") and b'"record-7"' in await request.read():
            return web.json_response({"message": "Too large."}, status=413)
        return await handler(request)

    handler = forwarding(settings.server_url.removesuffix("/v1"), lambda *_: None)
    with running(handle) as url:
        counts = send(replace(settings, server_url=f"{url}/v1"))
    assert (counts.created, counts.invalid) == (24, {"too large": 1})


def test_invalid_records_are_counted_by_the_place_that_is_wrong(settings: Settings) -> None:
    bad = [
        orjson.dumps(make_record(id="bad-1", target__os="plan9")) + b"\n",
        orjson.dumps(make_record(id="bad-2", target__os="amiga")) + b"\n",
        orjson.dumps(make_record(id="bad-3", download__size="big")) + b"\n",
    ]
    counts = send(settings, [*LINES[:5], *bad, *LINES[5:]])
    assert (counts.created, counts.invalid) == (25, {"target.os": 2, "download.size": 1})


def test_requests_may_be_compressed_as_they_are_for_a_distant_server(settings: Settings) -> None:
    encodings = set()

    def note(request: web.Request, bulk_count: int) -> None:
        if request.path.endswith("/bulk"):
            encodings.add(request.headers.get("Content-Encoding"))

    assert send(settings, compress=True).created == 25
    send_through(settings, note, compress=True)
    assert encodings == {"gzip"}
