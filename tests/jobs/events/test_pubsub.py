"""The listen job, from a real subscription and the sample archive to the real server."""

import asyncio
import json
import os
import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from buildhub.aio.streams import in_pieces
from buildhub.counts.summary import ExitCode, Summary
from buildhub.errors import ConfigError, Unavailable
from buildhub.events.listen import listen
from buildhub.events.timing import ListenTiming
from buildhub.settings import Settings
from buildhub_sample_archive import SampleArchive
from buildhub_sample_archive.notifications import notification
from buildhub_sample_archive.objects import File

from tests.jobs.conftest import plain, stored
from tests.jobs.events.consumers import consume, loaded
from tests.stand_ins.go_programs import BUILD_TIMEOUT_SECONDS
from tests.stand_ins.http_server import forwarding, running
from tests.stand_ins.programs import Program, free_port
from tests.stand_ins.pubsub import PROJECT, TestSubscription

ARCHIVE = SampleArchive("tiny")
OBJECTS = {each.path: each for each in ARCHIVE.iter_objects()}
WINNERS = sorted(p for p, each in OBJECTS.items() if each.is_build and not each.loses_conflict)
RELEASE = "pub/firefox/releases/56.0b12/win32/fr/Firefox Setup 56.0b12.exe"
RELEASE_ID = "firefox_beta_56-0b12_win32_fr"

# The first test may have to build the server.
pytestmark = pytest.mark.timeout(BUILD_TIMEOUT_SECONDS)

QUICK = ListenTiming(last_poll_seconds=1, first_delay_seconds=0, first_pause_seconds=0.01)
LATE = replace(QUICK, first_delay_seconds=60)


@pytest.fixture
def settings(
    make_settings: Callable[..., Settings],
    live_server: str,
    sample_archive: str,
    subscription: TestSubscription,
) -> Settings:
    return make_settings(
        SERVER_URL=live_server,
        ARCHIVE_URL=sample_archive,
        S3_ENDPOINT_URL=sample_archive,
        SUBSCRIPTION=subscription.name,
        DEAD_LETTER_TOPIC=subscription.dead_letter_topic,
        PUBSUB_EMULATOR_HOST=subscription.host,
        NB_RETRY_REQUEST="0",
    )


def run(settings: Settings, **arguments: Any) -> Summary:
    return asyncio.run(listen(settings, **{"once": True, "timing": QUICK} | arguments))


