"""A collection of an earlier version is brought up to date, and keeps its records."""

import asyncio
import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from buildhub.publish.initialize import Change, Initializer
from buildhub.publish.kinto_client import open_kinto_client
from buildhub.rules.entry import Entry
from buildhub.rules.paths import parse_build
from buildhub.rules.records import build_record
from buildhub.settings import Settings
from buildhub_schema.collection import collection_metadata

from tests.jobs.conftest import AUTH

ACCOUNT = tuple(AUTH.split(":"))
EARLIER = ["firefox", "devedition", "thunderbird", "fennec"]
FIREFOX = "pub/firefox/releases/126.0/mac/fr/Firefox 126.0.dmg"
FENIX = "pub/fenix/releases/126.0/android/fenix-126.0-android-x86/fenix-126.0.multi.android-x86.apk"
MD5 = "7454b0d773000f790f15b867ee152049"


@pytest.fixture
def settings(make_settings: Callable[..., Settings], live_server: str) -> Settings:
    return make_settings(SERVER_URL=live_server)


def earlier_metadata() -> dict[str, Any]:
    """The collection's metadata before there were further products, and an MD5."""
    metadata = copy.deepcopy(collection_metadata())
    properties = metadata["schema"]["properties"]
    properties["source"]["properties"]["product"]["enum"] = EARLIER
    del properties["download"]["properties"]["md5"]
    del metadata["index:schema"]["properties"]["download"]["properties"]["md5"]
    return metadata


def initialize(settings: Settings, metadata: dict[str, Any] | None = None) -> list[Change]:
    """Bring the collection up to date; return what had to change."""

    async def run() -> list[Change]:
        async with open_kinto_client(settings) as client:
            initializer = Initializer(client, settings)
            changes = await initializer.plan()
            for change in changes:
                if change.kind == "collection" and metadata is not None:
                    change.data.update(metadata)
            await initializer.apply(changes)
            return changes

    return asyncio.run(run())


def record_of(path: str, md5: str | None = None) -> dict[str, Any]:
    entry = Entry(path, 1, datetime(2024, 5, 14, tzinfo=UTC), md5=md5)
    return build_record(
        parse_build(path), entry, None, archive_url="https://archive.example/", candidate_number=1
    )


def put(settings: Settings, record: dict[str, Any]) -> requests.Response:
    return requests.put(
        f"{records(settings)}/{record['id']}", json={"data": record}, auth=ACCOUNT, timeout=30
    )


def records(settings: Settings) -> str:
    path = f"buckets/{settings.bucket_id}/collections/{settings.collection_id}"
    return f"{settings.server_url}/{path}/records"


def test_an_earlier_collection_takes_the_products_and_fields_of_today(settings: Settings) -> None:
    initialize(settings, earlier_metadata())
    assert put(settings, record_of(FIREFOX)).status_code == 201
    assert put(settings, record_of(FENIX)).status_code == 400
    (change,) = initialize(settings)
    assert any("source.properties.product.enum" in line for line in change.differences)
    assert any("add index:schema" in line and "md5" in line for line in change.differences)
    assert put(settings, record_of(FENIX, MD5)).status_code == 201
    found = requests.get(records(settings), {"download.md5": MD5}, auth=ACCOUNT, timeout=30).json()
    assert [each["source"]["product"] for each in found["data"]] == ["fenix"]
    assert requests.get(records(settings), auth=ACCOUNT, timeout=30).json()["data"][1:]
    assert initialize(settings) == []
