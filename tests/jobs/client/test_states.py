"""The client against every state of the server: all records once, or an error that says why.

One table, for both drivers and for each kind of question. The server is the real one, behind a
proxy that breaks what the state says.
"""

import asyncio
import itertools
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from aiohttp import web
from buildhub.aio.retry_policy import RetryPolicy, RetryWaits
from buildhub.client.errors import BrokenAnswer, Refused, RequestError, Unavailable
from buildhub.client.questions import Questions

from tests.conftest import make_record
from tests.jobs.client.conftest import ACCOUNT, AUTH, Client, records_url
from tests.jobs.conftest import QUICK
from tests.jobs.served_catalogue import RECORDS, Place
from tests.stand_ins.http_server import Handler, forwarding, running
from tests.stand_ins.programs import free_port

pytestmark = pytest.mark.usefixtures("small_pages")

IDS = sorted(record["id"] for record in RECORDS)
QUESTIONS: dict[str, Callable[[Client], Any]] = {
    "a-search": lambda hub: hub.count(),
    "all-builds": lambda hub: [record.id for record in hub.builds()],
    "all-changes": lambda hub: sorted(change.record_id for change in hub.changes()),
}
ANSWERS = {"a-search": len(RECORDS), "all-builds": IDS, "all-changes": IDS}
PAGES = tuple(QUESTIONS)[1:]

SILENT = "silent"
"""A request that is never answered."""

Fault = Callable[[int], Any]
"""What becomes of a request, by its number: what `forwarding` takes, or `SILENT`."""


def once(broken: Callable[[], Any], at: int = 0) -> Fault:
    """Break one request, the first or a later one."""
    return lambda number: broken() if number == at else None


def always(broken: Callable[[], Any]) -> Fault:
    """Break every request."""
    return lambda _: broken()


def after(number: int, broken: Callable[[], Any]) -> Fault:
    """Break every request but the first ones."""
    return lambda each: broken() if each >= number else None


def error(status: int, sentence: str, **headers: str) -> Callable[[], web.Response]:
    """Answer with Kinto's error object."""
    body = {"code": status, "errno": 999, "error": "Error", "message": sentence}
    return lambda: web.json_response(body, status=status, headers=headers)


def text(status: int, content: str) -> Callable[[], web.Response]:
    """Answer with something that is no catalogue's."""
    return lambda: web.Response(status=status, text=content)


def cut(count: int) -> Callable[[], int]:
    """Close the connection after some bytes of an answer."""
    return lambda: count


def silent() -> str:
    """Do not answer."""
    return SILENT


def more_fields() -> Callable[[bytes], bytes]:
    """Answer as a newer server, whose records have fields that are not known yet."""

    def change(body: bytes) -> bytes:
        answer = json.loads(body)
        for record in answer.get("data", ()) if isinstance(answer.get("data"), list) else ():
            record["target"]["shape"] = "round"
            record["origin"] = {"planet": "earth"}
        return json.dumps(answer).encode()

    return change


BUSY = {"Retry-After": "0"}
ONE = ("all-builds",)
# A client gives a silent server up soon, and one that is only slow on a busy machine not at once.
PATIENT = {"timeout_seconds": 2.0, "retry_policy": RetryPolicy(5, QUICK)}
IMPATIENT = {"timeout_seconds": 0.2, "retry_policy": RetryPolicy(1, QUICK)}


@dataclass(frozen=True)
class State:
    """A state of the server.

    Attributes:
        fault: what becomes of each request.
        error: what the client raises, and what it says; None where it has all records once.
        questions: that meet it.
    """

    name: str
    fault: Fault
    error: tuple[type[Exception], str] | None = None
    questions: tuple[str, ...] = tuple(QUESTIONS)
    options: dict[str, Any] = field(default_factory=dict)


