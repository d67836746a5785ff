"""What the tests of the jobs share: settings, quick retries, inventories."""

import gzip
import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import webtest
from buildhub.aio.retry_policy import RetryWaits
from buildhub.audit.comparable import all_fields
from buildhub.settings import SETTINGS, Settings, read_settings

from tests.conftest import serving
from tests.jobs.served_catalogue import RECORDS, Place
from tests.server.catalog.apps import catalogue_app

AUTH = "publisher:secret"

QUICK = RetryWaits(first_seconds=0.01, last_seconds=0.01, jitter_seconds=0.01)
"""Retries follow at once, but for waits that the other side asks for."""


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the shell that runs the tests are not the tests'."""
    for setting in SETTINGS:
        monkeypatch.delenv(setting.variable, raising=False)


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Settings]:
    """Return a function that makes settings; each test has a data folder and a bucket."""
    bucket = f"test-{uuid.uuid4().hex}"

    def make(**variables: str) -> Settings:
        defaults = {
            "AUTH": AUTH,
            "BUCKET": bucket,
            "BUILDHUB_DATA": str(tmp_path / "data"),
            "NB_RETRY_REQUEST": "1",
            "TIMEOUT_SECONDS": "20",
        }
        return replace(read_settings(defaults | variables), retry_waits=QUICK)

    return make


def stored(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return the records that the server has, by ID."""
    url = (
        f"{settings.server_url}/buckets/{settings.bucket_id}"
        f"/collections/{settings.collection_id}/records"
    )
    answer = requests.get(url, auth=tuple(settings.auth.split(":")), timeout=30)
    answer.raise_for_status()
    return {record["id"]: record for record in answer.json()["data"]}


def plain(records: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return records without what differs from one collection to the next."""
    return {
        record_id: {name: record[name] for name in record.keys() - {"last_modified", "schema"}}
        for record_id, record in records.items()
    }


def common(records: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return records as `plain` does, without what only some sources of files tell."""
    return {record_id: all_fields(record) for record_id, record in plain(records).items()}


def row(key: str, size: str = "1000", modified: str = "2015-10-09T15:20:10.000Z") -> str:
    return f'"bucket","{key}","{size}","{modified}","1afa742ef0973db098947bd6d875aa13"\n'


def write_inventory(folder: Path, rows: list[str], **changes: Any) -> str:
    """Write a manifest with one part beside it; *changes* are about the part."""
    packed = changes.pop("packed", gzip.compress("".join(rows).encode(), mtime=0))
    part = {"key": "data/part.csv.gz", "size": len(packed), "MD5checksum": md5(packed)} | changes
    (folder / "part.csv.gz").write_bytes(packed)
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({"files": [part]}))
    return str(manifest)


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@pytest.fixture(scope="session")
def catalogue(
    make_app: Callable[..., webtest.TestApp], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """A catalogue with `RECORDS`, which nobody changes, over HTTP."""
    folder = tmp_path_factory.mktemp("client")
    with catalogue_app(make_app, folder, RECORDS) as app, serving(app.app) as url:
        yield Place(url, *app.app.registry.buildhub_catalog_collection)
