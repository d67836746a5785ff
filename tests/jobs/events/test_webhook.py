"""Events that are POSTed, over real HTTP, to the real server."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import requests
from aiohttp import web
from buildhub.counts.summary import Summary
from buildhub.errors import ConfigError
from buildhub.events.webhook import serve_webhook
from buildhub.settings import Settings

from tests.jobs.conftest import stored
from tests.stand_ins.http_server import forwarding, running
from tests.stand_ins.programs import Program, free_port
from tests.stand_ins.sqs import FORMS, TEST_MESSAGE, direct, s3_record

RELEASE = "pub/firefox/releases/56.0b12/win32/fr/Firefox Setup 56.0b12.exe"
RELEASE_ID = "firefox_beta_56-0b12_win32_fr"
TOKEN = "known to senders"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def settings(
    make_settings: Callable[..., Settings], live_server: str, sample_archive: str
) -> Settings:
    return make_settings(
        SERVER_URL=live_server,
        ARCHIVE_URL=sample_archive,
        LISTEN_TOKEN=TOKEN,
        NB_RETRY_REQUEST="0",
    )


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[str, Summary]]:
    """Run the job; yield its address, and its counts when it has ended."""
    loop = asyncio.new_event_loop()
    stop, ready, urls, done = asyncio.Event(), threading.Event(), [], Summary()

    def on_ready(url: str) -> None:
        urls.append(url)
        ready.set()

    async def work() -> None:
        summary = await serve_webhook(settings, "127.0.0.1", 0, stop=stop, on_ready=on_ready)
        done.failure, done.messages = summary.failure, summary.messages

    thread = threading.Thread(target=loop.run_until_complete, args=(work(),))
    thread.start()
    try:
        assert ready.wait(20)
        yield urls[0], done
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()


def post(url: str, document: Any, **headers: str) -> requests.Response:
    return requests.post(url, json=document, headers=HEADERS | headers, timeout=30)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_an_event_in_every_form_is_answered_when_its_build_is_published(
    form: Callable[..., Any], settings: Settings
) -> None:
    with serving(settings) as (url, done):
        answer = post(url, form(s3_record(RELEASE)))
        assert RELEASE_ID in stored(settings)
    assert (answer.status_code, answer.json()) == (
        200,
        {"files": 1, "skipped": {}, "skipped_files": {}},
    )
    assert (done.messages, done.failure) == (1, None)


def test_events_about_no_build_are_answered_too(settings: Settings) -> None:
    with serving(settings) as (url, _):
        assert post(url, TEST_MESSAGE).json() == {
            "files": 0,
            "skipped": {"test-message": 1},
            "skipped_files": {},
        }


RELEASES = "pub/firefox/releases/56.0b12"
# A file that leads to no record, and the reason.
SKIPPED_FILES = {
    f"{RELEASE}.asc": "signature",
    f"{RELEASES}/win32/xpi/fr.xpi": "language-pack",
    f"{RELEASES}/SHA256SUMS": "checksums",
    f"{RELEASES}/source/firefox-56.0b12.source.tar.xz": "source",
    "pub/unknown/file.exe": "not-covered",
    "pub/thunderbird/releases/52.0/win32/fr/Thunderbird Setup 52.0.exe": "product-not-asked-for",
    f"{RELEASES}/win32/zu/Firefox Setup 56.0b12.exe": "file-not-in-archive",
    f"{RELEASES}/mac/fr/Firefox 56.0b99.dmg": "file-not-in-archive",
    "pub/firefox/candidates/56.0b12-candidates/build99/win32/en-US/firefox-56.0b12.json": (
        "file-not-in-archive"
    ),
}


@pytest.mark.parametrize("size", [1, None])
def test_files_that_lead_to_no_record_are_named(size: int | None, settings: Settings) -> None:
    with serving(replace(settings, products=frozenset({"firefox"}))) as (url, _):
        events = [s3_record(path, size) for path in [RELEASE, *SKIPPED_FILES]]
        answer = post(url, direct(*events))
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "files": 1 + len(SKIPPED_FILES),
            "skipped": dict(Counter(SKIPPED_FILES.values())),
            "skipped_files": SKIPPED_FILES,
        },
    )
    assert set(stored(settings)) == {RELEASE_ID}


# A document, its headers, the status, and what the answer says.
REFUSED = [
    pytest.param({}, {"Authorization": ""}, 401, "expected the header Authorization", id="nobody"),
    pytest.param({}, {"Authorization": "Bearer x"}, 401, "and the token", id="a-wrong-token"),
    pytest.param([], {}, 400, "expected an object with Records", id="no-event"),
    pytest.param(
        direct(s3_record("pub/x", eventTime="never")), {}, 400, "'never'", id="a-bad-record"
    ),
]


@pytest.mark.parametrize(("document", "headers", "status", "message"), REFUSED)
def test_what_cannot_be_taken_is_refused_with_the_reason(
    document: Any, headers: dict[str, str], status: int, message: str, settings: Settings
) -> None:
    with serving(settings) as (url, _):
        answer = post(url, document, **headers)
    assert answer.status_code == status
    assert message in answer.json()["error"]


def test_a_large_body_is_refused(settings: Settings) -> None:
    with serving(settings) as (url, _):
        assert post(url, {"Records": ["x" * 2**21]}).status_code == 413


def test_while_the_archive_is_down_the_sender_keeps_the_event(settings: Settings) -> None:
    away = replace(settings, archive_url=f"http://127.0.0.1:{free_port()}/")
    with serving(away) as (url, _):
        answer = post(url, direct(s3_record(RELEASE)))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert stored(settings) == {}


def test_while_the_server_is_down_the_sender_keeps_the_event(settings: Settings) -> None:
    def breaking(request: web.Request, count: int) -> web.Response | None:
        is_write = request.path.endswith("/bulk")
        return web.Response(status=503) if is_write and count < 1 else None

    with (
        running(forwarding(settings.server_url.removesuffix("/v1"), breaking)) as proxy,
        serving(replace(settings, server_url=f"{proxy}/v1")) as (url, _),
    ):
        assert post(url, direct(s3_record(RELEASE))).status_code == 503
        assert stored(settings) == {}
        assert post(url, direct(s3_record(RELEASE))).status_code == 200
    assert RELEASE_ID in stored(settings)


def test_without_a_token_nobody_is_listened_to(settings: Settings) -> None:
    summary = asyncio.run(
        serve_webhook(replace(settings, listen_token=None), "127.0.0.1", 0, stop=asyncio.Event())
    )
    assert isinstance(summary.failure, ConfigError)
    assert "LISTEN_TOKEN is not set" in str(summary.failure)


def test_the_command_listens_until_sigterm(settings: Settings) -> None:
    port = free_port()
    program = Program(
        "buildhub",
        "listen",
        f"--port={port}",
        SERVER_URL=settings.server_url,
        BUCKET=settings.bucket_id,
        AUTH=settings.auth or "",
        ARCHIVE_URL=settings.archive_url,
        CACHE_FOLDER=str(settings.cache_path.parent),
        LISTEN_TOKEN=TOKEN,
    )
    try:
        program.wait_for("Listening on")
        answer = post(f"http://127.0.0.1:{port}/events", direct(s3_record(RELEASE)))
        assert answer.status_code == 200, answer.text
        program.process.terminate()
        assert program.process.wait(20) == 0, program.output
    finally:
        program.process.kill()
    assert "messages 1" in program.output
    assert RELEASE_ID in stored(settings)