STATES = [
    State("sound", always(lambda: None)),
    State("newer", always(more_fields)),
    State("busy-once", once(error(503, "Wait.", **BUSY))),
    State("busy-between-pages", once(error(503, "Wait.", **BUSY), 2), questions=PAGES),
    State("busy", always(error(503, "No search.", **BUSY)), (Unavailable, "No search.")),
    State("too-many-once", once(error(429, "Slower.", **BUSY))),
    State("too-many", always(error(429, "Slower.", **BUSY)), (Unavailable, "Slower.")),
    State("failed-once", once(error(500, "Sorry."))),
    State("failed", always(error(500, "Sorry.")), (Unavailable, "Sorry.")),
    State("restarted-once", once(text(502, "<h1>Bad gateway</h1>"))),
    State("restarted", always(text(504, "<h1>Timeout</h1>")), (Unavailable, "<h1>Timeout")),
    State("cut-before-the-answer", once(cut(0))),
    State("cut-in-the-answer", once(cut(25))),
    State("cut-mid-page", once(cut(900), 1), questions=PAGES),
    State("cut", always(cut(25)), (Unavailable, "http://127.0.0.1")),
    State("silent-once", once(silent), questions=ONE, options=PATIENT),
    State("silent", always(silent), (Unavailable, "http://127.0.0.1"), ONE, IMPATIENT),
    State("unknown-sender", always(error(401, "Who is it?")), (Refused, "Who is it?")),
    State("forbidden", always(error(403, "Not you.")), (Refused, "Not you.")),
    State("forbidden-mid-way", after(1, error(403, "No more.")), (Refused, "No more."), PAGES),
    State("retired", always(error(410, "Use /v2.")), (RequestError, "Use /v2.")),
    State("elsewhere", always(error(307, "", Location="/x")), (BrokenAnswer, "leads to /x")),
    State("somebody-elses", always(text(200, "<html>")), (BrokenAnswer, "expected JSON")),
]
CELLS = [
    pytest.param(state, question, id=f"{state.name}-{question}")
    for state in STATES
    for question in state.questions
]


@pytest.mark.parametrize(("state", "question"), CELLS)
def test_all_records_come_once_or_an_error_says_why(
    connect: Callable[..., Client], catalogue: Place, state: State, question: str
) -> None:
    with running(broken(catalogue, state.fault)) as url:
        hub = connect(at(url, catalogue), **state.options)
        if state.error is None:
            assert QUESTIONS[question](hub) == ANSWERS[question]
        else:
            kind, sentence = state.error
            with pytest.raises(kind, match=sentence):
                QUESTIONS[question](hub)


def broken(place: Place, fault: Fault) -> Handler:
    """Return a proxy of a server that breaks its requests, which are numbered from 0."""
    numbers = itertools.count()
    # The handler looks first, so that a request is numbered once.
    forward_as: list[Any] = []
    forward = forwarding(place.url.removesuffix("/v1"), lambda *_: forward_as.pop())

    async def handle(request: web.Request) -> web.StreamResponse:
        # Nothing else is asked meanwhile, but for the coverage, to explain that there is nothing.
        action = fault(next(numbers))
        while action is SILENT:
            if request.transport is None:  # The client has gone.
                return web.Response()
            await asyncio.sleep(0.05)
        forward_as.append(action)
        return await forward(request)

    return handle


def at(url: str, place: Place) -> Place:
    return Place(f"{url}/v1", place.bucket, place.collection)


def test_a_server_that_is_down_is_named(connect: Callable[..., Client]) -> None:
    nowhere = Place(f"http://127.0.0.1:{free_port()}/v1", "build-hub", "releases")
    for question in QUESTIONS.values():
        with pytest.raises(Unavailable, match=nowhere.url):
            question(connect(nowhere))


def test_a_busy_server_has_the_time_that_it_asks_for(
    connect: Callable[..., Client], catalogue: Place
) -> None:
    times: list[float] = []

    def busy_once(number: int) -> web.Response | None:
        times.append(time.monotonic())
        return error(503, "Wait.", **{"Retry-After": "1"})() if number == 0 else None

    with running(broken(catalogue, busy_once)) as url:
        assert connect(at(url, catalogue)).count() == len(RECORDS)
    assert times[1] - times[0] >= 1


