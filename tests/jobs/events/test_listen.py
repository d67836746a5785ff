"""The listen job, from a real queue and the sample archive to the real server."""

import asyncio
import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from aiohttp import web
from buildhub.aio.streams import in_pieces
from buildhub.counts.summary import ExitCode, Summary
from buildhub.errors import ConfigError
from buildhub.events.listen import listen
from buildhub.events.timing import ListenTiming
from buildhub.publish.deferred import Conflict
from buildhub.settings import Settings
from buildhub_sample_archive import SampleArchive

from tests.jobs.conftest import plain, stored
from tests.jobs.events.consumers import consume, loaded
from tests.stand_ins.http_server import forwarding, running
from tests.stand_ins.programs import Program
from tests.stand_ins.sqs import (
    CREDENTIALS,
    FORMS,
    TEST_MESSAGE,
    TestQueue,
    direct,
    enveloped,
    queue_server,
    s3_record,
)

OBJECTS = {each.path: each for each in SampleArchive("tiny").iter_objects()}
WINNERS = {path for path, each in OBJECTS.items() if each.is_build and not each.loses_conflict}
RELEASE = "pub/firefox/releases/56.0b12/win32/fr/Firefox Setup 56.0b12.exe"
RELEASE_ID = "firefox_beta_56-0b12_win32_fr"
CANDIDATES = "pub/firefox/candidates/56.0b12-candidates"

QUICK = ListenTiming(last_poll_seconds=0, first_delay_seconds=0, first_pause_seconds=0.01)
LATE = replace(QUICK, first_delay_seconds=60)
SOON = replace(QUICK, first_delay_seconds=2)
PATIENT = replace(SOON, last_poll_seconds=4)


@pytest.fixture(scope="session")
def queues() -> Iterator[str]:
    with queue_server() as url:
        yield url


@pytest.fixture
def queue(queues: str, monkeypatch: pytest.MonkeyPatch) -> TestQueue:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    return TestQueue(queues)


@pytest.fixture
def settings(
    make_settings: Callable[..., Settings], live_server: str, sample_archive: str, queue: TestQueue
) -> Settings:
    return make_settings(
        SERVER_URL=live_server,
        ARCHIVE_URL=sample_archive,
        S3_ENDPOINT_URL=sample_archive,
        QUEUE_URL=queue.url,
        SQS_ENDPOINT_URL=queue.endpoint,
    )


def run(settings: Settings, **arguments: Any) -> Summary:
    return asyncio.run(listen(settings, **{"once": True, "timing": QUICK} | arguments))


def written(path: str, **changes: Any) -> dict[str, Any]:
    """Return the record of a file of the sample, written when the archive says."""
    each = OBJECTS[path]
    return s3_record(path, each.size, each.modified, **changes)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_build_is_published_as_a_load_would_from_every_form(
    form: Callable[..., Any], settings: Settings, queue: TestQueue, sample_archive: str
) -> None:
    queue.send([form(written(RELEASE))])
    summary = run(settings)
    assert (summary.failure, summary.exit_code) == (None, ExitCode.SUCCESS)
    assert (summary.messages, summary.published.created) == (1, 1)
    assert queue.counts() == (0, 0)
    record = stored(settings)[RELEASE_ID]
    assert record["download"]["url"] == f"{sample_archive}/{RELEASE}"
    assert record["download"]["date"] == f"{OBJECTS[RELEASE].modified:%Y-%m-%dT%H:%M:%SZ}"
    assert record["source"]["revision"]


def test_a_message_twice_is_one_record_that_is_written_once(
    settings: Settings, queue: TestQueue
) -> None:
    queue.send([direct(written(RELEASE)), enveloped(written(RELEASE))])
    run(settings)
    before = stored(settings)
    queue.send([direct(written(RELEASE, eventTime="2031-01-01T00:00:00.000Z"))])
    summary = run(settings)
    assert stored(settings) == before
    assert (summary.published.unchanged, queue.counts()) == (1, (0, 0))


NIGHTLY = "pub/firefox/nightly/2017/07/2017-07-10-10-01-09-mozilla-central"
FENNEC = "pub/mobile/candidates/57.0-candidates/build3/android-api-16"

