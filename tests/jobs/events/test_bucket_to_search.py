"""From an upload to a search, through programs of others: fake-gcs-server and Google's pstest."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import webtest
from buildhub.events.listen import listen
from buildhub.settings import Settings

from tests.conftest import serving
from tests.jobs.conftest import AUTH
from tests.requirements import require
from tests.stand_ins.fake_gcs import MODULE as FAKE_GCS
from tests.stand_ins.fake_gcs import VERSION, FakeGcs
from tests.stand_ins.fake_gcs import running as running_fake_gcs
from tests.stand_ins.go_programs import BUILD_TIMEOUT_SECONDS, GoMissing, build
from tests.stand_ins.pubsub import TestSubscription

# The first test may have to build the servers.
pytestmark = pytest.mark.timeout(2 * BUILD_TIMEOUT_SECONDS)

NIGHTLY = (
    "pub/firefox/nightly/2017/07/2017-07-10-10-01-09-mozilla-central/firefox-56.0a1.en-US.win64"
)
BUILD = f"{NIGHTLY}.installer.exe"
UPLOADS = {
    f"{NIGHTLY}.json": b"""{
        "buildid": "20170710100109", "moz_app_version": "56.0a1", "moz_pkg_platform": "win64",
        "moz_source_repo": "https://hg.mozilla.org/mozilla-central",
        "moz_source_stamp": "9be0f8c8a2cd", "moz_update_channel": "nightly"}""",
    f"{BUILD}.asc": b"signature",
    BUILD: b"installer" * 1000,
}
WAIT_SECONDS = 60


@pytest.fixture
def store(pubsub: str, subscription: TestSubscription) -> Iterator[FakeGcs]:
    try:
        build(FAKE_GCS, VERSION)
    except GoMissing as exc:
        require(False, str(exc))
    with running_fake_gcs("delivery", pubsub) as server:
        server.notify(subscription.topic)
        yield server


@pytest.fixture
def server_url(make_app: Callable[..., webtest.TestApp], tmp_path: Path) -> Iterator[str]:
    app = make_app(**{"kinto.search.path": str(tmp_path / "search")})
    with serving(app.app) as url:
        yield url
        app.app.registry.buildhub_search.follower.stop()
        app.app.registry.buildhub_search.engine.close()


def test_what_is_uploaded_is_found_by_search(
    make_settings: Callable[..., Settings],
    server_url: str,
    store: FakeGcs,
    subscription: TestSubscription,
) -> None:
    settings = make_settings(
        SERVER_URL=server_url,
        ARCHIVE_URL=f"{store.url}/{store.bucket}/",
        S3_ENDPOINT_URL=store.url,
        SUBSCRIPTION=subscription.name,
        PUBSUB_EMULATOR_HOST=subscription.host,
    )

    async def upload_and_search() -> dict[str, Any]:
        stop = asyncio.Event()
        listening = asyncio.create_task(listen(settings, stop=stop))
        for path, content in UPLOADS.items():
            await asyncio.to_thread(store.upload, path, content)
        found = await asyncio.to_thread(search, settings)
        stop.set()
        summary = await listening
        assert (summary.failure, summary.messages) == (None, len(UPLOADS))
        return found

    found = asyncio.run(upload_and_search())
    assert found["download"]["url"] == f"{settings.archive_url}{BUILD}"
    assert found["download"]["size"] == len(UPLOADS[BUILD])
    assert found["build"]["id"] == "20170710100109"
    assert subscription.waiting() == 0


def search(settings: Settings) -> dict[str, Any]:
    """Search until the build is found; return its record."""
    place = f"buckets/{settings.bucket_id}/collections/{settings.collection_id}"
    url = f"{settings.server_url}/{place}/_search"
    body = {"query": {"term": {"target.locale": "en-US"}}}
    user, password = AUTH.split(":")
    give_up = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < give_up:
        answer = requests.post(url, json=body, auth=(user, password), timeout=30)
        hits = answer.json()["hits"]["hits"] if answer.ok else []
        if hits:
            record: dict[str, Any] = hits[0]["_source"]
            return record
        time.sleep(0.1)
    raise AssertionError(f"{BUILD} is not found")