def test_a_server_that_is_restarted_while_records_are_read_loses_none(
    connect: Callable[..., Client], catalogue: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    waits = RetryWaits(first_seconds=0.2, last_seconds=0.2, jitter_seconds=0.0)
    sound = broken(catalogue, always(lambda: None))
    old = running(sound, port=port)
    new = running(sound, port=port)
    restarting: list[threading.Thread] = []

    def restart() -> None:
        time.sleep(0.5)
        new.__enter__()

    def before_the_third_page(number: int) -> None:
        if number == 2:
            old.__exit__(None, None, None)
            restarting.append(threading.Thread(target=restart))
            restarting[0].start()

    before_pages(monkeypatch, "records", before_the_third_page)
    hub = connect(at(old.__enter__(), catalogue), retry_policy=RetryPolicy(20, waits))
    try:
        assert [record.id for record in hub.builds()] == IDS
    finally:
        restarting[0].join()
        new.__exit__(None, None, None)


def test_a_permission_that_is_revoked_meanwhile_ends_what_is_read(
    connect: Callable[..., Client], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(connect(place, auth=ACCOUNT), 8)

    def revoke_before_the_third_page(number: int) -> None:
        if number == 2:
            bucket = f"{place.url}/buckets/{place.bucket}"
            body = {"permissions": {"read": []}}
            requests.patch(bucket, json=body, auth=AUTH, timeout=30).raise_for_status()

    before_pages(monkeypatch, "records", revoke_before_the_third_page)
    met, ended = connect(place).met("builds")
    assert [record.id for record in met] == ids[:6]
    assert isinstance(ended, Refused)


CUTS = [pytest.param(at, id=f"{at}-bytes") for at in (0, 25, 150)]


@pytest.mark.parametrize("at_byte", CUTS)
def test_what_is_published_is_stored_once_though_an_answer_is_cut(
    connect: Callable[..., Client], place: Place, at_byte: int
) -> None:
    with running(broken(place, once(cut(at_byte)))) as url:
        hub = connect(at(url, place), auth=ACCOUNT)
        published = hub.publish(make_record(id=f"record-{number}") for number in range(5))
    # The first three were stored before the answer was cut, and found unchanged afterwards.
    assert (published.created, published.unchanged, published.refused) == (2, 3, 0)
    assert [record.id for record in connect(place).builds()] == [
        f"record-{number}" for number in range(5)
    ]


SEEDS = range(3)


@pytest.mark.parametrize("seed", SEEDS)
def test_records_that_stay_are_met_once_while_others_come_and_go(
    connect: Callable[..., Client], place: Place, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    hub = connect(place, auth=ACCOUNT)
    writer = Writer(place, seed, fill(hub, 12))
    before_pages(monkeypatch, "records", writer.write_some)
    met = [record.id for record in hub.builds()]
    assert met == sorted(set(met))
    assert writer.untouched <= set(met) <= writer.ever
    assert writer.count > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_changes_lead_to_what_the_server_has_whatever_is_written_meanwhile(
    connect: Callable[..., Client], place: Place, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    hub = connect(place, auth=ACCOUNT)
    writer = Writer(place, seed, fill(hub, 12))
    before_pages(monkeypatch, "changes", writer.write_some)
    changes = hub.changes()
    monkeypatch.undo()
    changes += hub.changes(changes[-1].timestamp)
    timestamps = [change.timestamp for change in changes]
    assert timestamps == sorted(set(timestamps))
    replica: dict[str, Any] = {}
    for change in changes:
        replica[change.record_id] = change.record
    kept = {record_id: record for record_id, record in replica.items() if record is not None}
    assert kept == {record.id: record for record in hub.builds()}
    assert writer.count > 0


class Writer:
    """Writes, changes and deletes records at random, always the same ones for a seed.

    Attributes:
        ever: IDs of all records that there were.
        untouched: of those that were never deleted, nor are new.
        count: of writes.
    """

    def __init__(self, place: Place, seed: int, ids: list[str]) -> None:
        self._url = records_url(place)
        self._draw = random.Random(seed)  # noqa: S311 - the same on every run.
        self.ever = set(ids)
        self.untouched = set(ids)
        self.count = 0

    def write_some(self, page: int) -> None:
        """Do up to four things before a page is asked for, and nothing after the tenth."""
        for _ in range(self._draw.randrange(5) if page < 10 else 0):
            self.count += 1
            if self._draw.random() < 0.5:
                self._put(self._draw.choice(sorted(self.ever)))
            elif self._draw.random() < 0.5:
                self._put(f"record-{self._draw.randrange(1200):04}")
            else:
                self._delete(self._draw.choice(sorted(self.ever)))

    def _put(self, record_id: str) -> None:
        body = {"data": make_record(id=record_id, build__number=self.count)}
        answer = requests.put(f"{self._url}/{record_id}", json=body, auth=AUTH, timeout=30)
        answer.raise_for_status()
        if answer.status_code == 201:
            self.untouched.discard(record_id)
        self.ever.add(record_id)

    def _delete(self, record_id: str) -> None:
        answer = requests.delete(f"{self._url}/{record_id}", auth=AUTH, timeout=30)
        assert answer.status_code in (200, 404)
        self.untouched.discard(record_id)


def fill(hub: Client, count: int) -> list[str]:
    """Publish records; return their IDs, in their order."""
    ids = [f"record-{number * 100:04}" for number in range(count)]
    assert hub.publish(make_record(id=each) for each in ids).created == count
    return ids


def before_pages(
    monkeypatch: pytest.MonkeyPatch, question: str, act: Callable[[int], None]
) -> None:
    """Do something before each page is asked for; pages are numbered from 0."""
    ask, numbers = getattr(Questions, question), itertools.count()

    def acting(self: Questions, *arguments: Any, **options: Any) -> Any:
        act(next(numbers))
        return ask(self, *arguments, **options)

    monkeypatch.setattr(Questions, question, acting)