# A metadata file, what the paths of the builds start with that it describes, and their word.
DESCRIBED = {
    "a candidate's": (
        f"{CANDIDATES}/build1/win32/en-US/firefox-56.0b12.json",
        (f"{CANDIDATES}/build1/win32", "pub/firefox/releases/56.0b12/win32"),
        "",
    ),
    "a candidate's buildhub.json": (
        "pub/firefox/candidates/126.0-candidates/build2/linux-x86_64/en-US/buildhub.json",
        (
            "pub/firefox/candidates/126.0-candidates/build2/linux-x86_64/",
            "pub/firefox/releases/126.0/linux-x86_64/",
        ),
        "",
    ),
    "a nightly's": (f"{NIGHTLY}/firefox-56.0a1.en-US.win64.json", (NIGHTLY,), ".win64."),
    "Fennec's": (
        f"{FENNEC}/en-US/fennec-57.0.en-US.android-arm.json",
        (f"{FENNEC}/", "pub/mobile/releases/57.0/android-api-16/"),
        "",
    ),
}


@pytest.mark.parametrize(("path", "starts", "word"), DESCRIBED.values(), ids=DESCRIBED)
def test_metadata_alone_brings_every_build_that_it_describes(
    path: str, starts: tuple[str, ...], word: str, settings: Settings, queue: TestQueue
) -> None:
    queue.send([direct(written(path))])
    summary = run(settings)
    assert (summary.failure, queue.counts()) == (None, (0, 0))
    expected = {
        each.path
        for each in OBJECTS.values()
        if each.is_build
        and not each.loses_conflict
        and each.path.startswith(starts)
        and word in each.path
    }
    assert len(expected) >= 4
    records = plain(stored(settings))
    urls = {record["download"]["url"] for record in records.values()}
    assert urls == {f"{settings.archive_url}{path}" for path in expected}
    alone = loaded(settings)
    assert records == {record_id: alone[record_id] for record_id in records}


class Gate:
    """An archive that has no metadata until it is opened."""

    def __init__(self, target: str) -> None:
        self.is_open = False
        self.handle = forwarding(target, self._break)

    def _break(self, request: web.Request, count: int) -> web.Response | None:
        hidden = request.path.endswith((".json", ".txt")) and not self.is_open
        return web.Response(status=404) if hidden else None


def test_a_build_before_its_metadata_is_published_and_completed_when_they_come(
    settings: Settings, queue: TestQueue, sample_archive: str
) -> None:
    gate = Gate(sample_archive)
    with running(gate.handle) as url:
        late = replace(settings, archive_url=f"{url}/")
        queue.send([direct(written(RELEASE))])
        first = run(late, timing=SOON)
        assert "revision" not in stored(late)[RELEASE_ID]["source"]
        assert (first.exit_code, first.waiting, queue.counts()) == (ExitCode.SUCCESS, 1, (0, 1))
        gate.is_open = True
        number = stored(late)[RELEASE_ID]["build"]["number"]
        queue.send(
            [direct(written(f"{CANDIDATES}/build{number}/win32/en-US/firefox-56.0b12.json"))]
        )
        second = run(late, timing=SOON)
        assert stored(late)[RELEASE_ID]["source"]["revision"]
        assert second.waiting == 0
        # What comes again meanwhile, with misses that are remembered, takes nothing away.
        run(late, timing=PATIENT)
        assert stored(late)[RELEASE_ID]["source"]["revision"]
        assert queue.counts() == (0, 0)


def test_a_build_is_completed_by_another_look_where_no_event_names_metadata(
    settings: Settings, queue: TestQueue, sample_archive: str
) -> None:
    forgetful = replace(SOON, misses_believed_seconds=0.0)
    gate = Gate(sample_archive)
    with running(gate.handle) as url:
        late = replace(settings, archive_url=f"{url}/")
        queue.send([direct(written(RELEASE))])
        assert run(late, timing=forgetful).waiting == 1
        gate.is_open = True
        assert run(late, timing=replace(forgetful, last_poll_seconds=4)).waiting == 0
        assert stored(late)[RELEASE_ID]["source"]["revision"]
        assert queue.counts() == (0, 0)


