"""Events about deleted files, and the records of what has expired."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import requests
from aiohttp import web
from buildhub.counts.summary import Summary
from buildhub.events.messages.message import ParsedMessage
from buildhub.events.publish import open_event_publisher
from buildhub.events.verdict import Fate, Verdict
from buildhub.settings import Settings
from buildhub_schema import collection_metadata

from tests.conftest import make_record
from tests.jobs.conftest import AUTH, stored
from tests.stand_ins.http_server import running
from tests.stand_ins.programs import free_port

CANDIDATE = "pub/firefox/candidates/56.0b12-candidates/build9/win32/fr/Firefox Setup 56.0b12.exe"
CANDIDATE_ID = "firefox_beta_56-0b12rc9_win32_fr"
RELEASE = "pub/firefox/releases/56.0b12/win32/fr/Firefox Setup 56.0b12.exe"
RELEASE_ID = "firefox_beta_56-0b12_win32_fr"


@pytest.fixture
def settings(
    make_settings: Callable[..., Settings], live_server: str, sample_archive: str
) -> Settings:
    return make_settings(SERVER_URL=live_server, ARCHIVE_URL=sample_archive, NB_RETRY_REQUEST="0")


@pytest.fixture
def put(settings: Settings) -> Callable[..., None]:
    """A function that stores a record of a path."""
    auth = tuple(AUTH.split(":"))
    bucket = f"{settings.server_url}/buckets/{settings.bucket_id}"
    collection = f"{bucket}/collections/{settings.collection_id}"
    requests.put(bucket, auth=auth, timeout=30).raise_for_status()
    body = {"data": collection_metadata()}
    requests.put(collection, json=body, auth=auth, timeout=30).raise_for_status()

    def put(record_id: str, path: str, date: str = "2017-09-14T00:00:00Z", **changes: Any) -> None:
        url = f"{settings.archive_url}{path}"
        record = make_record(id=record_id, download__url=url, download__date=date, **changes)
        answer = requests.put(
            f"{collection}/records/{record_id}", json={"data": record}, auth=auth, timeout=30
        )
        answer.raise_for_status()

    return put


def tell(settings: Settings, *paths: str) -> tuple[Verdict, Summary]:
    """Tell of deleted files; return the verdict, and the counts."""
    summary = Summary()

    async def run() -> Verdict:
        async with open_event_publisher(settings, summary) as publisher:
            return await publisher.publish_message(ParsedMessage(removed=list(paths)))

    return asyncio.run(run()), summary


def expired(settings: Settings, record_id: str) -> str | None:
    moment: str | None = stored(settings)[record_id]["download"].get("expired")
    return moment


def test_the_record_of_a_candidate_that_expired_says_so_once(
    settings: Settings, put: Callable[..., None]
) -> None:
    put(CANDIDATE_ID, CANDIDATE)
    verdict, _ = tell(settings, CANDIDATE, CANDIDATE)
    assert verdict.fate == Fate.DONE
    moment = expired(settings, CANDIDATE_ID)
    assert moment
    assert datetime.fromisoformat(moment).tzinfo
    record = stored(settings)[CANDIDATE_ID]
    assert tell(settings, CANDIDATE)[0].fate == Fate.DONE
    assert stored(settings)[CANDIDATE_ID] == record


def test_one_that_is_deleted_before_its_time_is_left_to_audits(
    settings: Settings, put: Callable[..., None]
) -> None:
    put(CANDIDATE_ID, CANDIDATE, download__expires="2999-01-01T00:00:00Z")
    verdict, summary = tell(settings, CANDIDATE)
    assert (verdict.fate, summary.read_counts.skipped) == (
        Fate.SKIPPED,
        {"deleted-before-its-time": 1},
    )
    assert expired(settings, CANDIDATE_ID) is None


# Paths of which nothing is done, and why not.
LEFT_ALONE = [
    pytest.param(RELEASE, RELEASE_ID, id="release-that-is-there"),
    pytest.param(RELEASE.replace("fr/", "xx/"), "firefox_beta_56-0b12_win32_xx", id="release"),
    pytest.param(f"{CANDIDATE}.asc", CANDIDATE_ID, id="signature"),
    pytest.param("pub/elsewhere", CANDIDATE_ID, id="no-build"),
    pytest.param(CANDIDATE, "firefox_beta_56-0b12rc8_win32_fr", id="no-record"),
]


@pytest.mark.parametrize(("path", "record_id"), LEFT_ALONE)
def test_others_are_counted_and_left_alone(
    settings: Settings, put: Callable[..., None], path: str, record_id: str
) -> None:
    put(record_id, path if path != CANDIDATE else f"{path}.other")
    verdict, summary = tell(settings, path)
    assert (verdict.fate, summary.read_counts.skipped) == (
        Fate.SKIPPED,
        {"event-of-another-kind": 1},
    )
    assert expired(settings, record_id) is None


def test_a_file_that_came_back_is_not_gone(settings: Settings, put: Callable[..., None]) -> None:
    async def there(_: web.Request) -> web.Response:
        return web.Response(text="installer")

    with running(there) as url:
        settings = replace(settings, archive_url=f"{url}/")
        assert tell(settings, CANDIDATE)[0].fate == Fate.SKIPPED


def test_where_the_archive_is_out_of_reach_it_is_tried_again(
    settings: Settings, put: Callable[..., None]
) -> None:
    put(CANDIDATE_ID, CANDIDATE)
    nowhere = replace(settings, archive_url=f"http://127.0.0.1:{free_port()}/")
    assert tell(nowhere, CANDIDATE)[0].fate == Fate.RETRY
    assert expired(settings, CANDIDATE_ID) is None