def written(path: str, **attributes: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the notification of a file of the sample."""
    file = ARCHIVE.find(path)
    assert isinstance(file, File)
    return notification("productdelivery", path, file, **attributes)


def without_what_others_lack(records: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return records without the server's fields, and without what only notifications tell."""
    found = plain(records)
    for record in found.values():
        for name in ("md5", "expires"):
            record["download"].pop(name, None)
    return found


def test_a_build_is_published_as_a_load_would(
    settings: Settings, subscription: TestSubscription
) -> None:
    subscription.send([written(RELEASE), written(RELEASE)])
    summary = run(settings)
    assert (summary.failure, summary.exit_code) == (None, ExitCode.SUCCESS)
    assert (summary.messages, summary.published.created) == (2, 1)
    assert subscription.waiting() == 0
    alone = loaded(settings)
    assert without_what_others_lack(stored(settings)) == {RELEASE_ID: alone[RELEASE_ID]}


# What a message has instead, and what its dead letter says.
POISON = [
    pytest.param({}, b"\xff\xfe no text", "expected a message in JSON", id="bytes"),
    pytest.param({}, {"hello": 1}, "expected Records or Message", id="other-json"),
    pytest.param(written(RELEASE)[0], [1], "expected an object, got [1]", id="data-is-a-list"),
    pytest.param(
        {"eventType": "OBJECT_FINALIZE", "objectId": "x" * 2000, "eventTime": "2026-01-01"},
        b"",
        "expected a key of",
        id="long-name",
    ),
    pytest.param(
        {"eventType": "OBJECT_FINALIZE", "objectId": RELEASE}, b"", "eventTime", id="no-time"
    ),
]


@pytest.mark.parametrize(("attributes", "data", "reason"), POISON)
def test_poison_goes_to_the_dead_letters_as_it_came_with_the_reason(
    settings: Settings,
    subscription: TestSubscription,
    attributes: dict[str, str],
    data: Any,
    reason: str,
) -> None:
    subscription.send([(attributes, data), written(RELEASE)])
    summary = run(settings)
    assert summary.exit_code == ExitCode.PARTIAL
    assert RELEASE_ID in stored(settings)
    [(found, body)] = subscription.dead_letters()
    assert reason in found.pop("Reason")
    assert found.pop("OriginalMessageId")
    assert found == attributes
    assert body == (data if isinstance(data, bytes) else json.dumps(data).encode())
    assert subscription.waiting() == 0


def test_poison_without_a_topic_for_it_stays(
    settings: Settings, subscription: TestSubscription
) -> None:
    subscription.send([({}, b"nothing")])
    summary = run(replace(settings, dead_letter_topic=None), timing=LATE)
    assert summary.read_counts.unsettled == {"not-understood": 1}
    assert subscription.dead_letters() == []


def test_what_the_archive_cannot_give_now_comes_again(
    settings: Settings, subscription: TestSubscription
) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/"
    subscription.send([written(RELEASE)])
    summary = run(replace(settings, archive_url=nowhere), timing=LATE)
    assert summary.read_counts.unsettled == {"archive-out-of-reach": 1}
    assert subscription.waiting() == 0, "it is leased for a while"
    subscription.send([written(RELEASE)])
    assert run(settings).published.created == 1


def test_messages_are_released_where_the_server_fails(
    settings: Settings, subscription: TestSubscription
) -> None:
    subscription.send([written(RELEASE)])
    down = iter([True, True])

    def breaking(request: web.Request, _: int) -> web.Response | None:
        is_write = request.path.endswith("/bulk")
        return web.Response(status=503) if is_write and next(down, None) else None

    with running(forwarding(settings.server_url.removesuffix("/v1"), breaking)) as url:
        summary = run(replace(settings, server_url=f"{url}/v1"))
    assert isinstance(summary.failure, Unavailable)
    assert run(settings).published.created == 1


@pytest.mark.parametrize(
    ("changes", "failure", "message"),
    [
        (
            {"subscription": f"{PROJECT}/subscriptions/none"},
            ConfigError,
            f"{PROJECT}/subscriptions/none: it does not exist",
        ),
        (
            {"pubsub_emulator_host": f"127.0.0.1:{free_port()}"},
            Unavailable,
            "ServiceUnavailable",
        ),
        ({"queue_url": "http://127.0.0.1/1/q"}, ConfigError, "expected one of them"),
        ({"subscription": None}, ConfigError, "QUEUE_URL and SUBSCRIPTION are not set"),
    ],
)
def test_what_cannot_work_ends_the_job_with_a_reason(
    changes: dict[str, Any], failure: type[Exception], message: str, settings: Settings
) -> None:
    summary = run(replace(settings, **changes))
    assert isinstance(summary.failure, failure)
    assert message in str(summary.failure)


def test_a_missing_topic_for_dead_letters_is_named(
    settings: Settings, subscription: TestSubscription
) -> None:
    subscription.send([({}, b"nothing")])
    summary = run(replace(settings, dead_letter_topic=f"{PROJECT}/topics/none"))
    assert f"{PROJECT}/topics/none: it does not exist" in str(summary.failure)


def start_consumer(settings: Settings) -> Program:
    """Start a consumer of the test's queue."""
    return consume(
        settings,
        SUBSCRIPTION=settings.subscription or "",
        DEAD_LETTER_TOPIC=settings.dead_letter_topic or "",
        PUBSUB_EMULATOR_HOST=settings.pubsub_emulator_host or "",
        VISIBILITY_TIMEOUT_SECONDS="5",
        MESSAGES_IN_FLIGHT="300",
    )


def test_consumers_that_are_killed_at_random_lose_nothing_and_explain_dead_letters(
    settings: Settings, pubsub: str
) -> None:
    subscription = TestSubscription(pubsub, ack_deadline_seconds=5)
    settings = replace(
        settings,
        subscription=subscription.name,
        dead_letter_topic=subscription.dead_letter_topic,
    )
    alone = loaded(settings)
    chance = random.Random(9)  # noqa: S311
    count = 10_000 if os.environ.get("REQUIRE_ALL") else 1000
    others = sorted(
        path for path, each in OBJECTS.items() if not each.is_build and not path.endswith("/")
    )
    builds = chance.sample(WINNERS, min(len(WINNERS), count // 5))
    paths = [*builds, *chance.choices(others, k=count - len(builds) - 10)]
    messages: list[tuple[dict[str, str], object]] = [written(path) for path in paths]
    messages += [({"number": str(number)}, b"poison") for number in range(10)]
    chance.shuffle(messages)
    run(settings)  # Makes the collection.
    consumers = [start_consumer(settings), start_consumer(settings)]
    try:
        for some in in_pieces(messages, count // 4 + 1):
            subscription.send(some)
            time.sleep(2 + 3 * chance.random())
            killed = consumers.pop(0).process
            killed.kill()
            killed.wait()
            consumers.append(start_consumer(settings))
        wanted = {f"{settings.archive_url}{path}" for path in builds}
        while not wanted <= {each["download"]["url"] for each in stored(settings).values()}:
            assert consumers[-1].process.poll() is None, consumers[-1].output
            time.sleep(1)
        time.sleep(6)  # Longer than what was killed has its messages.
        while subscription.waiting():
            time.sleep(1)
    finally:
        for each in consumers:
            each.process.kill()
            each.process.wait()
    records = without_what_others_lack(stored(settings))
    assert records == {record_id: alone[record_id] for record_id in records}
    letters = subscription.dead_letters()
    assert {attributes["number"] for attributes, _ in letters} == set(map(str, range(10)))
    assert all("expected a message in JSON" in attributes["Reason"] for attributes, _ in letters)