def test_nobody_waits_for_metadata_longer_than_the_setting_says(
    settings: Settings, queue: TestQueue, sample_archive: str
) -> None:
    with running(Gate(sample_archive).handle) as url:
        late = replace(settings, archive_url=f"{url}/", metadata_wait_minutes=0.0)
        queue.send([direct(written(RELEASE))])
        assert run(late).waiting == 0
        assert RELEASE_ID in stored(late)
        assert queue.counts() == (0, 0)


def test_what_is_stored_with_metadata_does_not_lose_them_to_a_late_event(
    settings: Settings, queue: TestQueue, sample_archive: str, tmp_path: Path
) -> None:
    gate = Gate(sample_archive)
    gate.is_open = True
    with running(gate.handle) as url:
        through = replace(settings, archive_url=f"{url}/", metadata_wait_minutes=0.0)
        queue.send([direct(written(RELEASE))])
        run(through)
        before = stored(through)
        gate.is_open = False
        queue.send([direct(written(RELEASE))])
        summary = run(replace(through, cache_folder=tmp_path / "another machine's"))
    assert before[RELEASE_ID]["source"]["revision"]
    assert stored(settings) == before
    assert (summary.published.unchanged, queue.counts()) == (1, (0, 0))


@pytest.mark.parametrize("first", [0, 1])
def test_the_preferred_of_two_files_has_the_id_in_any_order(
    first: int, settings: Settings, queue: TestQueue
) -> None:
    folder = "pub/firefox/releases/1.5/linux-i686/fr"
    names = ["firefox-1.5.tar.gz", "firefox-1.5.installer.tar.gz"]
    conflicts: list[Conflict] = []
    for name in (names[first], names[1 - first]):
        queue.send([direct(s3_record(f"{folder}/{name}"))])
        run(replace(settings, metadata_wait_minutes=0.0), on_conflict=conflicts.append)
    record = stored(settings)["firefox_1-5_linux-i686_fr"]
    assert record["download"]["url"].endswith(f"/{names[0]}")
    assert [conflict.path for conflict in conflicts] == [f"{folder}/{names[1]}"] * (first == 0)


def test_messages_that_cannot_be_understood_go_to_the_dead_letter_queue_with_the_reason(
    settings: Settings, queue: TestQueue
) -> None:
    dead = TestQueue(queue.endpoint)
    bad = direct(s3_record("pub/x", eventTime="never"))
    queue.send(["{not json", bad, TEST_MESSAGE, direct(written(RELEASE)), {"Records": [{}]}])
    summary = run(replace(settings, dead_letter_queue_url=dead.url))
    letters = {
        letter["Body"]: letter["MessageAttributes"]["Reason"]["StringValue"]
        for letter in dead.receive_all()
    }
    assert len(letters) == 2
    assert letters["{not json"] == "not-understood: expected a message in JSON, got '{not json'"
    assert any("'never'" in reason for reason in letters.values())
    assert queue.counts() == (0, 0)
    assert RELEASE_ID in stored(settings)
    assert summary.exit_code == ExitCode.PARTIAL
    assert summary.read_counts.unsettled == {"dead-letter": 2}


def test_what_the_server_refuses_is_a_dead_letter_that_says_why(
    settings: Settings, queue: TestQueue
) -> None:
    dead = TestQueue(queue.endpoint)
    answer = {"id": RELEASE_ID, "status": "invalid", "error": "target.os in body: 'win' is old"}
    lines = f'{json.dumps(answer)}\n{{"summary": {{}}}}\n'

    def breaking(request: web.Request, count: int) -> web.Response | None:
        return web.Response(text=lines) if request.path.endswith("/bulk") else None

    queue.send([direct(written(RELEASE))])
    with running(forwarding(settings.server_url.removesuffix("/v1"), breaking)) as url:
        run(replace(settings, dead_letter_queue_url=dead.url, server_url=f"{url}/v1"))
    [letter] = dead.receive_all()
    reason = letter["MessageAttributes"]["Reason"]["StringValue"]
    assert reason == f"record-refused: {RELEASE_ID}: {answer['error']}"
    assert queue.counts() == (0, 0)


def test_without_a_dead_letter_queue_a_message_that_is_not_understood_stays_in_the_queue(
    settings: Settings, queue: TestQueue
) -> None:
    queue.send(["nonsense"])
    summary = run(settings, timing=LATE)
    assert queue.counts() == (0, 1)
    assert summary.read_counts.unsettled == {"not-understood": 1}


def test_an_archive_that_is_down_costs_no_message(settings: Settings, queue: TestQueue) -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=503)

    with running(refuse) as url:
        queue.send([direct(written(RELEASE))])
        summary = run(replace(settings, archive_url=f"{url}/"), timing=LATE)
    assert (stored(settings), queue.counts()) == ({}, (0, 1))
    assert summary.read_counts.unsettled == {"archive-out-of-reach": 1}
    assert summary.exit_code == ExitCode.PARTIAL


def test_a_server_that_is_down_for_a_while_gets_everything_in_the_end(
    settings: Settings, queue: TestQueue
) -> None:
    paths = [path for path, each in OBJECTS.items() if each.is_build and "56.0b12" in path][:30]
    queue.send(direct(written(path)) for path in paths)
    failures = iter(range(5))

    def breaking(request: web.Request, count: int) -> web.Response | None:
        is_write = request.path.endswith("/bulk")
        return web.Response(status=503) if is_write and next(failures, None) is not None else None

    with running(forwarding(settings.server_url.removesuffix("/v1"), breaking)) as url:
        summary = run(replace(settings, server_url=f"{url}/v1", messages_in_flight=10))
    assert summary.failure is None or queue.counts()[0]
    run(settings)
    assert (len(stored(settings)), queue.counts()) == (len(paths), (0, 0))


@pytest.mark.parametrize(
    ("changes", "failure", "message"),
    [
        ({"queue_url": None}, ConfigError, "QUEUE_URL and SUBSCRIPTION are not set"),
        ({"queue_url": "http://127.0.0.1/1/nothing"}, ConfigError, "the queue does not exist"),
        ({"auth": None}, ConfigError, "needs credentials"),
    ],
)
def test_what_cannot_work_ends_the_job_with_a_reason(
    changes: dict[str, Any], failure: type[Exception], message: str, settings: Settings
) -> None:
    summary = run(replace(settings, **changes))
    assert isinstance(summary.failure, failure)
    assert message in str(summary.failure)


def start_consumer(settings: Settings, *options: str) -> Program:
    """Start a consumer of the test's queue."""
    return consume(
        settings,
        *options,
        QUEUE_URL=settings.queue_url or "",
        SQS_ENDPOINT_URL=settings.sqs_endpoint_url or "",
        VISIBILITY_TIMEOUT_SECONDS="4",
        MESSAGES_IN_FLIGHT="60",
        **CREDENTIALS,
    )


def feed(queue: TestQueue, bodies: list[Any], consumers: list[Program]) -> None:
    """Send *bodies* as they are worked on: the stand-in for SQS is slow where a queue is long."""
    for some in in_pieces(bodies, 100):
        while sum(queue.counts()) > 150:
            assert consumers[-1].process.poll() is None, consumers[-1].output
            time.sleep(0.1)
        queue.send(some)


@pytest.mark.timeout(300)
def test_consumers_that_are_killed_at_random_lose_nothing(
    settings: Settings, queue: TestQueue
) -> None:
    alone = loaded(settings)
    chance = random.Random(8)  # noqa: S311
    count = 2400 if os.environ.get("REQUIRE_ALL") else 480
    # Losers of conflicts are left out: each rightly has its ID until an event names the winner.
    builds = chance.sample(sorted(WINNERS), count // 8)
    companions = [path for path, each in OBJECTS.items() if not each.is_build]
    others = chance.sample([p for p in companions if not p.endswith((".json", ".txt"))], count // 2)
    metadata = chance.sample([p for p in OBJECTS if p.endswith("buildhub.json")], 3)
    paths = [*builds, *others, *metadata, *chance.sample(builds + others, count // 4)]
    chance.shuffle(paths)
    bodies = [chance.choice([direct, enveloped])(written(path)) for path in paths]
    run(settings)  # Makes the collection.
    consumers = [start_consumer(settings), start_consumer(settings)]
    try:
        for some in in_pieces(bodies, len(bodies) // 4 + 1):
            feed(queue, some, consumers)
            time.sleep(chance.random())
            killed = consumers.pop(0).process
            killed.kill()
            killed.wait()
            consumers.append(start_consumer(settings))
        while sum(queue.counts()):
            time.sleep(0.3)
    finally:
        for each in consumers:
            each.process.kill()
            each.process.wait()
    records = plain(stored(settings))
    assert records == {record_id: alone[record_id] for record_id in records}
    named = {f"{settings.archive_url}{path}" for path in paths if path in WINNERS}
    assert named <= {record["download"]["url"] for record in records.values()}


# What ends a consumer, and its exit code: the second is how services are stopped, which is success.
ENDINGS = [
    pytest.param(signal.SIGINT, ExitCode.INTERRUPTED, id="Ctrl-C"),
    pytest.param(signal.SIGTERM, ExitCode.SUCCESS, id="SIGTERM"),
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("number", "code"), ENDINGS)
def test_a_consumer_that_gets_a_signal_ends_in_good_order(
    number: signal.Signals, code: ExitCode, settings: Settings, queue: TestQueue
) -> None:
    queue.send(direct(written(path)) for path in list(OBJECTS)[:120])
    program = start_consumer(settings, "--visibility-timeout", "600")
    # A message that is being received may be counted twice.
    while sum(queue.counts()) >= 120:
        time.sleep(0.1)
    program.process.send_signal(number)
    assert program.process.wait(30) == code, program.output
    assert "messages " in program.output
    assert queue.counts()[1] == 0, "a message is left with a consumer that has gone"
    assert run(settings).failure is None
    assert queue.counts() == (0, 0)


def test_a_message_stays_with_its_consumer_as_long_as_the_work_takes(
    settings: Settings, queue: TestQueue, sample_archive: str
) -> None:
    forward = forwarding(sample_archive, lambda request, count: None)
    seen: list[tuple[int, int]] = []

    async def slow(request: web.Request) -> web.StreamResponse:
        if not seen:
            # Half as long again as the message is the consumer's without a sign of life.
            await asyncio.sleep(3)
            seen.append(queue.counts())
        return await forward(request)

    queue.send([direct(written(RELEASE))])
    with running(slow) as url:
        summary = run(replace(settings, archive_url=f"{url}/", visibility_timeout_seconds=2))
    assert seen == [(0, 1)], "another consumer could have taken it"
    assert (summary.messages, queue.counts()) == (1, (0, 0))
    assert RELEASE_ID in stored(settings)


def test_of_a_queue_of_metadata_alone_folders_are_looked_at_again(
    settings: Settings, queue: TestQueue
) -> None:
    path, _, _ = DESCRIBED["a candidate's buildhub.json"]
    watching = replace(settings, metadata_events_only=True, metadata_wait_minutes=5.0)
    queue.send([direct(written(path))])
    summary = run(watching, timing=LATE)
    assert (summary.waiting, queue.counts()) == (1, (0, 1)), "builds may come later"
    assert stored(settings)
    late = TestQueue(queue.endpoint)
    late.send([direct(written(path))])
    run(replace(watching, queue_url=late.url, metadata_wait_minutes=0.0), timing=LATE)
    assert late.counts() == (0, 0), "it was waited for long enough"


def test_listening_reports_builds_and_never_completeness(
    settings: Settings, queue: TestQueue
) -> None:
    queue.send([direct(written(RELEASE))])
    run(settings)
    url = f"{settings.server_url}/buckets/{settings.bucket_id}/collections/releases/coverage"
    answer = requests.get(url, auth=tuple((settings.auth or "").split(":")), timeout=30)
    [beta] = answer.json()["data"]["channels"]
    record = stored(settings)[RELEASE_ID]
    assert beta["newest_build"] == {name: record["build"][name] for name in ("id", "date")}
    assert beta["followed_until"] == record["download"]["date"]
    assert (beta["complete_until"], beta["checked_until"]) == (None, None)
